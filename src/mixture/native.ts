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
import { read, release } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { COVARIANCES, sharesOf } from './covariance.js';
import { LOG_2PI, type Factor, type Kept, type State } from './density.js';
import type { Found, Native as Work, Problem, Responsibilities, Step } from './em.js';
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
  readonly factors: Factors;
  /**
   * [K, (D + 1)(D + 2) / 2, 2] Float64 as they lie in memory, each in the place of two float32, of the last pass: Σ z zᵀ with
   * z = √r (y, 1), on and below the diagonal, row by row. Batches are added to it, and the M-step reads it, where it lies.
   */
  readonly sums: Tensor;
}

/** They, and the kernels. */
export interface Native extends Work, Kernels {}

/** Yours to free. */
export function nativeOf(rows: Rows, k: number): Native {
  const d = rows.nFeatures;
  const laid = layOut(rows, 0);
  const factors = new Factors(k, d);
  const sums = fill([k, ((d + 1) * (d + 2)) / 2, 2], 0);
  const dispose = () => [laid, factors, sums].forEach((each) => each.dispose());
  return { laid, factors, sums, pass: nativePass, step: nativeStep, dispose };
}

/** Numbers that go in or out at a time. */
const MOVED = 2 ** 16;

/** P of k components as the kernels keep it, packed: it is nowhere else while they iterate. Yours to free. */
export class Factors {
  /** [K, ..] */
  readonly packed: Tensor;

  constructor(
    readonly k: number,
    readonly d: number,
  ) {
    this.packed = tidy(() => this.#run(tensor1d([]), tensor1d([]), 0, 0));
  }

  /** @param p [K * D * D] */
  write(p: Float64Array | Float32Array): void {
    this.#each((first, m, begin, end) => {
      const part = Float32Array.from(p.subarray(begin, end));
      this.#run(tensor3d(part, [m, this.d, this.d]), this.packed, first, m);
      return part;
    });
  }

  /** [K * D * D] */
  read(): Float32Array {
    const p = new Float32Array(this.k * this.d ** 2);
    this.#each((first, m, begin) => {
      const part = this.#run(tensor1d([]), this.packed, first, m).dataSync<'float32'>();
      p.set(part, begin);
      return part;
    });
    return p;
  }

  dispose(): void {
    this.packed.dispose();
  }

  /** @param f of components `first` to `first + m`; what it returns is given back */
  #each(f: (first: number, m: number, begin: number, end: number) => Float32Array): void {
    const size = this.d ** 2;
    const most = Math.max(1, Math.floor(MOVED / size));
    for (let first = 0; first < this.k; first += most) {
      const m = Math.min(most, this.k - first);
      let part: Float32Array;
      tidy(() => void (part = f(first, m, first * size, (first + m) * size)));
      release(part!);
    }
  }

  #run(x: Tensor, factors: Tensor, first: number, m: number): Tensor {
    const range = tensor1d([this.k, this.d, first, m], 'int32');
    return nativeKernel('LatentMixtureFactors')!({ x, factors, range })[0];
  }
}

/** P of a start, which is gone: here it is packed. */
function taken(factors: Factors, p: Factor): Kept {
  const logDets = Float64Array.from({ length: factors.k }, (_, c) =>
    COVARIANCES.full.hostLogDet(p, c, factors.d),
  );
  factors.write(p);
  release(p);
  return kept(factors, logDets);
}

const kept = (factors: Factors, logDets: Float64Array): Kept => ({ logDets, read: () => factors.read() });

/** float32 numbers that a pass holds for one row: the row in the frame of its component, and float64 log densities. */
export const nativeWidth = (k: number, d: number): number => d + 32 + 2 * k;

/** The mixture as the kernel takes it besides P: means [K, D], log constants [2, K], how many nats count. */
function paramsOf({ weights, means, precisionsCholesky: p }: State, factors: Factors) {
  const { k, d } = factors;
  const { logDets } = 'read' in p ? p : taken(factors, p);
  const constants = weights.map((w, c) => Math.log(w) + logDets[c] - (d / 2) * LOG_2PI);
  return {
    means: tensor2d(new Float32Array(means), [k, d]),
    constants: splitTensor(constants),
    reach: scalar(screens(k, d) ? NATS : WHOLE),
  };
}

const nativeStep = ({ factors, sums }: Native, _: State, { counts }: Found, regCovar: number): Step =>
  refine(factors, counts, sums, regCovar, sharesOf(regCovar, true));

/**
 * The M-step of one covariance each, or of the one that all share.
 *
 * @param factors of the pass: the next ones then
 * @param counts [K], or [1]
 * @param sums [K, (D + 1)(D + 2) / 2, 2], or [1, ..] of the one, as `Kernels` says
 * @param shares as `sharesOf` says
 */
export function refine(
  factors: Factors,
  counts: Float64Array,
  sums: Tensor,
  regCovar: number,
  shares: readonly number[],
): Step {
  const kernel = nativeKernel('LatentMixtureRefine')!;
  const outputs = tidy(() =>
    kernel({
      factors: factors.packed,
      range: tensor1d([factors.d], 'int32'),
      counts: splitTensor(counts),
      sums,
      regCovar: splitTensor(Float64Array.of(regCovar)),
      shares: splitTensor(Float64Array.from(shares)),
    }),
  );
  const [moves, logDets, largest] = outputs.map((output) => output.dataSync<'float32'>());
  dispose(outputs);
  const collapsed = largest.findIndex(Number.isNaN);
  const next = collapsed < 0 ? kept(factors, joinHalves(logDets)) : { collapsed };
  return { moves: joinHalves(moves), next, largest };
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
  { rows, weight, pace }: Problem,
  { laid, factors, sums }: Native,
  mixture: State,
  memos: Memo[],
  given?: Responsibilities,
): Promise<Found> {
  const pass = nativeKernel('LatentMixturePass')!;
  const params = paramsOf(mixture, factors);
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
      const { means, constants } = mixture;
      return pass({
        ...data,
        means,
        factors: factors.packed,
        constants,
        weights,
        given: r,
        reach,
        last,
        sums,
      });
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
