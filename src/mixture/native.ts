/**
 * The pass and the M-step as native kernels, where the backend has them (`native/mixture.cc`, `native/refine.cc`): rows stay
 * where they lie, and components that cannot matter to a row are not evaluated. This file is registered with the kernels,
 * not imported (`kernelCode`).
 */
import {
  dispose,
  scalar,
  tensor,
  tensor1d,
  tensor2d,
  tensor3d,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { layOut, partsOf, type Part } from '../core/laid.js';
import { joinDoubles, nativeKernel, splitDoubles } from '../core/native.js';
import { read } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import type { Collapsed, Covariance, Moments } from './covariance.js';
import type { Mixture } from './density.js';
import type { Problem, Responsibilities, Statistics, Winners } from './em.js';
import { logConstantsOf } from './host.js';
import { NATS, screens } from './screen.js';

/** From this many features on the kernels are faster than tensor operations and plain loops. Tests set it. */
export const nativeLimit = { features: 24 };

/** float32 numbers that a pass holds for one row: the row in the frame of its component, and float64 log densities. */
export const nativeWidth = (k: number, d: number): number => d + 32 + 2 * k;

/** [2, n] */
const split = (values: Float64Array): Tensor2D => tensor2d(splitDoubles(values), [2, values.length]);

function joined(both: Float32Array): Float64Array {
  const n = both.length / 2;
  return joinDoubles(both.subarray(0, n), both.subarray(n));
}

/** Where all components are looked at: what is farther below the best than this, float32 cannot hold. */
const WHOLE = 104;

/** The mixture as the kernel takes it: means [K, D], P [K, D, D], log constants [2, K], how many nats count. */
function paramsOf(mixture: Mixture, covariance: Covariance) {
  const { weights, means, precisionsCholesky } = mixture;
  const k = weights.length;
  const d = means.length / k;
  return {
    means: tensor2d(new Float32Array(means), [k, d]),
    factors: tensor3d(new Float32Array(precisionsCholesky), [k, d, d]),
    constants: split(logConstantsOf(mixture, covariance)),
    reach: scalar(screens(k, d) ? NATS : WHOLE),
  };
}

/** Float64 numbers bit by bit, [..., 2]. */
const bits = (values: Float64Array, shape: number[]): Tensor =>
  tensor(new Int32Array(values.buffer, values.byteOffset, 2 * values.length), [...shape, 2], 'int32');

/** P of the next iteration, as `refine` of covariance.ts. */
export function nativeRefine(
  p: Float64Array,
  { counts, first, second }: Moments,
  regCovar: number,
  shares: readonly number[],
): Float64Array | Collapsed {
  const k = counts.length;
  const d = first.length / k;
  const inputs = {
    factors: bits(p, [k, d, d]),
    counts: bits(counts, [k]),
    first: bits(first, [k, d]),
    second: bits(second, [k, d, d]),
    regCovar: bits(Float64Array.of(regCovar), []),
    shares: bits(Float64Array.from(shares), [shares.length]),
  };
  const outputs: Tensor[] = [];
  try {
    outputs.push(...nativeKernel('LatentMixtureRefine')!(inputs));
  } finally {
    dispose(inputs);
  }
  const [next, whole] = outputs.map((output) => output.dataSync<'int32'>());
  dispose(outputs);
  const collapsed = whole.indexOf(0);
  return collapsed < 0 ? new Float64Array(next.buffer, next.byteOffset, next.length / 2) : { collapsed };
}

/** Rows of a tensor that a call takes at most: it takes a frame of a page, 16 ms, where features are many. */
const AT_ONCE = 16384;

/** Parts of one length, so that no last one is short. */
const rowsOfCall = ({ nRows, batchRows, tensor }: Rows): number =>
  tensor ? Math.ceil(nRows / Math.ceil(nRows / AT_ONCE)) : batchRows;

/** What batches add up to, as the kernel has it. */
interface Sums {
  /** [K + 1] Σ r of each component, then the log-likelihood */
  readonly totals: Float64Array;
  /** [K * (D + 1)(D + 2) / 2] Σ z zᵀ with z = √r (y, 1), on and below the diagonal, row by row; float32 of one batch */
  readonly products: Float32Array | Float64Array;
}

/** Adds `b` into `a`, of float64; of the first batch that is a copy. */
function plus(a: Float32Array | Float64Array, b: Float32Array | Float64Array): Float64Array {
  const sum = a instanceof Float64Array ? a : new Float64Array(a);
  for (let i = 0; i < sum.length; i++) sum[i] += b[i];
  return sum;
}

const merge = (a: Sums, b: Sums): Sums => ({
  totals: plus(a.totals, b.totals),
  products: plus(a.products, b.products),
});

function statisticsOf({ totals, products }: Sums, d: number): Statistics {
  const k = totals.length - 1;
  const first = new Float64Array(k * d);
  const second = new Float64Array(k * d * d); // its lower triangles: nobody reads the others
  for (let c = 0, at = 0; c < k; c++, at += d + 1) {
    for (let i = 0; i < d; i++, at += i) second.set(products.subarray(at, at + i + 1), (c * d + i) * d);
    first.set(products.subarray(at, at + d), c * d);
  }
  return { logLikelihood: totals[k], counts: totals.slice(0, k), first, second };
}

/** As `pass` of em.ts. */
export async function nativePass(
  { rows, weight, covariance, pace }: Problem,
  mixture: Mixture,
  winners: Winners,
  given?: Responsibilities,
): Promise<Statistics> {
  const params = paramsOf(mixture, covariance);
  const laid = layOut(rows, 0);
  const kernel = nativeKernel('LatentMixturePass')!;
  const accumulate = async ({ x: part, start, end }: Batch<Part>, last?: Int32Array | null) => {
    const own: Record<string, Tensor> = {
      range: tensor1d([part.first, end - start], 'int32'),
      last: tensor1d(last ?? [], 'int32'),
      weights: weight ? split(weight.subarray(start, end)) : tensor1d([]),
      given: given ? tidy(() => given(start, end)) : tensor1d([]),
    };
    try {
      const { range, ...rest } = own;
      const { reach, ...mixture } = params;
      const outputs = kernel({ x: part.x, range, origin: laid.shift, ...mixture, ...rest, reach });
      const [totals, products, memo] = await read(outputs);
      const statistics = { totals: joined(totals), products };
      return { statistics, memo: memo as unknown as Int32Array };
    } finally {
      dispose(own);
    }
  };
  try {
    const parts = partsOf(rows, laid, rowsOfCall(rows));
    return statisticsOf(await fold(parts, accumulate, merge, winners, pace), rows.nFeatures);
  } finally {
    laid.dispose();
    dispose(params);
  }
}
