/**
 * The same pass in float64 on the host, for data so small that calling tensor operations would take longer than the
 * numbers do: the work of a whole pass is less than that of their thirty or so calls.
 */
import type { Covariance } from './covariance.js';
import { LOG_2PI, type Mixture, type Numbers } from './density.js';
import type { Statistics } from './em.js';

/**
 * Multiplications of a pass up to which the host takes it, about 2 ms, and the share of them where kernels of ours would:
 * those take 0.1 to 0.4 ms, however little they do. Tests set 0 to have tensors.
 */
export const hostLimit = { work: 1.5e6, besideKernels: 0.2 };

/** What the exponential and all that does not grow with D² cost for one row and component, in multiplications. */
const PER_ROW = 100;

export const fitsHost = (n: number, k: number, d: number, kernels: boolean): boolean =>
  n * k * (d * d + PER_ROW) <= hostLimit.work * (kernels ? hostLimit.besideKernels : 1);

/**
 * One pass over rows `x` [N * D]. With `given` responsibilities [K, N], already weighted, those count in place of the
 * mixture's own, whose frame is used all the same.
 */
export function hostPass(
  x: Float64Array,
  mixture: Mixture,
  covariance: Covariance,
  weight: Float64Array | null,
  given?: Float32Array,
): Statistics {
  const { means, precisionsCholesky: p } = mixture;
  const k = mixture.weights.length;
  const d = means.length / k;
  const n = x.length / d;
  const constants = logConstantsOf(mixture, covariance);
  const counts = new Float64Array(k);
  const first = new Float64Array(k * d);
  const second = new Float64Array(covariance.secondLength(k, d));
  const y = Array.from({ length: k }, () => new Float64Array(d));
  const logJoint = new Float64Array(k);
  let logLikelihood = 0;
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < k; c++)
      logJoint[c] = constants[c] - frameRow(x, i, means, c, p, covariance, y[c]) / 2;
    const logDensity = logSumExpOf(logJoint);
    const w = weight ? weight[i] : 1;
    logLikelihood += w * logDensity;
    for (let c = 0; c < k; c++) {
      const r = given ? given[c * n + i] : w * Math.exp(logJoint[c] - logDensity);
      if (r === 0) continue;
      counts[c] += r;
      for (let j = 0; j < d; j++) first[c * d + j] += r * y[c][j];
      covariance.addSecond(second, c, y[c], r);
    }
  }
  return { logLikelihood, counts, first, second };
}

/** The responsibilities of rows `x` [n * D], without their weights: [n * K]. */
export function hostResponsibilities(
  x: Float64Array,
  mixture: Mixture,
  covariance: Covariance,
): Float64Array {
  const { means, precisionsCholesky: p } = mixture;
  const k = mixture.weights.length;
  const d = means.length / k;
  const constants = logConstantsOf(mixture, covariance);
  const y = new Float64Array(d);
  const r = new Float64Array((x.length / d) * k);
  for (let at = 0; at < r.length; at += k) {
    const row = r.subarray(at, at + k); // log joint densities, and then their shares
    for (let c = 0; c < k; c++) row[c] = constants[c] - frameRow(x, at / k, means, c, p, covariance, y) / 2;
    const logDensity = logSumExpOf(row);
    for (let c = 0; c < k; c++) row[c] = Math.exp(row[c] - logDensity);
  }
  return r;
}

/** log w_k + log |P_k| - D/2 log 2π */
export function logConstantsOf(
  { weights, means, precisionsCholesky }: Numbers,
  covariance: Covariance,
): Float64Array {
  const d = means.length / weights.length;
  return weights.map(
    (w, c) => Math.log(w) + covariance.hostLogDet(precisionsCholesky, c, d) - (d / 2) * LOG_2PI,
  );
}

/** Row i in the frame of component c: y is written, |y|² returned. */
function frameRow(
  x: Float64Array,
  i: number,
  means: Float64Array,
  c: number,
  p: Float64Array,
  covariance: Covariance,
  y: Float64Array,
): number {
  const d = y.length;
  for (let j = 0; j < d; j++) y[j] = x[i * d + j] - means[c * d + j];
  covariance.hostWhiten(p, c, y);
  let square = 0;
  for (let j = 0; j < d; j++) square += y[j] * y[j];
  return square;
}

function logSumExpOf(values: Float64Array): number {
  let highest = -Infinity;
  for (let c = 0; c < values.length; c++) if (values[c] > highest) highest = values[c];
  let total = 0;
  for (let c = 0; c < values.length; c++) total += Math.exp(values[c] - highest);
  return highest + Math.log(total);
}
