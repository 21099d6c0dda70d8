/** Gaussian mixtures by the formulas of Bishop 9.2 as plain float64 loops, every covariance as a whole matrix. */
import type { CovarianceType, RandomState } from '../../src/index.js';
import type { CovarianceNumbers } from './fixtures.js';
import { identity, make, naiveCholesky, naiveSolve, transpose, type Rows } from './naive-linalg.js';

export interface NaiveMixture {
  weights: number[];
  /** [K][D] */
  means: Rows;
  /** [K][D][D], whatever the type */
  covariances: Rows[];
}

/** The numbers that a model of a type reports. */
export function ofType(matrices: Rows[], type: CovarianceType): CovarianceNumbers {
  if (type === 'full') return matrices;
  if (type === 'tied') return matrices[0];
  const diagonals = matrices.map((matrix) => matrix.map((row, j) => row[j]));
  return type === 'diag' ? diagonals : diagonals.map(([variance]) => variance);
}

/** P of Σ⁻¹ = P Pᵀ: the inverse of the transposed Cholesky factor. */
export const naiveFactor = (covariance: Rows): Rows =>
  naiveSolve(transpose(naiveCholesky(covariance)), identity(covariance.length)).x;

/** log w_k + log N(x | μ_k, Σ_k) [N][K] */
export function naiveLogProb(x: Rows, { weights, means, covariances }: NaiveMixture): Rows {
  const inverses = covariances.map((matrix) => naiveSolve(matrix, identity(matrix.length)));
  return x.map((row) =>
    weights.map((weight, k) => {
      const { x: inverse, determinant } = inverses[k];
      const from = row.map((value, j) => value - means[k][j]);
      const distance = from.reduce(
        (total, a, i) => total + from.reduce((sum, b, j) => sum + a * inverse[i][j] * b, 0),
        0,
      );
      return Math.log(weight) - (row.length * Math.log(2 * Math.PI) + Math.log(determinant) + distance) / 2;
    }),
  );
}

export function naiveLogSumExp(values: number[]): number {
  const top = Math.max(...values);
  return top + Math.log(values.reduce((sum, value) => sum + Math.exp(value - top), 0));
}

/** Weighted scatter of the rows about a mean, over the sum of the weights. */
function scatter(x: Rows, r: number[], mean: number[], count: number): Rows {
  return make(mean.length, mean.length, (i, j) =>
    x.reduce((sum, row, n) => sum + (r[n] * (row[i] - mean[i]) * (row[j] - mean[j])) / count, 0),
  );
}

/** What each type makes of the components' own scatters. */
const SHARED: Record<CovarianceType, (own: Rows[], shares: number[]) => Rows[]> = {
  full: (own) => own,
  tied: (own, shares) => {
    const pooled = make(own[0].length, own[0].length, (i, j) =>
      own.reduce((sum, matrix, k) => sum + shares[k] * matrix[i][j], 0),
    );
    return own.map(() => pooled);
  },
  diag: (own) => own.map((m) => make(m.length, m.length, (i, j) => (i === j ? m[i][i] : 0))),
  spherical: (own) =>
    own.map((m) => {
      const variance = m.reduce((sum, row, j) => sum + row[j] / m.length, 0);
      return make(m.length, m.length, (i, j) => (i === j ? variance : 0));
    }),
};

/** What a component's sums are turned into before they are used. */
type Sums = { count: number; mean: number[]; scatter: Rows };

/** The M-step of responsibilities [N][K] that already carry the rows' weights. */
export function naiveMaximize(
  x: Rows,
  r: Rows,
  type: CovarianceType,
  regCovar: number,
  change = (sums: Sums): Sums => sums,
): NaiveMixture {
  const columns = transpose(r);
  const sums = columns.map((column) => {
    const count = column.reduce((a, b) => a + b, 0);
    const mean = x[0].map((_, j) => x.reduce((sum, row, n) => sum + (column[n] * row[j]) / count, 0));
    return change({ count, mean, scatter: scatter(x, column, mean, count) });
  });
  const total = sums.reduce((all, { count }) => all + count, 0);
  const weights = sums.map(({ count }) => count / total);
  const means = sums.map(({ mean }) => mean);
  const own = sums.map((each) => each.scatter);
  const covariances = SHARED[type](own, weights).map((matrix) =>
    matrix.map((row, i) => row.map((value, j) => value + (i === j ? regCovar : 0))),
  );
  return { weights, means, covariances };
}

/**
 * Sums as if each were off by a share of what it adds up, of standard deviation `size`: of the component's rows, their
 * deviations, their products.
 */
export const nudge =
  (size: number, random: RandomState) =>
  ({ count, mean, scatter }: Sums): Sums => {
    const draw = () => random.normal(0, size, 1)[0];
    const deviations = mean.map((_, j) => Math.sqrt(scatter[j][j]));
    const nudged = make(mean.length, mean.length, () => 0);
    for (let i = 0; i < mean.length; i++) {
      for (let j = 0; j <= i; j++) {
        nudged[i][j] = nudged[j][i] = scatter[i][j] + draw() * deviations[i] * deviations[j];
      }
    }
    return {
      count: count * (1 + draw()),
      mean: mean.map((m, j) => m + draw() * deviations[j]),
      scatter: nudged,
    };
  };

/**
 * EM for a number of iterations; history is the weighted mean log-likelihood before each M-step.
 *
 * @param change what is done to each component's sums in every M-step
 */
export function naiveEm(
  x: Rows,
  start: NaiveMixture,
  type: CovarianceType,
  { sampleWeight = x.map(() => 1), regCovar = 1e-6, iterations = 1 } = {},
  change?: (sums: Sums) => Sums,
): { mixture: NaiveMixture; history: number[] } {
  const total = sampleWeight.reduce((a, b) => a + b, 0);
  const history: number[] = [];
  let mixture = start;
  for (let i = 0; i < iterations; i++) {
    const logProb = naiveLogProb(x, mixture);
    const density = logProb.map(naiveLogSumExp);
    history.push(density.reduce((sum, value, n) => sum + sampleWeight[n] * value, 0) / total);
    const r = logProb.map((row, n) => row.map((value) => sampleWeight[n] * Math.exp(value - density[n])));
    mixture = naiveMaximize(x, r, type, regCovar, change);
  }
  return { mixture, history };
}
