/** Mixtures held against plain float64 loops, on small data of many shapes. */
import { tensor, tensor1d, tensor2d, tidy } from '@tensorflow/tfjs-core';
import {
  GaussianMixture,
  gaussianMixtureLogProb,
  RandomState,
  type CovarianceType,
} from '../../src/index.js';
import { passes, usePass } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';
import type { CovarianceNumbers } from '../support/fixtures.js';
import { make, multiply, transpose, type Rows } from '../support/naive-linalg.js';
import {
  naiveEm,
  naiveFactor,
  naiveLogProb,
  naiveLogSumExp,
  ofType,
  type NaiveMixture,
} from '../support/naive-mixture.js';

interface Case {
  name: string;
  x: Rows;
  start: NaiveMixture;
  sampleWeight?: number[];
}

/** Variances between 0.5 and 2 and correlations, as far as the type has them. */
function startCovariances(type: CovarianceType, k: number, d: number, random: RandomState): Rows[] {
  const matrices = Array.from({ length: k }, () => {
    const b = make(d, d, () => random.uniform(-0.5, 0.5, 1)[0]);
    const product = multiply(b, transpose(b));
    return make(d, d, (i, j) => product[i][j] + (i === j ? 0.7 : 0));
  });
  if (type === 'full') return matrices;
  if (type === 'tied') return matrices.map(() => matrices[0]);
  return matrices.map((m) => make(d, d, (i, j) => (i === j ? (type === 'diag' ? m[i][i] : m[0][0]) : 0)));
}

/** Overlapping clusters in 1 to 4 dimensions, 1 to 4 components, a third of them weighted, away from the origin. */
function cases(type: CovarianceType): Case[] {
  return Array.from({ length: 12 }, (_, i) => {
    const random = new RandomState(100 + i);
    const [k, d] = [1 + (i % 4), 1 + Math.floor(i / 3)];
    const centers = make(k, d, () => random.uniform(-2, 2, 1)[0] + 50);
    const { x } = clustered(centers, 1, 15, 200 + i);
    const weights = Array.from({ length: k }, (_, j) => (j + 1) / ((k * (k + 1)) / 2));
    const means = make(k, d, (c, j) => x[c][j]);
    const start = { weights, means, covariances: startCovariances(type, k, d, random) };
    const sampleWeight = i % 3 ? undefined : Array.from(random.uniform(0, 3, x.length));
    return { name: `K = ${k}, D = ${d}${sampleWeight ? ', weighted' : ''}`, x, start, sampleWeight };
  });
}

/** The types' precisionsCholesky of whole matrices; below the diagonal, where nobody may look, something else. */
function factorsOf(covariances: Rows[], type: CovarianceType): CovarianceNumbers {
  const factors = covariances.map((matrix) =>
    naiveFactor(matrix).map((row, i) => row.map((value, j) => (i > j ? 99 : value))),
  );
  return ofType(factors, type);
}

describe.each(passes)('on %s', (where) => {
  beforeAll(() => usePass(where));

  describe.each(covarianceTypes)('a %s mixture', (covarianceType) => {
    it('has the history and the parameters of plain EM', async () => {
      const regCovar = 0.01;
      for (const { name, x, start, sampleWeight } of cases(covarianceType)) {
        const { weights, means } = start;
        for (const iterations of [1, 10]) {
          const options = { sampleWeight, regCovar, iterations };
          const { mixture, history } = naiveEm(x, start, covarianceType, options);
          const model = await GaussianMixture.fit(x, {
            ...{ nComponents: weights.length, covarianceType, sampleWeight, regCovar },
            ...{ init: { weights, means, covariances: ofType(start.covariances, covarianceType) } },
            ...{ maxIter: iterations, tol: 0 },
          });
          const what = `${name}, ${iterations} iterations`;
          const close = { rtol: 2e-5, atol: 2e-5, what };
          expectClose(model.history!, history, close);
          expect(model.lowerBound).toBe(model.history!.at(-1));
          expectClose(model.weights, mixture.weights, close);
          expectClose(model.means, mixture.means, { ...close, rtol: 1e-6 });
          expectClose(model.covariances, ofType(mixture.covariances, covarianceType), close);
          model.dispose();
        }
      }
    });

    it('adds up what several batches say, the last one short', async () => {
      const { x } = clustered([[-1], [2]], 0.8, 8250, 7); // batches are 8,192 rows at most
      const sampleWeight = x.map((_, i) => 1 + (i % 3));
      const start = { weights: [0.3, 0.7], means: [[0], [1]], covariances: [[[1]], [[1]]] };
      const { mixture, history } = naiveEm(x, start, covarianceType, { sampleWeight, iterations: 3 });
      const init = { ...start, covariances: ofType(start.covariances, covarianceType) };
      const model = await GaussianMixture.fit(x, {
        ...{ nComponents: 2, covarianceType, init, sampleWeight },
        ...{ maxIter: 3, tol: 0 },
      });
      const close = { rtol: 2e-6, atol: 2e-6 };
      expectClose(model.history!, history, close);
      expectClose(model.weights, mixture.weights, close);
      expectClose(model.means, mixture.means, close);
      expectClose(model.covariances, ofType(mixture.covariances, covarianceType), close);
      model.dispose();
    });

    it('has the log densities, responsibilities and labels of the formula', async () => {
      for (const { name, x, start } of cases(covarianceType)) {
        const { weights, means, covariances } = start;
        const precisionsCholesky = factorsOf(covariances, covarianceType);
        const joint = naiveLogProb(x, start);
        const density = joint.map(naiveLogSumExp);
        const params = { weights, means, precisionsCholesky };
        const model = await GaussianMixture.fromParams(params, covarianceType);
        tidy(() => {
          const tensors = {
            weights: tensor1d(weights),
            means: tensor2d(means),
            precisionsCholesky: tensor(precisionsCholesky),
          };
          const close = { rtol: 2e-5, atol: 2e-5, what: name };
          expectClose(gaussianMixtureLogProb(tensor2d(x), tensors, covarianceType), joint, close);
          expectClose(model.scoreSamples(x), density, close);
          expectClose(model.score(x), density.reduce((a, b) => a + b, 0) / x.length, close);
          const r = joint.map((row, i) => row.map((value) => Math.exp(value - density[i])));
          expectClose(model.predictProba(x), r, { rtol: 0, atol: 2e-5, what: name });
          const labels = joint.map((row) => row.indexOf(Math.max(...row)));
          expect(Array.from(model.predict(x).dataSync())).toEqual(labels);
          expectClose(model.covariances, ofType(covariances, covarianceType), close);
        });
        model.dispose();
      }
    });
  });
});
