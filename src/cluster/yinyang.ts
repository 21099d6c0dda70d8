import {
  gather,
  getBackend,
  matMul,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fold, type Batched } from '../core/iterate.js';
import { read } from '../core/read.js';
import { encode } from './levels.js';
import {
  aboutOwn,
  allLabels,
  assignByTensors,
  merge,
  type Centers,
  type Memo,
  type Statistics,
} from './lloyd.js';
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
import type { Passes } from './passes.js';
import { rowsOfChunk, type Problem } from './problem.js';

/**
 * Lloyd's iteration by tensor operations on the rows whose label may have changed.
 *
 * Centres are in groups. A row remembers the pass in which it was last compared with all centres, and for each group a
 * lower bound of how much farther than its own centre the others then were. It stays until its own centre and the farthest
 * of a group have moved that much. Only the other rows are gathered and multiplied with the centres; inertia and sums
 * change by what the moves of centres do to them (the parallel axis theorem) and by the rows that have a new label, in
 * float64 on the host.
 *
 * Y. Ding et al., Yinyang K-means, ICML 2015, with one group a centre where they are few (then as C. Elkan, ICML 2003).
 * One fast centre spoils the bounds of its whole group, so groups are many and bounds a byte each: of MNIST with k = 256
 * the rows compared were 16 times all rows in 84 passes, 14 times with exact bounds for each centre, 53 times with 32
 * groups.
 */

/** Whether passes have bounds: a shader would be compiled again for each number of rows. */
export const hasBounds = (): boolean => groupLimit.groups > 0 && !/^web(gl|gpu)$/.test(getBackend());

/** Squared distances by products are off by up to this much of |x|² + |c|². */
const ROUNDING = 2e-6;

/** Rows of a batch: what is remembered of them are a few arrays. */
const BATCH = 2 ** 16;

/** Rows that are summed up in float32 at a time: wasm adds one after the other. */
const SUMMED = 2048;

/** Where more of the rows are to be compared, all are: nothing is gathered then. */
const MOST = 0.6;

/** What a batch remembers. */
interface Bounded extends Memo, Totals {
  /** [n] The pass in which the row was compared with all centres. */
  readonly since: Int32Array;
  /** [n * G] How much farther than its own centre the others of a group then were, as the numbers of levels. */
  readonly gaps: Uint8Array;
  /** [n] How far the row's centre and the fastest one may have moved in all before its bounds need be looked at. */
  readonly until: Float32Array;
}

/** The passes of one restart. */
export function boundedPasses(problem: Problem, k: number): Passes {
  const { rows, pace } = problem;
  const motion = firstMotion(problem, k);
  const lazily: Batched<{ dispose(): void }> = {
    nRows: rows.nRows,
    batchRows: BATCH,
    batch: () => ({ dispose: () => undefined }),
  };
  const memos: Bounded[] = [];
  /** Every row to its nearest centre. */
  const assign = async (exact: Centers): Promise<Statistics> => {
    advance(motion, exact);
    const centers = tensor2d(Float32Array.from(exact), [k, rows.nFeatures]);
    const take = ({ start, end }: { start: number; end: number }, memo?: Bounded) =>
      accumulate(problem, motion, centers, start, end, memo);
    try {
      const statistics = await fold(lazily, take, merge, memos, pace);
      if (statistics.counts.every((count) => count > 0)) return statistics;
      const { far } = await assignByTensors(problem, exact, []);
      return { ...statistics, far };
    } finally {
      centers.dispose();
    }
  };
  return { assign, labels: () => Promise.resolve(allLabels(memos, rows.nRows)), dispose: () => undefined };
}

async function accumulate(
  problem: Problem,
  motion: Motion,
  centers: Tensor2D,
  start: number,
  end: number,
  last: Bounded | undefined,
): Promise<{ statistics: Statistics; memo: Bounded }> {
  const w = problem.weight?.subarray(start, end) ?? null;
  const memo = last ?? fresh(end - start, motion);
  if (last) carry(memo, motion);
  const failed = failing(memo, motion);
  const changed = await compare(problem, motion, centers, start, failed, memo, w);
  if (isFaint(memo)) await sumUp(problem, centers, start, memo, w);
  memo.counts = countsOf(memo.labels, w, motion.k);
  const { sums, counts, inertia } = memo;
  return { statistics: { counts, sums: sums.slice(), inertia, changed, far: [] }, memo };
}

const fresh = (n: number, motion: Motion): Bounded => ({
  labels: new Int32Array(n).fill(-1),
  since: new Int32Array(n),
  gaps: new Uint8Array(n * (motion.groups.length - 1)),
  until: new Float32Array(n),
  ...noTotals(motion),
});

function countsOf(labels: Int32Array, w: Float64Array | null, k: number): Float64Array {
  const counts = new Float64Array(k);
  for (let i = 0; i < labels.length; i++) counts[labels[i]] += w ? w[i] : 1;
  return counts;
}

/** Rows whose bounds do not show that they stay; all rows, where those are most. */
function failing(memo: Bounded, { k, groups, levels, moved, fastest, own, farthest }: Motion): Int32Array {
  const { labels, since, gaps, until } = memo;
  const n = labels.length;
  const G = groups.length - 1;
  const { values } = levels;
  const now = moved[moved.length - 1];
  const failed = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    const total = label < 0 ? Infinity : now[label] + fastest;
    if (total < until[i]) continue;
    const before = since[i] * G;
    let least = Infinity;
    for (let g = 0, at = i * G; g < G && least > 0; g++, at++) {
      const rest = values[gaps[at]] - farthest[before + g];
      if (rest < least) least = rest;
    }
    least -= label < 0 ? Infinity : own[since[i] * k + label];
    if (least > 0) until[i] = (total + least) * DOWN;
    else failed[count++] = i;
  }
  if (count <= MOST * n) return failed.subarray(0, count);
  for (let i = 0; i < n; i++) failed[i] = i;
  return failed;
}

/** A row and the labels that it had and has. */
interface Moved {
  /** Where it is among those that are compared together. */
  readonly at: number;
  readonly row: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Compares rows of a batch with all centres; sums and inertia follow those that had a label.
 *
 * @returns how many rows with weight have a new label
 */
async function compare(
  { rows, norms, pace }: Problem,
  motion: Motion,
  centers: Tensor2D,
  first: number,
  failed: Int32Array,
  memo: Bounded,
  w: Float64Array | null,
): Promise<number> {
  const all = failed.length === memo.labels.length;
  const norm = (await norms()).subarray(first, first + memo.labels.length);
  const step = all ? rowsOfChunk(rows, motion.k) : rowsOfChunk({ ...rows, inPlace: false }, motion.k);
  const points = tidy(() => transpose(centers));
  let changed = 0;
  try {
    for (let start = 0; start < failed.length; start += step) {
      const some = failed.subarray(start, start + step);
      const x = all
        ? rows.batch(first + start, first + start + some.length)
        : rows.pick(some.map((i) => first + i));
      try {
        const [products] = await read([matMul(x, points)]);
        const moved = relabel(memo, motion, norm, some, products).filter(({ row }) => !w || w[row] > 0);
        changed += moved.length;
        await moveRows(memo, motion, x, moved.filter(({ from }) => from >= 0), w); // prettier-ignore
      } finally {
        x.dispose();
      }
      await pace();
    }
  } finally {
    points.dispose();
  }
  return changed;
}

/** Labels and bounds of some rows, from their products with the centres. */
function relabel(
  { labels, since, gaps, until }: Bounded,
  { k, groups, levels, moved: passes, norms: centerNorms }: Motion,
  norms: Float32Array,
  rows: Int32Array,
  products: Float32Array,
): Moved[] {
  const G = groups.length - 1;
  const pass = passes.length - 1;
  const largest = centerNorms.reduce((a, b) => Math.max(a, b), 0);
  const least = new Float64Array(G);
  const all: Moved[] = [];
  for (let at = 0; at < rows.length; at++) {
    const i = rows[at];
    let nearest = 0;
    let group = 0;
    let best = Infinity;
    let next = Infinity;
    for (let g = 0, c = 0; g < G; g++) {
      let first = Infinity;
      let second = Infinity;
      let which = 0;
      for (const end = groups[g + 1]; c < end; c++) {
        const distance = centerNorms[c] - 2 * products[at * k + c];
        if (distance < first) {
          second = first;
          first = distance;
          which = c;
        } else if (distance < second) second = distance;
      }
      least[g] = first;
      if (first < best) {
        best = first;
        next = second;
        nearest = which;
        group = g;
      }
    }
    least[group] = next;
    const slack = ROUNDING * (norms[i] + largest);
    const upper = Math.sqrt(Math.max(0, norms[i] + best + slack)) / DOWN;
    for (let g = 0; g < G; g++) {
      const lower = DOWN * Math.sqrt(Math.max(0, norms[i] + least[g] - slack));
      gaps[i * G + g] = encode(levels, lower - upper);
    }
    since[i] = pass;
    until[i] = 0;
    if (labels[i] !== nearest) all.push({ at, row: i, from: labels[i], to: nearest });
    labels[i] = nearest;
  }
  return all;
}

/** Sums and inertia of a batch's labels. */
async function sumUp(
  { rows, pace }: Problem,
  centers: Tensor2D,
  first: number,
  memo: Bounded,
  w: Float64Array | null,
): Promise<void> {
  const { labels, sums } = memo;
  const step = Math.min(SUMMED, rowsOfChunk({ ...rows, inPlace: false }, 1));
  sums.fill(0);
  memo.inertia = 0;
  for (let start = 0; start < labels.length; start += step) {
    const end = Math.min(labels.length, start + step);
    const [distances, some] = await read(
      tidy(() => {
        const own = tensor1d(labels.subarray(start, end), 'int32');
        return aboutOwn(rows.batch(first + start, first + end), centers, own, w && w.subarray(start, end));
      }),
    );
    for (let at = 0; at < sums.length; at++) sums[at] += some[at];
    for (let i = start; i < end; i++) memo.inertia += (w ? w[i] : 1) * distances[i - start];
    await pace();
  }
  memo.summed = memo.inertia;
}

/** What rows with a new label do to sums and inertia. */
async function moveRows(
  memo: Bounded,
  { centers, d }: Motion,
  x: Tensor2D,
  moved: Moved[],
  w: Float64Array | null,
): Promise<void> {
  const { sums } = memo;
  if (moved.length === 0) return;
  const which = Int32Array.from(moved, ({ at }) => at);
  const [values] = await read([tidy(() => gather(x, tensor1d(which, 'int32')))]);
  let inertia = 0;
  for (let m = 0; m < moved.length; m++) {
    const { row, from, to } = moved[m];
    const weight = w ? w[row] : 1;
    for (let j = 0, a = from * d, b = to * d; j < d; j++, a++, b++) {
      const value = values[m * d + j];
      const away = value - centers[a];
      const here = value - centers[b];
      sums[a] -= weight * away;
      sums[b] += weight * here;
      inertia += weight * (here * here - away * away);
    }
  }
  memo.inertia += inertia;
}
