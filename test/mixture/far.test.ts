/** Rows farther from every component than float32 can square: no NaN, the nearest component, gradients that are numbers. */
import {
  grad,
  memory,
  softmax,
  sum,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { GaussianMixture, InputError, KMeans, PCA, softAssign } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';

let before = 0;
beforeEach(() => (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

/** Two components about (-1, 0) and (1, 0), the second of half the deviation, which is `s`. */
const two = (s: number) => ({
  full: [[[s * s, 0], [0, s * s]], [[s * s / 4, 0], [0, s * s / 4]]], // prettier-ignore
  tied: [[s * s, 0], [0, s * s]], // prettier-ignore
  diag: [[s * s, s * s], [s * s / 4, s * s / 4]], // prettier-ignore
  spherical: [s * s, (s * s) / 4],
});
const means = [[-1, 0], [1, 0]]; // prettier-ignore
const allFinite = (x: Tensor) => expect(x.dataSync().every(Number.isFinite)).toBe(true);

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('the density 1e23 deviations off is 0, the component there is the only one', async () => {
    const model = await GaussianMixture.fit([[-1e17]], { regCovar: 1e-12 });
    tidy(() => {
      expectClose(model.scoreSamples([[0], [-1e17]]), [-Infinity, Math.log(1e6 / Math.sqrt(2 * Math.PI))]);
      expectClose(model.predictProba([[0], [-1e17]]), [[1], [1]], { rtol: 0 });
      expectClose(model.predict([[0], [-1e17]]), [0, 0], { rtol: 0 });
      expectClose(model.score([[0]]), -Infinity);
    });
    expect(await model.bic([[0]])).toBe(Infinity);
    model.dispose();
  });

  describe.each(covarianceTypes)('a %s mixture', (type) => {
    it.each([1e-3, 1e-15])('of deviation %p has the nearest component, in deviations', async (s) => {
      const params = { weights: [0.25, 0.75], means, covariances: two(s)[type] };
      const model = await GaussianMixture.fromParams(params, type);
      // With one covariance the nearer mean wins, else the wider component does.
      const x = [[-1e5, 0], [1e5, 1], [0.5, 1e3]]; // prettier-ignore
      const expected = type === 'tied' ? [0, 1, 1] : [0, 0, 0];
      tidy(() => {
        const hot = expected.map((k) => [1 - k, k]);
        expectClose(model.predict(x), expected, { rtol: 0 });
        expectClose(model.predictProba(x), hot, { rtol: 0 });
        expectClose(model.predictProba(tensor2d(x)), hot, { rtol: 0 });
        const density = model.scoreSamples(x).dataSync();
        expect(density.every((value) => value < -1e10 && !Number.isNaN(value))).toBe(true);
        const score = model.score(x).dataSync()[0];
        expect(score).toBe(Math.fround(score));
      });
      model.dispose();
    });

    it('has finite gradients there, of the density towards the component', async () => {
      const params = { weights: [0.25, 0.75], means, covariances: two(1e-6)[type] };
      const model = await GaussianMixture.fromParams(params, type);
      tidy(() => {
        const x = tensor2d([[-1e14, 1e14], [1e20, 1], [-0.9, 1e-6]]); // prettier-ignore
        const slope = grad((rows: Tensor) => sum(model.scoreSamples(rows as Tensor2D)))(x);
        allFinite(slope);
        // -(x - μ) / s² of the component that has the row
        const [first] = slope.arraySync() as number[][];
        expectClose(first, [1e26, -1e26], { rtol: 1e-5 });
        allFinite(grad((rows: Tensor) => sum(softmax(model.predictProba(rows as Tensor2D))))(x));
      });
      model.dispose();
    });

    it('is as it was for near rows beside a far one', async () => {
      const model = await GaussianMixture.fromParams(
        { weights: [0.25, 0.75], means, covariances: two(0.7)[type] },
        type,
      );
      tidy(() => {
        const near = [[0.1, 0.2], [-3, 1], [2, 2]]; // prettier-ignore
        const far = tensor2d([...near, [1e25, 0]]);
        for (const method of ['predictProba', 'scoreSamples', 'predict'] as const) {
          const alone = model[method](near).arraySync() as number[];
          expectClose((model[method](far).arraySync() as number[]).slice(0, 3), alone, { rtol: 1e-6 });
        }
      });
      model.dispose();
    });
  });

  describe('a tensor with a row at 1e20', () => {
    const x = [[0, 0], [1, 0], [0, 1], [8, 8], [9, 8], [8, 9], [-1, 0], [9, 9]]; // prettier-ignore
    const far = [[1e20, 1e20], [-1e20, -1e20], [0.2, 0.1]]; // prettier-ignore

    it('is refused by every fit, as numbers are, and answered by every model', async () => {
      const rows = tensor2d([...x, ...far]);
      const models = [
        await KMeans.fit(x, { nClusters: 2, seed: 0 }),
        await GaussianMixture.fit(x, { nComponents: 2, regCovar: 1e-2, seed: 0 }),
        await PCA.fit(x, { nComponents: 1 }),
      ];
      for (const [i, { fit }] of [KMeans, GaussianMixture, PCA].entries()) {
        const given = rows as never;
        for (const data of [given, [...x, ...far] as never]) {
          const fitting = i === 2 ? PCA.fit(data, { nComponents: 1 }) : i === 1 ? GaussianMixture.fit(data) : KMeans.fit(data, { nClusters: 2 }); // prettier-ignore
          await expect(fitting).rejects.toThrow(InputError);
          await expect(fitting).rejects.toThrow(/column \d.*float32 cannot hold; multiply all of x/);
        }
        expect(fit).toBeDefined();
      }
      tidy(() => {
        const [kMeans, mixture, pca] = models as [KMeans, GaussianMixture, PCA];
        const [low, high] = kMeans.predict([[0, 0], [8, 8]]).dataSync(); // prettier-ignore
        const query = tensor2d(far);
        expectClose(kMeans.predict(query), [high, low, low], { rtol: 0 });
        const distances = kMeans.transform(query);
        expectClose(distances.slice([0, 0], [2, 2]), [0, 1].map(() => [Math.SQRT2 * 1e20, Math.SQRT2 * 1e20])); // prettier-ignore
        expectClose(distances.slice([2, 0], [1, 2]), kMeans.transform([far[2]]), { rtol: 0 });
        expectClose(kMeans.score(query), -Infinity);
        const soft = kMeans.predictProba(query);
        expectClose(soft.sum(1), [1, 1, 1], { rtol: 1e-6 });
        allFinite(grad((t: Tensor) => sum(softmax(softAssign(t as Tensor2D, kMeans.clusterCenters))))(query));
        allFinite(grad((t: Tensor) => sum(kMeans.transform(t as Tensor2D)))(query));

        expectClose(mixture.predictProba(query).sum(1), [1, 1, 1], { rtol: 1e-6 });
        const density = mixture.scoreSamples(query).dataSync();
        expectClose(density, [-Infinity, -Infinity, mixture.scoreSamples([far[2]]).dataSync()[0]]);

        const coordinates = pca.transform(query).dataSync();
        expectClose(Array.from(coordinates).slice(0, 2).map(Math.abs), [Math.SQRT2 * 1e20, Math.SQRT2 * 1e20], { rtol: 1e-2 }); // prettier-ignore
        expectClose(pca.scoreSamples(query).slice(0, 2), [-Infinity, -Infinity]);
      });
      models.forEach((model) => model.dispose());
      rows.dispose();
    });
  });
});
