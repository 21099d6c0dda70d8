import {
  dispose,
  matMul,
  square,
  sum,
  tensor2d,
  tidy,
  transpose,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { chooseOne, chooseWithoutReplacement, type RandomState } from '../core/random.js';
import { read } from '../core/rows.js';
import { nearer } from './loops.js';
import { hostLimit, type HostRows, type Problem } from './problem.js';

/**
 * Rows to start K-means from. Draws, cumulative sums and choices are float64 on the host, in scikit-learn's order: the
 * same seed chooses the same rows on every backend, and those that scikit-learn's random_state chooses.
 */
export type Seeding = (problem: Problem, k: number, random: RandomState) => Promise<Int32Array>;

/** `K` different rows, each with a probability proportional to its weight. */
export const randomRows: Seeding = async ({ rows, weight }, k, random) => {
  const weighty = weight ? weight.reduce((n, w) => n + (w > 0 ? 1 : 0), 0) : rows.nRows;
  if (weighty < k) {
    throw new InputError(
      `K-means: init 'random' draws ${k} different rows and only ${weighty} have a sampleWeight above 0; ask for at most ${weighty} clusters.`,
    );
  }
  return chooseWithoutReplacement(random, normalized(weight, rows.nRows), k);
};

/**
 * Greedy k-means++: each next row is drawn with a probability proportional to its weight times its squared distance
 * from the rows chosen so far, the best of 2 + ⌊ln K⌋ draws being kept.
 *
 * Arthur and Vassilvitskii, k-means++: the advantages of careful seeding, SODA 2007.
 */
export const kMeansPlusPlus: Seeding = async (problem, k, random) => {
  const { rows, weight } = problem;
  const trials = 2 + Math.floor(Math.log(k));
  const chosen = new Int32Array(k);
  chosen[0] = chooseOne(random, normalized(weight, rows.nRows));
  const nearest = problem.host ? nearestOnHost(problem, problem.host) : nearestByTensors(problem);
  try {
    await nearest.compare(chosen.subarray(0, 1));
    await nearest.keep(0);
    for (let step = 1; step < k; step++) {
      const draw = drawing(nearest.squared, problem);
      const candidates = Int32Array.from(random.randomSample(trials), draw);
      const totals = await nearest.compare(candidates);
      const best = totals.indexOf(totals.reduce((a, b) => Math.min(a, b)));
      await nearest.keep(best);
      chosen[step] = candidates[best];
    }
  } finally {
    nearest.dispose();
  }
  return chosen;
};

/** How near the rows are to those chosen so far. */
interface Nearest {
  /** [M] The squared distances; Infinity before there is one. */
  readonly squared: Float64Array;
  /** What their weighted sum would be with one more row, for each of these. */
  compare(candidates: Int32Array): Promise<Float64Array>;
  /** Takes one of the candidates compared last. */
  keep(which: number): Promise<void>;
  dispose(): void;
}

/** Rows from one running sum that is kept to the next. */
const BLOCK = 256;

/** Draws a row with a probability proportional to its weight times its squared distance. */
export function drawing(squared: Float64Array, { rows, weight, host }: Problem): (u: number) => number {
  const { nRows } = rows;
  const map = host?.map ?? null;
  const after = (total: number, i: number): number =>
    total + squared[map === null ? i : map[i]] * (weight === null ? 1 : weight[i]);
  const sums = new Float64Array(Math.ceil(nRows / BLOCK));
  for (let i = 0, total = 0; i < nRows; i++) {
    total = after(total, i);
    sums[Math.floor(i / BLOCK)] = total;
  }
  return (u) => {
    const target = u * sums[sums.length - 1];
    const block = Math.min(sums.length - 1, firstAtLeast(sums, target));
    let i = block * BLOCK;
    for (let total = after(block > 0 ? sums[block - 1] : 0, i); total < target && i < nRows - 1;) {
      total = after(total, ++i);
    }
    return i;
  };
}

function nearestOnHost({ rows, pace }: Problem, host: HostRows): Nearest {
  const { nFeatures: d } = rows;
  const { weight, nRows } = host;
  const squared = new Float64Array(nRows).fill(Infinity);
  let points = new Float64Array();
  const add = async (count: number, keep: number | null): Promise<Float64Array> => {
    const totals = new Float64Array(count);
    for (let start = 0; start < nRows; start += host.batchRows) {
      const end = Math.min(nRows, start + host.batchRows);
      const { values } = await host.batch(start, end);
      const [known, w] = [squared.subarray(start, end), weight && weight.subarray(start, end)];
      if (keep !== null) nearer(values, points, keep, d, known, w, true);
      for (let c = 0; c < count; c++) totals[c] += nearer(values, points, c, d, known, w, false);
      await pace();
    }
    return totals;
  };
  return {
    squared,
    compare: async (candidates) => {
      points = (await rows.at(candidates)).map(Math.fround);
      return add(candidates.length, null);
    },
    keep: async (which) => void (await add(0, which)),
    dispose: () => undefined,
  };
}

function nearestByTensors(problem: Problem): Nearest {
  const { rows, weight } = problem;
  const squared = new Float64Array(rows.nRows).fill(Infinity);
  const held: Tensor2D[] | null = rows.nRows * rows.nFeatures <= hostLimit.held ? [] : null;
  let norms: Float32Array | null = null;
  let distances: Float64Array[] = [];
  return {
    squared,
    compare: async (candidates) => {
      norms ??= await squaredNorms(problem);
      distances = await distancesTo(problem, candidates, norms, held);
      return Float64Array.from(distances, (each) => {
        let total = 0;
        for (let i = 0; i < each.length; i++) {
          each[i] = Math.min(each[i], squared[i]);
          total += weight ? each[i] * weight[i] : each[i];
        }
        return total;
      });
    },
    keep: (which) => Promise.resolve(squared.set(distances[which])),
    dispose: () => dispose(held ?? []),
  };
}

/**
 * Squared distances of all rows to a few of them, by products: one array of [N] for each.
 *
 * @param norms [N] |x|²
 * @param held the batches, where they are kept from one call to the next: filled here, the caller's to free
 */
export async function distancesTo(
  { rows, pace }: Problem,
  indices: Int32Array,
  norms: Float32Array,
  held: Tensor2D[] | null = null,
): Promise<Float64Array[]> {
  const { nRows, nFeatures: d, batchRows } = rows;
  const m = indices.length;
  const values = await rows.at(indices);
  const own = Array.from({ length: m }, (_, j) => squaredNorm(values, j * d, d));
  const out = own.map(() => new Float64Array(nRows));
  const points = tidy(() => transpose(tensor2d(Float32Array.from(values), [m, d])));
  try {
    for (let b = 0, start = 0; start < nRows; b++, start += batchRows) {
      const end = Math.min(nRows, start + batchRows);
      const x = held?.[b] ?? rows.batch(start, end);
      if (held) held[b] = x;
      const product = matMul(x, points);
      if (!held) x.dispose();
      const [block] = await read([product]);
      for (let i = start; i < end; i++) {
        for (let j = 0; j < m; j++) {
          out[j][i] = digitsOf(norms[i] - 2 * block[(i - start) * m + j] + own[j], own[j]);
        }
      }
      await pace();
    }
  } finally {
    points.dispose();
  }
  indices.forEach((row, j) => (out[j][row] = 0));
  return out;
}

/** |x|² of each row [N]. */
export async function squaredNorms({ rows, pace }: Problem): Promise<Float32Array> {
  const norms = new Float32Array(rows.nRows);
  for (let start = 0; start < rows.nRows; start += rows.batchRows) {
    const end = Math.min(rows.nRows, start + rows.batchRows);
    norms.set((await read([tidy(() => sum(square(rows.batch(start, end)), 1))]))[0], start);
    await pace();
  }
  return norms;
}

/**
 * What cancellation left of |x|² - 2 x·c + |c|² counts as 0: else copies of a chosen row would be drawn again.
 * A few units in the last place of |c|² (which is near |x|² where the distance is small).
 */
const digitsOf = (distance: number, norm: number): number => (distance < 1e-6 * norm ? 0 : distance);

function squaredNorm(values: Float64Array, start: number, d: number): number {
  let total = 0;
  for (let j = start; j < start + d; j++) total += values[j] ** 2;
  return total;
}

function normalized(weight: Float64Array | null, n: number): Float64Array {
  if (!weight) return new Float64Array(n).fill(1 / n);
  const total = weightedSum(weight, null);
  return weight.map((w) => w / total);
}

function weightedSum(values: Float64Array, weight: Float64Array | null): number {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += weight ? values[i] * weight[i] : values[i];
  return total;
}

/** The first index whose value is `target` or more. */
function firstAtLeast(sorted: Float64Array, target: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < target) low = middle + 1;
    else high = middle;
  }
  return low;
}
