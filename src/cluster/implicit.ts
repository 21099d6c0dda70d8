/**
 * What fitted centres owe to their rows and weights. A centre is the mean of the rows that have its label, and a label does not
 * change with a small change of anything: so, with n_k = Σ_{i in k} w_i, at the fixed point of Lloyd's iteration
 *
 *     ∂c_k / ∂x_i = w_i / n_k · I,      ∂c_k / ∂w_i = (x_i - c_k) / n_k        for the rows i of k, 0 for the others
 */
import { InputError } from '../core/errors.js';
import type { Pace } from '../core/iterate.js';

/** The centres [K * D], and the rows [N * D] whose means they may be, relative to the model's origin. */
export interface Fit {
  readonly x: Float64Array;
  /** [N], or null: all 1 */
  readonly weight: Float64Array | null;
  readonly centers: Float64Array;
  readonly d: number;
  readonly pace: Pace;
}

/** Rows between two looks at the clock. */
const BATCH = 8192;

/**
 * @param name the call, as messages name it
 * @param dy [K * D] of the centres
 * @param tol how far one more iteration may move a centre, of the rows' spread
 * @returns x [N * D], sampleWeight [N]
 * @throws InputError where it moves one farther
 */
export async function kMeansGrads(
  name: string,
  fit: Fit,
  dy: Float64Array,
  tol: number,
): Promise<{ x: Float64Array; sampleWeight: Float64Array }> {
  const { x, weight, d } = fit;
  const labels = await labelsOf(fit);
  const { counts, means } = meansOf(fit, labels);
  const residual = residualOf(fit, counts, means);
  if (!(residual <= tol)) {
    throw new InputError(
      `${name}: the centres are not the means of their rows: one more iteration moves them by ${residual.toPrecision(2)} (of the rows' spread), and tol is ${tol}. Fit with tol 0 and a larger maxIter, and give the sampleWeight of the fit.`,
    );
  }
  const grads = { x: new Float64Array(x.length), sampleWeight: new Float64Array(labels.length) };
  labels.forEach((k, i) => {
    if (counts[k] === 0) return;
    const share = (weight ? weight[i] : 1) / counts[k];
    for (let j = 0; j < d; j++) {
      grads.x[i * d + j] = share * dy[k * d + j];
      grads.sampleWeight[i] += ((x[i * d + j] - means[k * d + j]) * dy[k * d + j]) / counts[k];
    }
  });
  return grads;
}

/** The nearest centre of each row [N], in float64 by differences. */
async function labelsOf({ x, centers, d, pace }: Fit): Promise<Int32Array> {
  const labels = new Int32Array(x.length / d);
  for (let i = 0; i < labels.length; i++) {
    if (i % BATCH === 0) await pace();
    let least = Infinity;
    for (let at = 0; at < centers.length; at += d) {
      let distance = 0;
      for (let j = 0; j < d; j++) distance += (x[i * d + j] - centers[at + j]) ** 2;
      if (distance >= least) continue;
      least = distance;
      labels[i] = at / d;
    }
  }
  return labels;
}

/** Σ w of each cluster, and the mean of its rows; of one without any, its centre. */
function meansOf({ x, weight, centers, d }: Fit, labels: Int32Array) {
  const counts = new Float64Array(centers.length / d);
  const means = centers.slice();
  labels.forEach((k, i) => (counts[k] += weight ? weight[i] : 1));
  labels.forEach((k, i) => {
    const share = (weight ? weight[i] : 1) / counts[k];
    for (let j = 0; j < d && share > 0; j++) means[k * d + j] += share * (x[i * d + j] - centers[k * d + j]);
  });
  return { counts, means };
}

/** The farthest move of a centre, in units of √(mean variance of the features). */
function residualOf({ x, weight, centers, d }: Fit, counts: Float64Array, means: Float64Array): number {
  const total = counts.reduce((a, b) => a + b, 0);
  const overall = new Float64Array(d);
  means.forEach((value, at) => (overall[at % d] += (value * counts[Math.floor(at / d)]) / total));
  const squares = x.reduce((sum, value, at) => {
    const w = weight ? weight[Math.floor(at / d)] : 1;
    return sum + w * (value - overall[at % d]) ** 2;
  }, 0);
  let farthest = 0;
  counts.forEach((_, k) => {
    let move = 0;
    for (let j = k * d; j < (k + 1) * d; j++) move += (means[j] - centers[j]) ** 2;
    farthest = Math.max(farthest, Math.sqrt(move));
  });
  return farthest === 0 ? 0 : farthest / Math.sqrt(squares / total / d);
}
