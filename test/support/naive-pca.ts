/** Moments of rows and probabilistic PCA's matrix as plain float64 loops. */
import { make, type Rows } from './naive-linalg.js';

export const naiveMean = (x: Rows): number[] =>
  x[0].map((_, j) => x.reduce((sum, row) => sum + (row[j] - x[0][j]) / x.length, x[0][j]));

/** Divided by N - 1, about the mean. */
export function naiveCovariance(x: Rows): Rows {
  const mean = naiveMean(x);
  const from = x.map((row) => row.map((value, j) => value - mean[j]));
  return make(mean.length, mean.length, (i, j) =>
    from.reduce((sum, row) => sum + (row[i] * row[j]) / (x.length - 1), 0),
  );
}

/** Wᵀ diag(λ) W + noise (I - Wᵀ W) */
export const naiveModelCovariance = (w: Rows, variances: number[], noise: number): Rows =>
  make(w[0].length, w[0].length, (i, j) =>
    w.reduce((sum, row, k) => sum + (variances[k] - noise) * row[i] * row[j], i === j ? noise : 0),
  );

/** (x - mean) Wᵀ */
export const naiveCoordinates = (x: Rows, w: Rows, mean: number[]): Rows =>
  make(x.length, w.length, (n, k) => mean.reduce((sum, m, j) => sum + (x[n][j] - m) * w[k][j], 0));
