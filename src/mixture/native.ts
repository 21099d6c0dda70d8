/**
 * The pass and the M-step as native kernels, where the backend has them (`native/mixture.cc`, `native/refine.cc`): rows stay
 * where they lie, and components that cannot matter to a row are not evaluated. This file is registered with the kernels,
 * not imported (`kernelCode`).
 */
import {
  dispose,
  fill,
  getBackend,
  scalar,
  tensor1d,
  tensor2d,
  tensor3d,
  tidy,
  type Tensor,
  type Tensor1D,
} from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { layOut, partsOf, rowsOfCall, type Laid, type Part } from '../core/laid.js';
import { joinHalves, nativeKernel, splitTensor } from '../core/native.js';
import { read } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { sharesOf, type Collapsed, type Covariance } from './covariance.js';
import type { State } from './density.js';
import type { Found, Native as Work, Problem, Responsibilities, Step } from './em.js';
import { logConstantsOf } from './host.js';
import { NATS, screens, WHOLE } from './screen.js';

/**
 * Up to how many features a pass computes all components of all rows side by side, and remembers nothing of them
 * (native/few.h); on wasm, whose vectors are short, two thirds as many. Tests set it. Of 20,000 x 100, k = 16, that takes 26 to
 * 45 ms where the other pass takes 21 to 146, as more components have a share of a row; of 128 features 52 to 76, and 24 to 162.
 */
export const fewLimit = { features: 96 };

const isFew = (d: number): boolean =>
  d <= (getBackend() === 'wasm' ? (2 / 3) * fewLimit.features : fewLimit.features);

/** What the kernels of one fit work with. */
interface Kernels {
  readonly laid: Laid;
  /**
   * [2, K, (D + 1)(D + 2) / 2] Float64 in two parts, of the last pass: Σ z zᵀ with z = √r (y, 1), on and below the diagonal,
   * row by row. Batches are added to it, and the M-step reads it, where it lies.
   */
  readonly sums: Tensor;
}

/** They, and the kernels. */
export interface Native extends Work, Kernels {}

/** Yours to free. */
export function nativeOf(rows: Rows, k: number): Native {
  const d = rows.nFeatures;
  const laid = layOut(rows, 0);
  const sums = fill([2, k, ((d + 1) * (d + 2)) / 2], 0);
  const dispose = () => [laid, sums].forEach((each) => each.dispose());
  return { laid, sums, pass: nativePass, step: nativeStep, dispose };
}

/** float32 numbers that a pass holds for one row: the row in the frame of its component, and float64 log densities. */
export const nativeWidth = (k: number, d: number): number => d + 32 + 2 * k;

/** P as [K, D, D], or the one that all share as [1, D, D]. */
const factorsOf = ({ weights, means, precisionsCholesky: p }: State): Tensor => {
  const d = means.length / weights.length;
  return tensor3d(p instanceof Float32Array ? p : new Float32Array(p), [p.length / d ** 2, d, d]);
};

/** The mixture as the kernel takes it: means [K, D], P [K, D, D], log constants [2, K], how many nats count. */
function paramsOf(mixture: State, covariance: Covariance) {
  const { weights, means } = mixture;
  const k = weights.length;
  const d = means.length / k;
  return {
    means: tensor2d(new Float32Array(means), [k, d]),
    factors: factorsOf(mixture),
    constants: splitTensor(logConstantsOf(mixture, covariance)),
    reach: scalar(screens(k, d) ? NATS : WHOLE),
  };
}

function nativeStep({ sums }: Native, mixture: State, { counts }: Found, regCovar: number): Step {
  const { next, moves } = refine(mixture, counts, sums, regCovar, sharesOf(regCovar, true));
  return { next, moves: joinHalves(moves) };
}

/**
 * The next P of one covariance each, or of the one that all share.
 *
 * @param counts [K], or [1]
 * @param sums [2, K, (D + 1)(D + 2) / 2] float64 in two parts, or [2, ..] of the one
 * @param shares as `sharesOf` says
 * @returns `moves` [2, K, D] float64 in two parts
 */
export function refine(
  mixture: State,
  counts: Float64Array,
  sums: Tensor,
  regCovar: number,
  shares: readonly number[],
): { next: Float32Array | Collapsed; moves: Float32Array } {
  const kernel = nativeKernel('LatentMixtureRefine')!;
  const outputs = tidy(() =>
    kernel({
      factors: factorsOf(mixture),
      counts: splitTensor(counts),
      sums,
      regCovar: splitTensor(Float64Array.of(regCovar)),
      shares: splitTensor(Float64Array.from(shares)),
    }),
  );
  const [next, moves, whole] = outputs.map((output) => output.dataSync());
  dispose(outputs);
  const collapsed = whole.indexOf(0);
  return { next: collapsed < 0 ? (next as Float32Array) : { collapsed }, moves: moves as Float32Array };
}

/** Rows of a tensor that a call takes at most: it takes a frame of a page, 16 ms, where features are many. */
const AT_ONCE = 16384;

/** Parts of one length, so that no last one is short. */
function rowsAtOnce({ nRows, nFeatures: d, batchRows, tensor }: Rows, k: number): number {
  if (!tensor) return batchRows;
  const most = isFew(d) ? rowsOfCall(k * (2 * d * d + 64)) : AT_ONCE;
  return Math.ceil(nRows / Math.ceil(nRows / most));
}

/** What a batch of n rows remembers. */
export interface Memo {
  /** [n] int32: who won each row, -1 before the first pass. The kernel changes it in place. */
  readonly last: Tensor1D;
  /** [2, n], or [0]: all 1 */
  readonly weights: Tensor;
  dispose(): void;
}

function remember(n: number, weight: Float64Array | undefined): Memo {
  const last: Tensor1D = fill([n], -1, 'int32');
  const weights = weight ? splitTensor(weight) : tensor1d([]);
  return { last, weights, dispose: () => dispose([last, weights]) };
}

const plus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, at) => value + b[at]);

/** With `given`, nobody wins and nothing is remembered. */
async function nativePass(
  { rows, weight, covariance, pace }: Problem,
  { laid, sums }: Native,
  mixture: State,
  memos: Memo[],
  given?: Responsibilities,
): Promise<Found> {
  const pass = nativeKernel('LatentMixturePass')!;
  const params = paramsOf(mixture, covariance);
  const kept = given ? [] : memos;
  const few = isFew(rows.nFeatures);
  const accumulate = async ({ x: part, start, end }: Batch<Part>, before?: Memo) => {
    const memo = before ?? remember(given || few ? 0 : end - start, weight?.subarray(start, end));
    const outputs = tidy(() => {
      const { reach, ...mixture } = params;
      const range = tensor1d([part.first, end - start, Number(start === 0), Number(few)], 'int32');
      const r = given ? given(start, end) : tensor1d([]);
      const { last, weights } = memo;
      const data = { x: part.x, range, origin: laid.shift };
      return pass({ ...data, ...mixture, weights, given: r, reach, last, sums });
    });
    const [totals] = await read(outputs);
    return { statistics: joinHalves(totals), memo }; // [K + 1]: counts, the log-likelihood
  };
  try {
    const totals = await fold(
      partsOf(rows, laid, rowsAtOnce(rows, mixture.weights.length)),
      accumulate,
      plus,
      kept,
      pace,
    );
    const k = totals.length - 1;
    return { logLikelihood: totals[k], counts: totals.subarray(0, k) };
  } finally {
    dispose(params);
    if (given) kept.forEach((memo) => memo.dispose());
  }
}
