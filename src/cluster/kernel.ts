import { fill, tensor, tensor1d, tensor2d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { partsOf, rowsOfCall, type Laid, type Part } from '../core/laid.js';
import { nativeKernel, splitTensor, type NativeKernel } from '../core/native.js';
import { digest, release } from '../core/read.js';
import { goAhead, iterationsOfCall } from './ahead.js';
import { assignByTensors, type Centers, type Statistics } from './lloyd.js';
import { DOWN } from './loops.js';
import {
  advance,
  carry,
  firstMotion,
  groupLimit,
  isFaint,
  noTotals,
  type Motion,
  type Totals,
} from './motion.js';
import type { Algorithm, Passes } from './passes.js';
import type { Problem } from './problem.js';

/**
 * The passes of yinyang.ts by the native kernel (native/kmeans.cc): a batch is one call, which reads the rows where they
 * lie, compares those whose bounds failed and sums up in float64. What rows remember are tensors that it changes in place.
 * This file is registered with the kernel, not imported (`kernelCode`).
 */

/**
 * Of fewer features, what bounds take is more than a quarter of the rows: they have them up to so many rows, as equal rows are
 * one up to so many. Tests set it. Of 50,000 x 16, k = 256, a fit takes 218 ms with bounds and 287 without; x 32, 279 and 495.
 */
export const thinLimit = { features: 36, rows: 2 ** 21 };

/** Bytes that the kernel takes at a time. */
const REGISTER = 16;

/** What a batch of n rows remembers. */
interface Memo {
  /** [n] int32 */
  readonly labels: Tensor;
  readonly weights: Tensor;
  /** From the first pass on: [2], [n] int32, [n, bytes / 4] int32, [n], [n]; the last four are empty without bounds. */
  state?: Record<'range' | 'since' | 'gaps' | 'upper' | 'until', Tensor>;
}

/** What passes share. */
interface Shared {
  readonly motion: Motion;
  /** What `motionTensors` makes of each pass: these grow with the passes. */
  readonly since: Room;
  readonly farthest: Room;
  readonly totals: Totals;
}

/** One restart. */
interface Restart {
  readonly problem: Problem;
  readonly laid: Laid;
  readonly kernel: NativeKernel;
  readonly bounded: boolean;
  readonly memos: Memo[];
  /** From the first pass on. */
  shared?: Shared;
  /** Where `ahead` has left the rows. */
  left?: { centers: Centers; inertia: number };
}

/** The passes of one restart over rows that are laid out for kernels. */
export function kernelPasses(problem: Problem, laid: Laid, k: number, algorithm: Algorithm): Passes {
  const kernel = nativeKernel('LatentKMeansPass')!;
  const { nFeatures: d, nRows } = problem.rows;
  const pays = k * d > groupLimit.products && (d >= thinLimit.features || nRows <= thinLimit.rows);
  const bounded = algorithm !== 'lloyd' && groupLimit.groups > 0 && (algorithm === 'elkan' || pays);
  const memos: Memo[] = [];
  const restart: Restart = { problem, laid, kernel, bounded, memos };
  const most = bounded ? 0 : iterationsOfCall(problem, laid, k);
  return {
    assign: (centers) => assign(restart, centers),
    ahead:
      most === 0
        ? undefined
        : (centers, n, tolerance) => ahead(restart, centers, Math.min(n, most), tolerance),
    known: (centers) => (restart.left?.centers === centers ? restart.left.inertia : undefined),
    labels: () => labelsOf(memos, problem.passRows.nRows),
    dispose: () => {
      for (const { labels, weights, state } of memos) disposeAll({ labels, weights, ...state });
    },
  };
}

/**
 * Half as many groups as tensor operations take: K-means of MNIST, k = 256, is no slower with 32 than with 64 or 96, since the
 * kernel knows how near a row's own centre is when bounds fail. But as many as it takes at a time cost no more than one.
 */
function sharedFor(problem: Problem, k: number): Shared {
  const bytes = Math.max(1, Math.floor(problem.rows.nFeatures / (8 * REGISTER))) * REGISTER;
  const motion = firstMotion(problem, k, bytes);
  const [since, farthest] = [new Room(), new Room()];
  return { motion, since, farthest, totals: noTotals(motion) };
}

/** Numbers for one tensor after the other: V8 is slow to collect typed arrays. */
class Room {
  #all = new Float32Array(0);

  /** n numbers that are set anew; those that were taken before are gone. */
  take(n: number): Float32Array {
    if (n > this.#all.length) {
      release(this.#all);
      this.#all = new Float32Array(2 * n);
    }
    return this.#all.subarray(0, n).fill(0);
  }
}

async function assign(restart: Restart, exact: Centers): Promise<Statistics> {
  const { problem, laid, kernel, bounded, memos } = restart;
  const { motion, totals, ...room } = (restart.shared ??= sharedFor(
    problem,
    exact.length / problem.rows.nFeatures,
  ));
  const { rows, passRows, pace } = problem;
  const { weight } = passRows;
  advance(motion, exact);
  carry(totals, motion);
  // Sums of weights that are no integers need not come back to 0; of how many rows are equal they do.
  const anew = problem.weight !== null || isFaint(totals);
  const moved = motionTensors(motion, room, bounded, anew);
  const take = async ({ x: part, start, end }: Batch<Part>, last: Memo | undefined) => {
    const memo = last ?? remember(end - start, weight?.subarray(start, end));
    memo.state ??= stateOf(motion, bounded, part.first, end - start);
    const data = { x: part.x, shift: laid.shift };
    const changed = await digest(call(kernel, data, moved, memo), (...sums) => add(totals, sums));
    return { statistics: changed, memo };
  };
  try {
    if (anew) clear(totals);
    const parts = partsOf(rows, laid, rowsOfCall(motion.k * motion.d));
    const changed = await fold(parts, take, (a, b) => a + b, memos, pace);
    if (anew) totals.summed = totals.inertia;
    return await statisticsOf(problem, exact, totals, changed);
  } finally {
    disposeAll(moved);
  }
}

/** All rows are one batch then. */
async function ahead(restart: Restart, centers: Centers, most: number, tolerance: number) {
  const { problem, laid, memos, shared } = restart;
  const { nRows, weight } = problem.passRows;
  const memo = (memos[0] ??= remember(nRows, weight ?? undefined));
  if (shared) shared.totals.summed = Infinity; // they are of other labels then
  const far = await goAhead(problem, laid, memo, centers, most, tolerance);
  restart.left = far && far.inertia >= 0 ? { centers: far.step.params, inertia: far.inertia } : undefined;
  return far && far.step;
}

const disposeAll = (tensors: Record<string, Tensor>): void =>
  Object.values(tensors).forEach((tensor) => tensor.dispose());

async function labelsOf(memos: readonly Memo[], n: number): Promise<Int32Array> {
  if (memos.length === 1) return memos[0].labels.data<'int32'>();
  const out = new Int32Array(n);
  let at = 0;
  for (const { labels } of memos) {
    out.set(await labels.data(), at);
    at += labels.size;
  }
  return out;
}

/** Its arrays are those of the totals: good until the next pass. */
async function statisticsOf(
  problem: Problem,
  centers: Centers,
  { counts, sums, inertia }: Totals,
  changed: number,
): Promise<Statistics> {
  const lacking = counts.some((count) => count === 0);
  const far = lacking ? (await assignByTensors(problem, centers, [])).far : [];
  return { counts, sums, inertia, changed, far };
}

const strideOf = (groups: number): number => Math.ceil(groups / REGISTER) * REGISTER;

/** Little is soon copied; TensorFlow takes 15 us to fill a tensor, however small. */
const LITTLE = 2 ** 14;

/** A tensor of one number. */
function filled(shape: number[], value: number, dtype: 'int32' | 'float32'): Tensor {
  const n = shape.reduce((a, b) => a * b, 1);
  if (n > LITTLE) return fill(shape, value, dtype);
  return tensor((dtype === 'int32' ? new Int32Array(n) : new Float32Array(n)).fill(value), shape, dtype);
}

/** What a batch of `n` rows begins with. */
const remember = (n: number, weight: Float64Array | undefined): Memo => ({
  labels: filled([n], -1, 'int32'),
  weights: weight ? splitTensor(weight) : tensor1d([], 'float32'),
});

const stateOf = (motion: Motion, bounded: boolean, first: number, n: number) => ({
  range: tensor1d([first, n], 'int32'),
  ...(bounded ? boundsOf(motion, n) : noBounds()),
});

const boundsOf = ({ groups }: Motion, n: number) => ({
  since: filled([n], 0, 'int32'),
  gaps: filled([n, strideOf(groups.length - 1) / 4], -1, 'int32'), // bytes of 255: no centre of a group that is not there is near
  upper: filled([n], 0, 'float32'),
  until: filled([n], 0, 'float32'),
});

function noBounds() {
  const [since, upper] = [tensor1d([], 'int32'), tensor1d([], 'float32')];
  return { since, gaps: since, upper, until: upper };
}

/** What the kernel asks of the motion: distances a little above what they are. */
function motionTensors(
  motion: Motion,
  room: Pick<Shared, 'since' | 'farthest'>,
  bounded: boolean,
  anew: boolean,
) {
  const { k, d, centers, groups, own, farthest, moved, fastest, levels } = motion;
  const G = groups.length - 1;
  const stride = strideOf(G);
  const since = room.since.take(bounded ? own.length : 0);
  for (let at = 0; at < since.length; at++) since[at] = own[at] / DOWN;
  const wide = room.farthest.take(bounded ? moved.length * stride : 0);
  for (let pass = 0; bounded && pass < moved.length; pass++) {
    for (let g = 0; g < G; g++) wide[pass * stride + g] = farthest[pass * G + g] / DOWN;
  }
  const first = Math.fround(fastest);
  return {
    centers: tensor2d(centers, [k, d]),
    groups: tensor1d(bounded ? groups : new Int32Array(0), 'int32'),
    own: tensor1d(since),
    farthest: tensor1d(wide),
    moved: splitTensor(moved[moved.length - 1]),
    step: tensor1d([moved.length - 1, first, fastest - first, levels.scale, anew ? 1 : 0]),
  };
}

/** One batch: its rows to their nearest centres. */
function call(
  kernel: NativeKernel,
  { x, shift }: { x: Tensor2D; shift: Tensor },
  { centers, groups, own, farthest, moved, step }: ReturnType<typeof motionTensors>,
  { labels, weights, state }: Memo,
): Tensor[] {
  const { range, since, gaps, upper, until } = state!;
  const data = { x, range, shift, weights, centers };
  return kernel({ ...data, labels, since, gaps, upper, until, groups, own, farthest, moved, step });
}

/** Before the batches of a pass that sums up anew. */
function clear(totals: Totals): void {
  totals.counts.fill(0);
  totals.sums.fill(0);
  totals.inertia = 0;
}

/** What the kernel says of a batch; returned is how many rows with weight have a new label. */
function add(totals: Totals, [moments, rest]: Float32Array[]): number {
  const { sums, counts } = totals;
  const k = counts.length;
  for (let at = 0; at < sums.length; at++) sums[at] += moments[at] + moments[sums.length + at];
  const of = (at: number): number => rest[at] + rest[k + 2 + at];
  for (let c = 0; c < k; c++) counts[c] += of(c);
  totals.inertia += of(k);
  return of(k + 1);
}
