/**
 * Lower bounds of |y|, y = (x - μ_k) P_k, that show which components cannot matter to a row without evaluating them.
 *
 * Of the first pass of a restart: P_k is upper triangular, so the first j columns of y need the first j features only, and
 * |y| is at least as long as they are.
 *
 * Later: the M-step turns y into (y - ȳ) L⁻ᵀ with M = L Lᵀ, all of them known, so that |y| shrinks to no less than
 * (|y| - |ȳ|) / |L|₂, and |L|₂² is M's largest eigenvalue. A norm that was computed once bounds those of the passes to
 * come, as distances to moved centres do in K-means (G. Hamerly, SDM 2010).
 */
import {
  add,
  div,
  expandDims,
  eye,
  matMul,
  mul,
  pow,
  slice,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  tidy,
  transpose,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { read } from '../core/read.js';
import type { Moments } from './covariance.js';
import { centeredOn } from './density.js';

/** What a pass knew about the rows, and how far the M-step after it can have led. */
export interface Known {
  /** [N] The most probable component. */
  readonly winners: Int32Array;
  /** [N * K] At least |y|; null where that would be large beside the rows: each pass begins anew. */
  readonly norms: Float32Array | null;
  /** [K] |ȳ| */
  readonly shifts: Float64Array;
  /** [K] At least |L|₂. */
  readonly stretches: Float64Array;
}

/** Bounds take at most an eighth of what the rows' features take. */
export const remembers = (k: number, d: number): boolean => 8 * k <= d;

/** Bounds of one batch: [n * K]. */
export function carriedNorms(ids: Int32Array, { norms, shifts, stretches }: Known): Float32Array {
  const k = shifts.length;
  const carried = new Float32Array(ids.length * k);
  ids.forEach((id, i) => {
    for (let c = 0; c < k; c++) {
      carried[i * k + c] = Math.max(0, norms![id * k + c] - shifts[c]) / stretches[c];
    }
  });
  return carried;
}

/** Share of the columns that bound the norm: a sixteenth of the work of all of them. */
const LEAD = 1 / 4;
/** Rows that are bounded at once: K views of their leading columns stay in the cache. */
const BOUNDED = 2048;

/** The leading columns of all components. */
export interface Lead {
  readonly means: Tensor2D; // [K, j]
  readonly factors: Tensor3D; // [K, j, j]
}

export function leadOf(means: Tensor2D, factors: Tensor3D): Lead {
  const [k, d] = means.shape;
  const j = Math.ceil(d * LEAD);
  return { means: slice(means, [0, 0], [k, j]), factors: slice(factors, [0, 0, 0], [k, j, j]) };
}

/** Bounds of a batch x [n, D] by the leading columns: [n * K]. */
export async function leadingNorms(x: Tensor2D, { means, factors }: Lead): Promise<Float32Array> {
  const [n] = x.shape;
  const [k, j] = means.shape;
  const norms = new Float32Array(n * k);
  for (let start = 0; start < n; start += BOUNDED) {
    const m = Math.min(BOUNDED, n - start);
    const part = tidy(() => {
      const y = matMul(centeredOn(slice(x, [start, 0], [m, j]), means), factors); // [K, m, j]
      return transpose(sqrt(sum(square(y), 2))); // [m, K]
    });
    norms.set((await read([part]))[0], start * k);
  }
  return norms;
}

/** Of rounding in |y| and M. */
const SLACK = 1 + 1e-4;

/** |ȳ| and a bound of |L|₂ for the M-step of these sums. @param ridge Pᵀ P [K * D * D] */
export async function motionOf(
  { counts, first, second, ridge }: Moments & { ridge: Float32Array },
  regCovar: number,
): Promise<Pick<Known, 'shifts' | 'stretches'>> {
  const k = counts.length;
  const d = first.length / k;
  const shape = [k, d, d];
  const largest = tidy(() => {
    const n = tensor(Float32Array.from(counts), [k, 1, 1]);
    const mean = div(tensor(Float32Array.from(first), [k, d, 1]), n) as Tensor3D;
    const scatter = sub(div(tensor(Float32Array.from(second), shape), n), matMul(mean, mean, false, true));
    const m = add(scatter, mul(tensor(ridge, shape), regCovar)); // [K, D, D]
    return largestEigenvalues(m as Tensor3D);
  });
  const [values] = await read([largest]);
  const shifts = counts.map((n, c) => Math.hypot(...first.subarray(c * d, (c + 1) * d)) / n);
  return { shifts, stretches: Float64Array.from(values, (value) => Math.sqrt(value) * SLACK) };
}

/** At most 1 + |(M - I)⁴|^(1/4), in Frobenius' norm: near the largest eigenvalue, as most others are near 1. [K] */
function largestEigenvalues(m: Tensor3D): Tensor2D {
  const off = sub(m, expandDims(eye(m.shape[1]), 0)) as Tensor3D;
  const second = matMul(off, off);
  const fourth = matMul(second, second);
  return add(1, pow(sum(square(fourth), [1, 2]), 1 / 8));
}
