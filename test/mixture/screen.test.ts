/** Many features: the pass that leaves components out says what plain EM says. */
import { memory } from '@tensorflow/tfjs-core';
import { GaussianMixture, RandomState } from '../../src/index.js';
import { screens } from '../../src/mixture/screen.js';
import { passes, usePass } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { identity, make } from '../support/naive-linalg.js';
import { naiveEm } from '../support/naive-mixture.js';

const [K, D] = [5, 26];

/** Five clusters: the first two overlap, the third touches them, the others are hundreds of nats away. */
function data() {
  const random = new RandomState(5);
  const centers = make(K, D, (k) => random.uniform(-1, 1, 1)[0] * [0.2, 0.2, 1, 6, 20][k] + 3);
  const { x } = clustered(centers, 1, 60, 9);
  const start = {
    weights: [0.1, 0.3, 0.2, 0.2, 0.2],
    means: make(K, D, (k, j) => x[k][j]),
    covariances: centers.map((_, k) => identity(D).map((row) => row.map((value) => value * (k + 1)))),
  };
  return { x, start, sampleWeight: x.map((_, i) => i % 4) };
}

it('many features and components are screened, few are not', () => {
  expect([screens(K, D), screens(2, D), screens(K, 8)]).toEqual([true, false, false]);
});

describe.each(passes)('on %s', (where) => {
  beforeAll(() => usePass(where));

  it.each([undefined, 'sampleWeight'])('the history and parameters of plain EM, %s', async (weighted) => {
    const { x, start, ...rest } = data();
    const sampleWeight = weighted ? rest.sampleWeight : undefined;
    for (const iterations of [1, 2, 8]) {
      const options = { sampleWeight, regCovar: 0.1, iterations };
      const { mixture, history } = naiveEm(x, start, 'full', options);
      const fit = { nComponents: K, init: start, regCovar: 0.1, maxIter: iterations, tol: 0 };
      const model = await GaussianMixture.fit(x, { ...fit, sampleWeight });
      const close = { rtol: 2e-5, atol: 5e-5, what: `${iterations} iterations` };
      expectClose(model.history!, history, close);
      expectClose(model.weights, mixture.weights, close);
      expectClose(model.means, mixture.means, close);
      expectClose(model.covariances, mixture.covariances, close);
      model.dispose();
    }
  });

  it.each(['kmeans', 'k-means++', 'random', 'random_from_data'] as const)(
    'a fit started by %s is finite and leaves no tensor',
    async (init) => {
      const before = memory().numTensors;
      const options = { nComponents: K, init, regCovar: 0.1, maxIter: 20, tol: 0, seed: 1 };
      const model = await GaussianMixture.fit(data().x, options);
      expect(model.history!.every(Number.isFinite)).toBe(true);
      expect(model.lowerBound).toBeGreaterThan(model.history![0]);
      model.dispose();
      expect(memory().numTensors).toBe(before);
    },
  );
});
