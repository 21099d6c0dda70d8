/**
 * The eigenvectors of a covariance, where they are found soonest: by our kernel for TensorFlow on a CPU, in TensorFlow's
 * float32 and refined (leading.ts), or on the host. All are float64's.
 */
import type { Pace } from '../core/iterate.js';
import { kernelCode } from '../core/native.js';
import { symmetricEigen } from '../linalg/routines/symmetricEigen.js';
import { leadingEigenvectors } from './leading.js';
import { rowOf } from './moments.js';
import { reversedRows, withoutRounding, type Spectrum } from './spectrum.js';

/**
 * Up to here the host decomposes as soon as the kernel: with 48 features a whole fit of 2,000 rows takes 0.8 ms and 0.7, with
 * 128 it takes 8 and 1.6.
 */
const HOST_FEATURES = 40;

/** Rows of unit length [k, m], and the eigenvalues [k], descending. */
export interface Eigenpairs {
  readonly vectors: Float64Array;
  readonly values: Float64Array;
}

/**
 * Constant columns, whose variance is exactly 0, have no part in the decomposition: their axes come last.
 *
 * @param covariance [D (D + 1) / 2] the lower triangle, row by row
 * @param wanted how many eigenvectors, the share of the trace that they must reach, or 'mle', which asks for all
 * @param exact whether the covariance is right to float64, and so no share of the work is to be in float32
 * @returns at least as many as wanted
 */
export async function eigenvectors(
  covariance: Float64Array,
  d: number,
  wanted: number | 'mle',
  exact: boolean,
  pace: Pace,
): Promise<Omit<Spectrum, 'mean'>> {
  const variance = (j: number) => covariance[rowOf(j) + j];
  const columns = Array.from({ length: d }, (_, j) => j);
  const varies = columns.filter((j) => variance(j) > 0);
  const m = varies.length;
  const total = varies.reduce((sum, j) => sum + variance(j), 0);
  const reduced = narrowed(covariance, varies);
  const { vectors, values } = await decompose(reduced, m, wanted, total, exact, pace);
  if (values.length < m) {
    const left = values.reduce((left, value) => left - value, total);
    const short = widened(vectors, varies, d, values.length);
    return { vectors: short, variances: values, total, outside: Math.max(0, left) };
  }
  const all = widened(vectors, varies, d, d);
  const constant = columns.filter((j) => !(variance(j) > 0));
  constant.forEach((j, k) => (all[(m + k) * d + j] = 1));
  const variances = new Float64Array(d);
  variances.set(withoutRounding(values, d));
  return { vectors: all, variances, total, outside: 0 };
}

/** The lower triangle of some rows and columns of a symmetric matrix, given by its own. */
function narrowed(triangle: Float64Array, columns: readonly number[]): Float64Array {
  const out = new Float64Array(rowOf(columns.length));
  let at = 0;
  for (let r = 0; r < columns.length; r++) {
    const row = rowOf(columns[r]);
    for (let c = 0; c <= r; c++) out[at++] = triangle[row + columns[c]];
  }
  return out;
}

/** k rows over all D columns: those over some columns [., m], 0 in the others; then zeros. */
function widened(short: Float64Array, columns: readonly number[], d: number, k: number): Float64Array {
  const out = new Float64Array(k * d);
  for (let at = 0, row = 0; at < short.length; row += d) {
    for (let c = 0; c < columns.length; c++) out[row + columns[c]] = short[at++];
  }
  return out;
}

async function decompose(
  triangle: Float64Array,
  m: number,
  wanted: number | 'mle',
  trace: number,
  exact: boolean,
  pace: Pace,
): Promise<Eigenpairs> {
  const code = m > HOST_FEATURES ? kernelCode<typeof import('./kernels.js')>('LatentEigenvectors') : null;
  if (code) return code.eigenvectorsByKernel(triangle, m, wanted === 'mle' ? m : wanted);
  const a = new Float64Array(m * m); // its lower triangle is read
  for (let i = 0; i < m; i++) a.set(triangle.subarray(rowOf(i), rowOf(i + 1)), i * m);
  const leading = exact ? null : await leadingEigenvectors(a, m, wanted, trace, pace);
  if (leading) return leading;
  const { values, vectors } = symmetricEigen(a, m);
  return { values: values.reverse(), vectors: reversedRows(vectors, m) };
}
