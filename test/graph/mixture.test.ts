/** Gaussian mixtures saved and loaded: by tf.loadGraphModel alone, and as our own class to the last bit. */
import * as tf from '@tensorflow/tfjs';
import { memory, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { GaussianMixture, RandomState, type CovarianceType } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { contents, inMemory } from '../support/models.js';

const TYPES: CovarianceType[] = ['full', 'tied', 'diag', 'spherical'];
type Outputs = { labels: Tensor1D; probabilities: Tensor2D; logDensity: Tensor1D };

/** Rows about as many centres as there are features: the shapes of a tied and of a diagonal P are then the same. */
function data(d: number, away: number): number[][] {
  const random = new RandomState(d);
  const centers = Array.from({ length: d }, () => Array.from(random.uniform(away - 4, away + 4, d)));
  return clustered(centers, 1, 30, 2).x;
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(TYPES)('%s', (covarianceType) => {
    it.each([
      { d: 3, away: 0 },
      { d: 1, away: 7 },
      { d: 4, away: 1e4 },
    ])('plain tfjs gives what the class gives: $d features, at $away', async ({ d, away }) => {
      const rows = data(d, away);
      const model = await GaussianMixture.fit(rows, { nComponents: d, covarianceType, seed: 1 });
      const store = inMemory();
      await model.save(store);
      const before = memory().numTensors;
      const graph = await tf.loadGraphModel(store);
      // Far rows too: only one component is seen from there.
      const x = tf.tensor2d([
        ...rows,
        rows[0].map((value) => value + 50),
        rows[0].map((value) => value - 50),
      ]);
      const { labels, probabilities, logDensity } = graph.predict(x) as unknown as Outputs;
      const own = {
        labels: model.predict(x),
        probabilities: model.predictProba(x),
        logDensity: model.scoreSamples(x),
      };
      expect([labels.dtype, Array.from(labels.dataSync())]).toEqual([
        'int32',
        Array.from(own.labels.dataSync()),
      ]);
      expectClose(probabilities, own.probabilities, { rtol: 1e-5, atol: 1e-6 });
      expectClose(logDensity, own.logDensity, { rtol: 1e-6, atol: 1e-6 });
      for (const each of [x, labels, probabilities, logDensity, ...Object.values(own), graph]) each.dispose();
      expect(memory().numTensors).toBe(before);
      model.dispose();
    });

    it('loads as the class, every field and answer to the last bit', async () => {
      const rows = data(3, 100);
      const options = { nComponents: 3, covarianceType, tol: 1e-4, regCovar: 1e-5, maxIter: 20, nInit: 2, init: 'random_from_data', seed: 7, featureNames: ['a', 'b', 'c'] } as const; // prettier-ignore
      const model = await GaussianMixture.fit(rows, options);
      const store = inMemory();
      await model.save(store);
      const loaded = await GaussianMixture.load(store);
      expect(loaded.options).toEqual(options);
      expect(await contents(loaded)).toEqual(await contents(model));
      const answers = async (each: GaussianMixture) => {
        const drawn = each.sample(20, 3);
        const made = [
          drawn.x,
          drawn.labels,
          each.predict(rows),
          each.predictProba(rows),
          each.scoreSamples(rows),
        ];
        const values = [...made, each.covariances, each.precisions].map((tensor) =>
          Array.from(tensor.dataSync()),
        );
        for (const tensor of made) tensor.dispose();
        return [...values, await each.bic(rows), await each.aic(rows)];
      };
      expect(await answers(loaded)).toEqual(await answers(model));
      const again = inMemory();
      await loaded.save(again);
      expect(again.artifacts).toEqual(store.artifacts);
      model.dispose();
      loaded.dispose();
    });
  });

  it('from params: what is missing stays null, and no tensor is left', async () => {
    const before = memory().numTensors;
    const params = { weights: [0, 1], means: [[1 / 3, 2], [0.1, 5]], covariances: [[2, 0.3], [0.3, 1]] }; // prettier-ignore
    const model = await GaussianMixture.fromParams(params, 'tied');
    const held = memory().numTensors;
    const store = inMemory();
    await model.save(store);
    expect(memory().numTensors).toBe(held);
    const loaded = await GaussianMixture.load(store);
    expect(await contents(loaded)).toEqual(await contents(model));
    expect(loaded.options).toBeNull();
    loaded.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
