/** What a mixture says when it cannot be: whose covariance collapsed, which start was hopeless, which array is ragged. */
import { memory } from '@tensorflow/tfjs-core';
import {
  GaussianMixture,
  InputError,
  NumericalError,
  RandomState,
  type CovarianceType,
  type GaussianMixtureOptions,
} from '../../src/index.js';
import { backends, passes, useBackend, usePass } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';

const SHARED = 'the covariance that all components share';
/** Without types, as from JavaScript. */
const fromParams = GaussianMixture.fromParams as (...args: unknown[]) => Promise<GaussianMixture>;

let before = 0;
beforeEach(() => (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

describe.each(passes)('on %s', (place) => {
  beforeAll(() => usePass(place));

  it('a shared covariance that collapsed is no single component’s', async () => {
    const x = [[0, 0.1], [1, 0.1], [0.5, 0.1], [9, 0.1], [8, 0.1], [8.2, 0.1]]; // prettier-ignore
    for (const rows of [x, x.map(([a]) => [0.1, a])]) {
      for (const regCovar of [0, 1e-15]) {
        const fitting = GaussianMixture.fit(rows, {
          nComponents: 2,
          covarianceType: 'tied',
          regCovar,
          seed: 0,
        });
        await expect(fitting).rejects.toThrow(NumericalError);
        await expect(fitting).rejects.toThrow(new RegExp(`: ${SHARED} (collapsed|is .* thin).*regCovar`));
      }
    }
  });

  it.each(['full', 'tied'] as const)(
    'a feature that is one number in each cluster does not collapse one: %s',
    async (covarianceType) => {
      const [n, d, k] = [1200, 30, 3];
      for (const seed of [0, 1]) {
        const random = new RandomState(seed);
        const [noise, centers] = [random.normal(0, 3, n * d), random.normal(0, 4, k * d)];
        const values = Float32Array.from({ length: n * d }, (_, at) => {
          const [cluster, j] = [Math.floor(at / d) % k, at % d];
          return j === 7 ? (cluster === 2 ? 255 : 0) : centers[cluster * d + j] + noise[at];
        });
        const options = { nComponents: k, covarianceType, seed, maxIter: 12, tol: 0 };
        const model = await GaussianMixture.fit({ values, shape: [n, d] }, options);
        const of = Array.from({ length: k }, (_, c) => model.means.dataSync()[c * d + 7]);
        expectClose(
          of.sort((a, b) => a - b),
          [0, 0, 255],
          { rtol: 1e-5, atol: 1e-3 },
        );
        expectClose([...model.weights.dataSync()], [1 / 3, 1 / 3, 1 / 3], { rtol: 0.02 });
        model.dispose();
      }
    },
  );

  it.each(covarianceTypes)('%s precisions given do not ask what K-means would make of them', async (type) => {
    const identity = { full: [[[1]], [[1]]], tied: [[1]], diag: [[1], [1]], spherical: [1, 1] };
    const rows = [[0], [0], [1], [9]]; // prettier-ignore
    const options = { nComponents: 2, covarianceType: type, regCovar: 0, maxIter: 1, seed: 0 };
    const model = await GaussianMixture.fit(rows, { ...options, init: { precisions: identity[type] } });
    // K-means: three rows and one.
    const params = { weights: [0.75, 0.25], means: [[1 / 3], [9]], precisions: identity[type] };
    const start = await GaussianMixture.fromParams(params, type);
    const score = start.score(rows);
    expectClose(model.lowerBound!, score.dataSync()[0], { rtol: 1e-6 });
    [model, start, score].forEach((each) => each.dispose());
  });

  describe.each(covarianceTypes)('a %s start', (covarianceType) => {
    const { x } = clustered([[0, 0], [6, 2]], 1, 15, 3); // prettier-ignore
    const fit = (options: GaussianMixtureOptions) =>
      GaussianMixture.fit(x, { nComponents: 2, covarianceType, regCovar: 0, seed: 0, ...options });

    it('whose component 1 gets no rows is told by the parts that were given', async () => {
      if (covarianceType === 'tied') return expectAlive();
      for (const [init, parts] of [
        [{ means: [[2, 2], [1e4, 1e4]] }, 'means'], // prettier-ignore
        [{ weights: [1, 0] }, 'weights'],
        [{ means: [[2, 2], [1e4, 1e4]], weights: [0.5, 0.5] }, 'means, weights'], // prettier-ignore
      ] as const) {
        const fitting = fit({ init: init as never });
        await expect(fitting).rejects.toThrow(NumericalError);
        await expect(fitting).rejects.toThrow(
          `the start given by init (${parts}) leaves component 1 without rows`,
        );
        await expect(fitting).rejects.toThrow('Give means among the rows');
      }
    });

    /** What all share is estimated from all rows: there is nothing to collapse. */
    async function expectAlive(): Promise<void> {
      const model = await fit({ init: { means: [[2, 2], [1e4, 1e4]] } }); // prettier-ignore
      expect(model.covariances.dataSync().every(Number.isFinite)).toBe(true);
      model.dispose();
    }

    it('from which no distance is one that float32 squares is told so', async () => {
      const precisions = { full: [1e36, 1e36], tied: [1e36], diag: [1e36, 1e36], spherical: [1e36, 1e36] };
      const of = (type: CovarianceType, p: number) => {
        if (type === 'spherical') return p;
        return type === 'diag' ? [p, p] : [[p, 0], [0, p]]; // prettier-ignore
      };
      const given = precisions[covarianceType].map((p) => of(covarianceType, p));
      const init = { means: [[1e4, 0], [0, 1e4]], precisions: covarianceType === 'tied' ? given[0] : given }; // prettier-ignore
      const fitting = fit({ init: init as never });
      if (place === 'host') {
        const model = await fitting; // in float64
        expect(Number.isFinite(model.lowerBound)).toBe(true);
        return model.dispose();
      }
      await expect(fitting).rejects.toThrow(NumericalError);
      await expect(fitting).rejects.toThrow(/init \(means, precisions\) is farther from some rows/);
    });

    it('that is whole is taken as it is: K-means, which would collapse here, is not asked', async () => {
      const rows = [[0], [0], [1], [9]]; // prettier-ignore
      const identity = { full: [[[1]], [[1]]], tied: [[1]], diag: [[1], [1]], spherical: [1, 1] };
      const init = { weights: [0.5, 0.5], means: [[0], [3]], precisions: identity[covarianceType] }; // prettier-ignore
      const options = { nComponents: 2, covarianceType, regCovar: 0, maxIter: 1, seed: 0 };
      const strict = GaussianMixture.fit(rows, options);
      if (covarianceType !== 'tied') await expect(strict).rejects.toThrow('component 1 collapsed');
      else (await strict).dispose();
      const model = await GaussianMixture.fit(rows, { ...options, init });
      const start = await GaussianMixture.fromParams(init, covarianceType);
      const score = start.score(rows);
      expectClose(model.lowerBound!, score.dataSync()[0], { rtol: 1e-6 });
      expect(model.nIter).toBe(1);
      [model, start, score].forEach((each) => each.dispose());
    });
  });

  it('a covariance beyond float32 is an error of the getter, not of the model', async () => {
    for (const d of [2, 12]) {
      const p = Array.from({ length: d }, (_, i) =>
        Array.from({ length: d }, (_, j) => (i === j ? 1e-18 : j === i + 1 ? 1e18 : 0)),
      );
      const params = { weights: [1], means: [new Array<number>(d).fill(0)], precisionsCholesky: p };
      const model = await GaussianMixture.fromParams(params, 'tied');
      expect(() => model.covariances).toThrow(NumericalError);
      expect(() => model.covariances).toThrow(
        /GaussianMixture.covariances: entry \d+ is .*float32 cannot hold/,
      );
      model.dispose();
    }
  });
});

describe('a ragged array', () => {
  const EYE = [[1, 0], [0, 1]]; // prettier-ignore
  const means = [[0, 0], [1, 1]]; // prettier-ignore
  const cases: [unknown, CovarianceType, string][] = [
    [[EYE, [[1, 2], [2]]], 'full', '[2, 2, 2]; got a ragged array, whose entry [1][1] has length 1 where 2 is expected'], // prettier-ignore
    [[[[1], [0, 1]], EYE], 'full', '[2, 2, 2]; got a ragged array, whose entry [0][0] has length 1 where 2 is expected'], // prettier-ignore
    [[EYE, [1, 2]], 'full', '[2, 2, 2]; got a ragged array, whose entry [1][0] is 1'],
    [[EYE, EYE, [[1]]], 'full', '[2, 2, 2]; got a ragged array, whose entry [2] has length 1 where 2 is expected'], // prettier-ignore
    [[[1, 2], 3], 'diag', '[2, 2]; got a ragged array, whose entry [1] is 3'],
    [[[1, 2], [3, 4, 5]], 'tied', '[2, 2]; got a ragged array, whose entry [1] has length 3 where 2 is expected'], // prettier-ignore
  ];
  beforeAll(() => useBackend(backends[0]));

  it.each(cases)('%j of %s is told by its entry and the shape that is due', async (bad, type, message) => {
    for (const form of ['covariances', 'precisions', 'precisionsCholesky']) {
      const making = fromParams({ weights: [0.5, 0.5], means, [form]: bad }, type);
      const fitting = GaussianMixture.fit(
        [
          [0, 0],
          [1, 2],
          [3, 1],
        ],
        {
          // prettier-ignore
          nComponents: 2,
          covarianceType: type,
          init: { [form]: bad } as never,
        },
      );
      for (const [call, what] of [
        [making, 'GaussianMixture.fromParams'],
        [fitting, 'GaussianMixture.fit: init'],
      ] as const) {
        await expect(call).rejects.toThrow(InputError);
        await expect(call).rejects.toThrow(`${what}.${form} must be numbers of shape ${message}.`);
      }
    }
  });
});
