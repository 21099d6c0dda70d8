/** Slopes of mixtures in the rows and in every parameter, against differences and where they must vanish. */
import { grad, grads, logSumExp, mean, sum, tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { GaussianMixture, gaussianMixtureLogProb, type CovarianceType } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';
import type { CovarianceNumbers } from '../support/fixtures.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';

const K = 3;
const D = 2;
const x = [[0.3, -0.2], [1.1, 0.4], [-0.7, 0.9], [0.2, 1.6]]; // prettier-ignore
const weights = [0.2, 0.5, 0.3];
const means = [[0, 0], [1, 0.5], [-0.5, 1]]; // prettier-ignore
/** Below the diagonal there are numbers that nobody reads. */
const factors: Record<CovarianceType, CovarianceNumbers> = {
  full: [[[1.2, 0.3], [7, 0.8]], [[0.9, -0.4], [-5, 1.1]], [[1, 0.2], [3, 1.3]]], // prettier-ignore
  tied: [[1.2, 0.3], [7, 0.8]], // prettier-ignore
  diag: [[1.2, 0.8], [0.9, 1.1], [1, 1.3]], // prettier-ignore
  spherical: [1.2, 0.9, 1.1],
};
const isMatrix = (type: CovarianceType) => type === 'full' || type === 'tied';

const logProbOf =
  (type: CovarianceType) =>
  (rows: Tensor, w: Tensor, mu: Tensor, p: Tensor): Tensor2D => {
    const params = { weights: w as Tensor1D, means: mu as Tensor2D, precisionsCholesky: p };
    return gaussianMixtureLogProb(rows as Tensor2D, params, type);
  };

/** Three separate clusters, and the mixture that EM without a ridge ends at: the most likely one. */
const clusters = clustered([[0, 0], [6, 1], [-2, 7]], 1, 40, 5).x.map(([a, b]) => [a + 0.4 * b, b]); // prettier-ignore
const optimum = (covarianceType: CovarianceType) =>
  GaussianMixture.fit(clusters, {
    ...{ nComponents: K, covarianceType, seed: 0 },
    ...{ regCovar: 0, tol: 0, maxIter: 40 },
  });

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(covarianceTypes)('a %s mixture', (type) => {
    const inputs = () => [tensor2d(x), tensor1d(weights), tensor2d(means), tensor(factors[type])];

    it('has the slopes of its differences, in rows, weights, means and factors, each and together', () => {
      tidy(() => {
        const all = inputs();
        const logProb = logProbOf(type);
        expectGradient(logProb, all);
        all.forEach((input, at) => {
          const withOne = (one: Tensor) =>
            all.map((each, i) => (i === at ? one : each)) as Parameters<typeof logProb>;
          expectGradient((one) => logProb(...withOne(one)), [input]);
        });
        expectGradient((...args) => logSumExp(logProb(...(args as Parameters<typeof logProb>)), 1), all);
      });
    });

    it('has no slope in a row about the other rows, nor in what lies below the diagonal', () => {
      tidy(() => {
        const [rows, , , p] = grads(logProbOf(type))(inputs(), tensor2d(x.map((_, i) => Array<number>(K).fill(i === 1 ? 1 : 0)))); // prettier-ignore
        const slopes = rows.arraySync() as number[][];
        for (const i of [0, 2, 3]) expect(slopes[i]).toEqual([0, 0]);
        expect(Math.hypot(...slopes[1])).toBeGreaterThan(0.1);
        p.dataSync().forEach((slope, at) => {
          const below = isMatrix(type) && Math.floor(at / D) % D > at % D;
          expect({ at, isZero: slope === 0 }).toEqual({ at, isZero: below });
        });
      });
    });

    it('has no slope at the optimum that EM found, in means and factors; weights all pull alike', async () => {
      const model = await optimum(type);
      tidy(() => {
        const score = (w: Tensor, mu: Tensor, p: Tensor) =>
          mean(logSumExp(logProbOf(type)(tensor2d(clusters), w, mu, p), 1));
        const at = [model.weights, model.means, model.precisionsCholesky];
        const [dWeights, dMeans, dFactors] = grads(score)(at);
        expectClose(dMeans, Array<number[]>(K).fill([0, 0]), { atol: 1e-5, what: 'means' });
        expectClose(
          dFactors,
          { values: Array(dFactors.size).fill(0), shape: dFactors.shape },
          { atol: 1e-5 },
        );
        expectClose(dWeights, [1, 1, 1], { rtol: 1e-5 });
        // Elsewhere there is one: the zeros above are the optimum's.
        const [, moved] = grads(score)([at[0], tensor2d([[0.5, 0], [6, 1], [-2, 7]]), at[2]]); // prettier-ignore
        expect(Math.max(...moved.abs().dataSync())).toBeGreaterThan(0.01);
      });
      model.dispose();
    });

    it('passes slopes to the rows through all that a model answers', async () => {
      const [w, mu, p] = [weights, means, factors[type]];
      const model = await GaussianMixture.fromParams({ weights: w, means: mu, precisionsCholesky: p }, type);
      const asRows = (f: (rows: Tensor2D) => Tensor) => (rows: Tensor) => f(rows as Tensor2D);
      const leaked = await leaves(() =>
        tidy(() => {
          const rows = tensor2d(x);
          expectGradient(asRows((each) => model.predictProba(each)), [rows]); // prettier-ignore
          expectGradient(asRows((each) => model.scoreSamples(each)), [rows]); // prettier-ignore
          expectGradient(asRows((each) => model.score(each)), [rows]); // prettier-ignore
          const ofScore = grad(asRows((each) => model.score(each)))(rows);
          const ofSamples = grad(asRows((each) => sum(model.scoreSamples(each))))(rows);
          expectClose(ofScore.mul(x.length), ofSamples, { rtol: 1e-5 });
        }),
      );
      expect(leaked).toBe(0);
      model.dispose();
    });
  });

  it('has finite slopes in rows on a mean, and where a component weighs nothing', () => {
    tidy(() => {
      const params = { weights: tensor1d([1, 0]), means: tensor2d([[0, 0], [1, 1]]), precisionsCholesky: tensor1d([1, 2]) }; // prettier-ignore
      const logDensity = (rows: Tensor) =>
        logSumExp(gaussianMixtureLogProb(rows as Tensor2D, params, 'spherical'), 1);
      expectClose(grad(logDensity)(tensor2d([[0, 0], [1, 1]])), [[0, 0], [-1, -1]], { atol: 1e-6 }); // prettier-ignore
    });
  });
});
