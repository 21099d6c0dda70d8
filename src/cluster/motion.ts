import { release } from '../core/read.js';
import { levelsOf, type Levels } from './levels.js';
import type { Centers } from './lloyd.js';
import { DOWN, squaredDistance } from './loops.js';
import type { Problem } from './problem.js';

/**
 * Groups of centres, at most (0: no bounds), and how many products of a row with all centres there must be in the native kernel
 * for bounds to pay. Of 100,000 x 16, k = 64, to convergence, it took 120 ms with bounds and 104 without; of 20,000 x 128, k =
 * 16, 13.9 and 14.7. Tests set both.
 */
export const groupLimit = { groups: 1024, products: 2 ** 11 };

/** What all batches of a restart share. */
export interface Motion {
  readonly k: number;
  readonly d: number;
  /** [G + 1] A group's centres are those from its number here to the next one's. */
  readonly groups: Int32Array;
  readonly levels: Levels;
  /** [K * D] Of this pass, and by how much they have moved since the last one. */
  readonly centers: Float32Array;
  readonly moves: Float64Array;
  /** [K] |c|² */
  readonly norms: Float64Array;
  /** [K] for each pass: how far centres had moved in all by then. */
  readonly moved: Float64Array[];
  /** How far the farthest of all centres moved, added up over the passes. */
  fastest: number;
  /** [passes * K] How far each centre has moved since each pass. */
  own: Float64Array;
  /** [passes * G] The same of the farthest of a group. */
  farthest: Float64Array;
}

/**
 * Of the first pass.
 *
 * @param bytes what a row's bounds may take, one for each group: a sixteenth of what its features take
 */
export function firstMotion({ rows }: Problem, k: number, bytes = rows.nFeatures / 4): Motion {
  const { nFeatures: d, variances } = rows;
  const most = Math.max(1, Math.min(k, groupLimit.groups, Math.floor(bytes)));
  return {
    k,
    d,
    groups: Int32Array.from({ length: most + 1 }, (_, g) => Math.ceil((g * k) / most)),
    levels: levelsOf(Math.sqrt(variances.reduce((a, b) => a + b))),
    centers: new Float32Array(k * d),
    moves: new Float64Array(k * d),
    norms: new Float64Array(k),
    moved: [],
    fastest: 0,
    own: new Float64Array(),
    farthest: new Float64Array(),
  };
}

/** Moves the centres to where this pass has them. */
export function advance(motion: Motion, exact: Centers): void {
  const { k, d, centers, moves, moved, norms } = motion;
  const now = Float64Array.from(moved.at(-1) ?? new Float64Array(k));
  const zero = new Float64Array(d);
  for (let c = 0; c < k; c++) {
    for (let at = c * d; at < (c + 1) * d; at++) {
      const center = Math.fround(exact[at]);
      moves[at] = center - centers[at];
      centers[at] = center;
    }
    if (moved.length > 0) now[c] += Math.sqrt(squaredDistance(moves, c, zero, 0, d)) / DOWN;
    norms[c] = squaredDistance(centers, c, zero, 0, d);
  }
  motion.fastest += now.reduce((most, total, c) => Math.max(most, total - (moved.at(-1)?.[c] ?? 0)), 0);
  moved.push(now);
  moveGroups(motion, now);
}

/** How far centres and groups have moved since each of the passes. */
function moveGroups(motion: Motion, now: Float64Array): void {
  const { k, groups, moved } = motion;
  const G = groups.length - 1;
  release(motion.own, motion.farthest);
  motion.own = new Float64Array(moved.length * k);
  motion.farthest = new Float64Array(moved.length * G);
  moved.forEach((before, pass) => {
    for (let g = 0; g < G; g++) {
      let most = 0;
      for (let c = groups[g]; c < groups[g + 1]; c++) {
        const distance = now[c] - before[c];
        motion.own[pass * k + c] = distance;
        if (distance > most) most = distance;
      }
      motion.farthest[pass * G + g] = most;
    }
  });
}

/** Of a batch's rows with their labels, about the centres. */
export interface Totals {
  /** [K] Σ w */
  counts: Float64Array;
  /** [K * D] Σ w (x - c) */
  readonly sums: Float64Array;
  /** Σ w |x - c|² */
  inertia: number;
  /** The inertia when all rows were summed up. */
  summed: number;
}

export const noTotals = ({ k, d }: Motion): Totals => ({
  counts: new Float64Array(k),
  sums: new Float64Array(k * d),
  inertia: 0,
  summed: Infinity,
});

/** What changes stays exact as long as it is not small beside what it was: all rows are summed up anew then. */
export const isFaint = ({ inertia, summed }: Totals): boolean => inertia < summed / 2;

/** The same labels about moved centres. */
export function carry(memo: Totals, { moves, d }: Motion): void {
  const { sums, counts } = memo;
  for (let c = 0; c < counts.length; c++) {
    for (let at = c * d; at < (c + 1) * d; at++) {
      const move = moves[at];
      memo.inertia += move * (counts[c] * move - 2 * sums[at]);
      sums[at] = counts[c] === 0 ? 0 : sums[at] - counts[c] * move;
    }
  }
}
