/** Gaussian mixtures: fits of every type and start, and what a model answers. */
import {
  grad,
  slice,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import {
  GaussianMixture,
  gaussianMixtureLogProb,
  type CovarianceType,
  type GaussianMixtureOptions,
} from '../../../src/index.js';
import { clustered } from '../../support/clustered.js';
import type { Case } from '../case.js';

const { x } = clustered([[0, 0], [4, 1], [0, 5]], 1, 80, 3); // prettier-ignore
/** Enough features, and components, that passes over tensors screen: see src/mixture/screen.ts. */
const corner = (j: number) => Array.from({ length: 26 }, (_, i) => (i % 3 === j ? 3 : 0));
const wide = clustered([corner(0), corner(1), corner(2)], 1, 150, 4).x;
const TYPES: CovarianceType[] = ['full', 'tied', 'diag', 'spherical'];

const fit = (
  name: string,
  options: GaussianMixtureOptions,
  { rows = x, within }: { rows?: number[][] | (() => Tensor2D); within?: number } = {},
): Case => ({
  name: `mixture: ${name}`,
  isFit: true,
  within,
  compute: async () => {
    const given = typeof rows === 'function' ? rows() : rows;
    const model = await GaussianMixture.fit(given, { nComponents: 3, seed: 1, ...options });
    const answers = {
      weights: model.weights.clone(),
      means: model.means.clone(),
      covariances: model.covariances.clone(),
      precisionsCholesky: model.precisionsCholesky.clone(),
      labels: model.predict(given),
      lowerBound: model.lowerBound!,
      nIter: model.nIter!,
      converged: Number(model.converged),
      history: model.history!,
      bic: await model.bic(given),
    };
    model.dispose();
    if ('dispose' in given) given.dispose();
    return answers;
  },
});

/** Upper triangular, by type: [K, D, D], [D, D], [K, D], [K]. */
const FACTORS: Record<CovarianceType, number[] | number[][] | number[][][]> = {
  full: [[[1, 0.3], [0, 0.5]], [[2, -1], [0, 1]], [[0.7, 0], [0, 3]]], // prettier-ignore
  tied: [[1.5, 0.4], [0, 0.8]], // prettier-ignore
  diag: [[1, 0.5], [2, 1], [0.7, 3]], // prettier-ignore
  spherical: [1, 0.5, 2],
};
const WEIGHTS = [0.2, 0.5, 0.3];
const MEANS = [[0, 0], [4, 1], [0, 5]]; // prettier-ignore
const ROWS = [[0, 0], [2, 0.5], [0.1, 3], [-3, 9], [30, -40]]; // prettier-ignore
/** Their densities are 0 to float32, of the last ones even their logarithms are -Infinity. */
const FAR = [[200, 0], [0, -4e3], [1e17, 1e16], [-1e25, 2e25]]; // prettier-ignore
const WITH_NAN = [[0, NaN], [1, 1]]; // prettier-ignore

const asked = (type: CovarianceType): Case => ({
  name: `mixture: answers, ${type}`,
  compute: async () => {
    const given = { weights: WEIGHTS, means: MEANS, precisionsCholesky: FACTORS[type] };
    const model = await GaussianMixture.fromParams(given, type);
    const aic = await model.aic(x);
    const answers = tidy(() => {
      const { x: drawn, labels: drawnLabels } = model.sample(12, 7);
      return {
        labels: model.predict(tensor2d([...ROWS, ...FAR])),
        withNaN: model.predict(tensor2d(WITH_NAN)),
        probabilities: model.predictProba(tensor2d(ROWS)),
        farProbabilities: model.predictProba(tensor2d(FAR)),
        logDensity: model.scoreSamples(x),
        farLogDensity: model.scoreSamples(tensor2d(FAR)),
        logDensityWithNaN: model.scoreSamples(tensor2d(WITH_NAN)),
        score: model.score(tensor2d(ROWS)),
        covariances: model.covariances.clone(),
        precisions: model.precisions.clone(),
        drawn,
        drawnLabels,
      } as Record<string, Tensor>;
    });
    model.dispose();
    return { ...answers, aic };
  },
});

const slopes = (type: CovarianceType): Case => ({
  name: `mixture: slopes, ${type}`,
  compute: async () => {
    const given = { weights: WEIGHTS, means: MEANS, precisionsCholesky: FACTORS[type] };
    const model = await GaussianMixture.fromParams(given, type);
    const answers = tidy(() => {
      const [weights, means] = [tensor1d(WEIGHTS), tensor2d(MEANS)];
      const precisionsCholesky = model.precisionsCholesky.clone();
      const rows = tensor2d(ROWS.slice(0, 4));
      const logProb = (part: object) =>
        sum(gaussianMixtureLogProb(rows, { weights, means, precisionsCholesky, ...part }, type));
      return {
        rows: grad((at) => model.score(at as Tensor2D))(rows),
        probabilities: grad((at) => sum(slice(model.predictProba(at as Tensor2D), [0, 1], [4, 1])))(rows),
        weights: grad((at) => logProb({ weights: at }))(weights),
        means: grad((at) => logProb({ means: at }))(means),
        factor: grad((at) => logProb({ precisionsCholesky: at }))(precisionsCholesky),
      };
    });
    model.dispose();
    return answers;
  },
});

export const mixture: Case[] = [
  ...TYPES.map((covarianceType) => fit(covarianceType, { covarianceType })),
  fit('k-means++', { init: 'k-means++' }),
  // Components begin all but equal, and EM amplifies what rounding adds: see test/mixture/backends.test.ts.
  fit('random', { init: 'random', maxIter: 12, tol: 0 }, { within: 5e-4 }),
  fit('random rows', { init: 'random_from_data', nInit: 2 }),
  fit('given means', { init: { means: MEANS } }),
  fit('weights', { sampleWeight: x.map((_, i) => (i % 3) + 0.5) }),
  fit('rows of a tensor', {}, { rows: () => tensor2d(x) }),
  fit('one component', { nComponents: 1 }),
  fit('full, screened', {}, { rows: wide }),
  fit('tied, screened', { covarianceType: 'tied' }, { rows: wide }),
  ...TYPES.map(asked),
  ...TYPES.map(slopes),
];
