/** Rows that mixtures of every kind are held against, and a mixture near them. */
import { RandomState, type CovarianceType } from '../../src/index.js';
import { COVARIANCES } from '../../src/mixture/covariance.js';
import type { Mixture } from '../../src/mixture/density.js';

export interface Case {
  n: number;
  k: number;
  d: number;
  /** How far the components' means are from each other, in deviations; 0: all rows are everybody's. */
  apart: number;
  /** How far all of it is from 0. */
  far?: number;
  weighted?: boolean;
  /** Rows of the last component. */
  few?: number;
  /** Rows as a tensor, not as numbers. */
  tensor?: boolean;
}

export const nameOf = (each: Case): string => JSON.stringify(each).replace(/["{}]/g, '').replace(/,/g, ', ');

/** Rows of components of many shapes, and a mixture near them. */
export function made({ n, k, d, apart, far = 0, few, weighted }: Case, type: CovarianceType = 'full') {
  const random = new RandomState(n + d);
  const centers = random.normal(0, apart / Math.sqrt(2), k * d);
  const deviations = random.uniform(0.2, 5, k * d);
  const noise = random.normal(0, 1, n * d);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const c = few && i >= few ? i % (k - 1) : i % k;
    for (let j = 0; j < d; j++) {
      // Neighbouring features go together.
      const z = noise[i * d + j] + (j > 0 ? 0.4 * noise[i * d + j - 1] : 0);
      x[i * d + j] = far + (centers[c * d + j] + z) * deviations[c * d + j];
    }
  }
  const covariances = new Float64Array(k * d * d);
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < d; i++) {
      const variance = (1 + (i % 3) / 4) * deviations[c * d + i] ** 2;
      covariances[(c * d + i) * d + i] = variance;
      if (i === 0) continue;
      const across = 0.3 * deviations[c * d + i] * deviations[c * d + i - 1];
      covariances[(c * d + i) * d + i - 1] = covariances[(c * d + i - 1) * d + i] = across;
    }
  }
  const weights = Float64Array.from({ length: k }, (_, c) => (2 * (c + 1)) / (k * (k + 1)));
  const { fromCovariances } = COVARIANCES[type];
  const precisionsCholesky = fromCovariances(formOf(covariances, k, d, type), d) as Float64Array;
  const relative = (origin: Float64Array): Mixture => ({
    weights,
    means: centers.map((value, at) => far + value * deviations[at] - origin[at % d]),
    precisionsCholesky,
  });
  return { x, relative, weight: weighted ? Float64Array.from({ length: n }, (_, i) => (i % 4) / 3) : null };
}

/** Covariances [K, D, D] as a type has them. */
function formOf(all: Float64Array, k: number, d: number, type: CovarianceType): Float64Array {
  const of = (length: number, entry: (at: number) => number) =>
    Float64Array.from({ length }, (_, at) => entry(at));
  const variance = (c: number, j: number) => all[(c * d + j) * d + j];
  const mean = (n: number, entry: (i: number) => number) => of(n, entry).reduce((a, b) => a + b, 0) / n;
  if (type === 'full') return all;
  if (type === 'tied') return of(d * d, (at) => mean(k, (c) => all[c * d * d + at]));
  if (type === 'diag') return of(k * d, (at) => variance(Math.floor(at / d), at % d));
  return of(k, (c) => mean(d, (j) => variance(c, j)));
}
