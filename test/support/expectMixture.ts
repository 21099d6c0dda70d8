import { tidy } from '@tensorflow/tfjs-core';
import type { CovarianceType, GaussianMixture } from '../../src/index.js';
import { expectClose, flat } from './close.js';
import type { CovarianceNumbers, MixtureFit } from './fixtures.js';

export interface MixtureTolerance {
  /** Absolute for weights and correlations; relative for variances; both for means. */
  params: number;
  /** Absolute. */
  responsibilities: number;
  /** Absolute, a row. */
  nats: number;
}

/** A hundred roundings of float32: how far the same iterations from the same start may come apart. */
export const FLOAT32: MixtureTolerance = { params: 2e-5, responsibilities: 2e-5, nats: 1e-5 };

/**
 * Covariances as correlations and precisions' factors for unit variances, by the variances of `known`: an entry between
 * two small features then counts as much as one between two large ones. Kinds without matrices stay as they are.
 */
function standardised(matrices: CovarianceNumbers, known: CovarianceNumbers, isFactor: boolean): number[] {
  const { values, shape } = flat(matrices);
  const d = shape.at(-1)!;
  const variances = flat(known).values;
  return values.map((value, at) => {
    const [start, i, j] = [at - (at % (d * d)), Math.floor((at % (d * d)) / d), at % d];
    const [a, b] = [variances[start + i * (d + 1)], variances[start + j * (d + 1)]];
    return isFactor ? value * Math.sqrt(a) : value / Math.sqrt(a * b);
  });
}

function expectCovariances(model: GaussianMixture, known: MixtureFit, atol: number, what: string): void {
  const { covariances, precisionsCholesky } = known;
  if (!covariances || !precisionsCholesky) return;
  if (model.covarianceType === 'diag' || model.covarianceType === 'spherical') {
    expectClose(model.covariances, covariances, { rtol: atol, what: `${what}: covariances` });
    expectClose(model.precisionsCholesky, precisionsCholesky, { rtol: atol, what: `${what}: factors` });
    return;
  }
  expect(model.covariances.shape).toEqual(flat(covariances).shape);
  const read = (key: 'covariances' | 'precisionsCholesky') => model[key].arraySync() as CovarianceNumbers;
  const compare = (actual: CovarianceNumbers, expected: CovarianceNumbers, isFactor: boolean) =>
    expectClose(
      standardised(actual, covariances, isFactor),
      standardised(expected, covariances, isFactor),
      // A factor is the inverse of a matrix: its entries are as much larger as the correlations are strong.
      { rtol: 0, atol: isFactor ? atol * factorSize(expected, covariances) : atol, what },
    );
  compare(read('covariances'), covariances, false);
  compare(read('precisionsCholesky'), precisionsCholesky, true);
}

const factorSize = (factor: CovarianceNumbers, covariances: CovarianceNumbers): number =>
  Math.max(...standardised(factor, covariances, true).map(Math.abs));

/** Holds a fitted model, all that it reports and all that it answers, against scikit-learn's. */
export async function expectMixture(
  model: GaussianMixture,
  known: MixtureFit,
  x: number[][],
  what: string,
  { params, responsibilities, nats }: MixtureTolerance = FLOAT32,
): Promise<void> {
  expectClose(model.weights, known.weights, { rtol: 0, atol: params, what: `${what}: weights` });
  expectClose(model.means, known.means, { rtol: params, atol: params, what: `${what}: means` });
  expectCovariances(model, known, params, `${what}: covariances`);
  const inNats = { rtol: 0, atol: nats, what: `${what}: log-likelihood` };
  expectClose(model.lowerBound!, known.lowerBound, inNats);
  const rows = known.rows.map((row) => x[row]);
  tidy(() => {
    const r = { rtol: 0, atol: responsibilities, what: `${what}: responsibilities` };
    expectClose(model.predictProba(rows), known.predictProba, r);
    expectClose(model.score(x), known.score, inNats);
    // Far from a thin component float32 rounds the distance itself: relative, too.
    expectClose(model.scoreSamples(rows), known.scoreSamples, { ...inNats, rtol: 1e-5 });
  });
  const total = { rtol: nats / 10, what: `${what}: criterion` }; // 1e-6 of it, as a rule
  expectClose(await model.bic(x), known.bic, total);
  expectClose(await model.aic(x), known.aic, total);
}

export const covarianceTypes: CovarianceType[] = ['full', 'tied', 'diag', 'spherical'];
