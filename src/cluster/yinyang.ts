import {
  gather,
  getBackend,
  matMul,
  square,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fold, type Batched } from '../core/iterate.js';
import { read } from '../core/rows.js';
import { assignByTensors, merge, type Centers, type Memo, type Statistics } from './lloyd.js';
import { DOWN, halfWays, squaredDistance } from './loops.js';
import type { Problem } from './problem.js';

/**
 * Lloyd's iteration by tensor operations on the rows whose label may have changed.
 *
 * Centres are in groups. A row remembers an upper bound of the distance to its own centre, which rises by that one's
 * moves, and for each group a lower bound of the distance to its others, which falls by the farthest move in the group.
 * Only rows whose bounds meet are gathered and multiplied with the centres; inertia and sums change by what the moves of
 * centres do to them (the parallel axis theorem) and by the rows that have a new label, in float64 on the host.
 *
 * Y. Ding et al., Yinyang K-means, ICML 2015, with one group a centre where they are few (then as C. Elkan, ICML 2003).
 */

/**
 * Groups of centres, at most; and a row's bounds take at most an eighth of what its features take. Tests set
 * `groups`; 0: no bounds.
 */
export const groupLimit = { groups: 32 };

/** Whether passes have bounds: a shader would be compiled again for each number of rows. */
export const hasBounds = (): boolean => groupLimit.groups > 0 && !/^web(gl|gpu)$/.test(getBackend());

/** Squared distances by products are off by up to this much of |x|² + |c|². */
const ROUNDING = 2e-6;

/** What a batch remembers, about the centres of the pass before. */
interface Bounded extends Memo {
  /** [n] |x|² */
  readonly norms: Float32Array;
  /** [n] Upper bound, less how far the row's centre had moved in all by then. */
  readonly upper: Float32Array;
  /** [n * G] Lower bound, plus how far its group had moved in all by then. */
  readonly lower: Float32Array;
  /** [K * D] Σ w (x - c) */
  readonly sums: Float64Array;
  inertia: number;
}

/** What all batches of a restart share. */
interface Motion {
  readonly k: number;
  readonly d: number;
  readonly groups: number;
  /** [K * D] Of this pass, as float32 sees them; and by how much they have moved since the last one. */
  readonly centers: Float64Array;
  readonly moves: Float64Array;
  /** [K], [G] How far centres have moved in all, and the farthest of each group in each pass. */
  readonly moved: Float64Array;
  readonly groupMoved: Float64Array;
  /** [K] Half of the distance to the nearest other centre. */
  readonly half: Float64Array;
  /** [K] |c|² */
  readonly norms: Float64Array;
}

const groupOf = (c: number, k: number, groups: number): number => Math.floor((c * groups) / k);

function firstMotion(k: number, d: number): Motion {
  const groups = Math.max(1, Math.min(k, groupLimit.groups, Math.floor(d / 8)));
  const [centers, moves] = [new Float64Array(k * d), new Float64Array(k * d)];
  const [moved, half, norms] = [new Float64Array(k), new Float64Array(k), new Float64Array(k)];
  return { k, d, groups, centers, moves, moved, groupMoved: new Float64Array(groups), half, norms };
}

/** Moves the centres to where this pass has them. */
function advance(motion: Motion, exact: Centers): void {
  const { k, d, groups, centers, moves, moved, groupMoved, half, norms } = motion;
  const farthest = new Float64Array(groups);
  for (let at = 0; at < k * d; at++) {
    const center = Math.fround(exact[at]);
    moves[at] = center - centers[at];
    centers[at] = center;
  }
  const zero = new Float64Array(d);
  for (let c = 0; c < k; c++) {
    const move = Math.sqrt(squaredDistance(moves, c, zero, 0, d)) / DOWN;
    const group = groupOf(c, k, groups);
    moved[c] += move;
    farthest[group] = Math.max(farthest[group], move);
    norms[c] = squaredDistance(centers, c, zero, 0, d);
  }
  farthest.forEach((move, group) => (groupMoved[group] += move));
  halfWays(centers, d, half);
}

/** The passes of one restart. */
export function boundedPasses(problem: Problem, k: number) {
  const { rows, pace } = problem;
  const motion = firstMotion(k, rows.nFeatures);
  const lazily: Batched<{ dispose(): void }> = {
    nRows: rows.nRows,
    batchRows: rows.batchRows,
    batch: () => ({ dispose: () => undefined }),
  };
  const memos: Bounded[] = [];
  /** Every row to its nearest centre. */
  const assign = async (centers: Centers): Promise<Statistics> => {
    advance(motion, centers);
    const points = tidy(() => transpose(tensor2d(Float32Array.from(centers), [k, rows.nFeatures])));
    const take = ({ start, end }: { start: number; end: number }, memo?: Bounded) =>
      accumulate(problem, motion, points, start, end, memo);
    try {
      const statistics = await fold(lazily, take, merge, memos, pace);
      if (statistics.counts.every((count) => count > 0)) return statistics;
      const { far } = await assignByTensors(problem, centers, []);
      return { ...statistics, far };
    } finally {
      points.dispose();
    }
  };
  return { assign, memos };
}

async function accumulate(
  problem: Problem,
  motion: Motion,
  points: Tensor2D,
  start: number,
  end: number,
  last: Bounded | undefined,
): Promise<{ statistics: Statistics; memo: Bounded }> {
  const { rows, weight } = problem;
  const { k, d, moves } = motion;
  const w = weight?.subarray(start, end) ?? null;
  const n = end - start;
  const memo = last ?? fresh(n, motion);
  if (last) carry(memo, countsOf(memo.labels, w, k), moves, d);
  const failed = last ? failing(memo, motion) : Int32Array.from({ length: n }, (_, i) => i);
  let changed = 0;
  if (failed.length > 0) {
    const x = failed.length === n ? rows.batch(start, end) : rows.pick(failed.map((i) => start + i));
    try {
      if (!last) memo.norms.set((await read([tidy(() => sum(square(x), 1))]))[0]);
      const [products] = await read([matMul(x, points)]);
      const moved = relabel(memo, motion, failed, products).filter(({ row }) => !w || w[row] > 0);
      await moveRows(memo, motion, x, moved, w);
      changed = moved.length;
    } finally {
      x.dispose();
    }
  }
  const { sums, inertia } = memo;
  const counts = countsOf(memo.labels, w, k);
  return { statistics: { counts, sums: sums.slice(), inertia, changed, far: [] }, memo };
}

const fresh = (n: number, { k, d, groups }: Motion): Bounded => ({
  labels: new Int32Array(n).fill(-1),
  norms: new Float32Array(n),
  upper: new Float32Array(n),
  lower: new Float32Array(n * groups),
  sums: new Float64Array(k * d),
  inertia: 0,
});

function countsOf(labels: Int32Array, w: Float64Array | null, k: number): Float64Array {
  const counts = new Float64Array(k);
  for (let i = 0; i < labels.length; i++) if (labels[i] >= 0) counts[labels[i]] += w ? w[i] : 1;
  return counts;
}

/** The same labels about moved centres. */
function carry(memo: Bounded, counts: Float64Array, moves: Float64Array, d: number): void {
  const { sums } = memo;
  for (let c = 0; c < counts.length; c++) {
    for (let at = c * d; at < (c + 1) * d; at++) {
      const move = moves[at];
      memo.inertia += move * (counts[c] * move - 2 * sums[at]);
      sums[at] = counts[c] === 0 ? 0 : sums[at] - counts[c] * move;
    }
  }
}

/** Rows whose bounds do not show that they stay. */
function failing({ labels, upper, lower }: Bounded, { groups, moved, groupMoved, half }: Motion): Int32Array {
  const failed = new Int32Array(labels.length);
  let count = 0;
  for (let i = 0; i < labels.length; i++) {
    const own = upper[i] + moved[labels[i]];
    if (own < half[labels[i]]) continue;
    for (let g = 0; g < groups; g++) {
      if (own < lower[i * groups + g] - groupMoved[g]) continue;
      failed[count++] = i;
      break;
    }
  }
  return failed.subarray(0, count);
}

/** A row and the labels that it had and has. */
interface Moved {
  /** Where it is among the failed ones. */
  readonly at: number;
  readonly row: number;
  /** -1: none. */
  readonly from: number;
  readonly to: number;
}

/** Labels and bounds of the failed rows, from their products with the centres. */
function relabel(memo: Bounded, motion: Motion, failed: Int32Array, products: Float32Array): Moved[] {
  const { labels, norms, upper, lower } = memo;
  const { k, groups, moved, groupMoved } = motion;
  const largest = motion.norms.reduce((a, b) => Math.max(a, b), 0);
  const first = new Float64Array(groups);
  const second = new Float64Array(groups);
  const all: Moved[] = [];
  const group = Int32Array.from({ length: k }, (_, c) => groupOf(c, k, groups));
  for (let at = 0; at < failed.length; at++) {
    const i = failed[at];
    let nearest = 0;
    let best = Infinity;
    first.fill(Infinity);
    second.fill(Infinity);
    for (let c = 0; c < k; c++) {
      const distance = motion.norms[c] - 2 * products[at * k + c];
      const g = group[c];
      if (distance < first[g]) {
        second[g] = first[g];
        first[g] = distance;
        if (distance < best) {
          best = distance;
          nearest = c;
        }
      } else if (distance < second[g]) second[g] = distance;
    }
    const slack = ROUNDING * (norms[i] + largest);
    upper[i] = Math.sqrt(Math.max(0, norms[i] + best + slack)) / DOWN - moved[nearest];
    for (let g = 0; g < groups; g++) {
      const other = g === group[nearest] ? second[g] : first[g];
      lower[i * groups + g] = DOWN * Math.sqrt(Math.max(0, norms[i] + other - slack)) + groupMoved[g];
    }
    if (labels[i] !== nearest) all.push({ at, row: i, from: labels[i], to: nearest });
    labels[i] = nearest;
  }
  return all;
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
  const values =
    which.length === x.shape[0]
      ? await x.data()
      : (await read([tidy(() => gather(x, tensor1d(which, 'int32')))]))[0];
  let inertia = 0;
  moved.forEach(({ row, from, to }, m) => {
    const weight = w ? w[row] : 1;
    for (let j = 0; j < d; j++) {
      const here = values[m * d + j] - centers[to * d + j];
      sums[to * d + j] += weight * here;
      inertia += weight * here * here;
    }
    for (let j = 0; j < d && from >= 0; j++) {
      const away = values[m * d + j] - centers[from * d + j];
      sums[from * d + j] -= weight * away;
      inertia -= weight * away * away;
    }
  });
  memo.inertia += inertia;
}
