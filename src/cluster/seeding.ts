import { matMul, tensor2d, tidy, transpose } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { chooseOne, chooseWithoutReplacement, type RandomState } from '../core/random.js';
import type { Batched } from '../core/iterate.js';
import { kernelCode } from '../core/native.js';
import { read } from '../core/read.js';
import { nearer } from './loops.js';
import { rowsOfChunk, type HostBatch, type Problem } from './problem.js';

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
      `K-means: init 'random' draws ${k} rows and only ${weighty} have a sampleWeight above 0; ask for at most ${weighty}.`,
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
export const kMeansPlusPlus: Seeding = async (problem, k, random) =>
  (await chooseAll(problem, k, [drawnFor(problem, k, random)]))[0];

/** What one start draws. */
export interface Drawn {
  /** The row it begins with. */
  readonly first: number;
  /** [(K - 1) * M] From [0, 1): M candidates for each next row. */
  readonly draws: Float64Array;
}

const candidatesFor = (k: number): number => 2 + Math.floor(Math.log(k));

export function drawnFor({ rows, weight }: Problem, k: number, random: RandomState): Drawn {
  const first = chooseOne(random, normalized(weight, rows.nRows));
  return { first, draws: random.randomSample((k - 1) * candidatesFor(k)) };
}

/** Of each start the rows [K] that k-means++ chooses. */
export async function chooseAll(problem: Problem, k: number, drawn: readonly Drawn[]): Promise<Int32Array[]> {
  const atOnce = await seedingCode()?.chooseByKernel(problem, drawn, candidatesFor(k));
  if (atOnce) return atOnce;
  const chosen: Int32Array[] = [];
  for (const each of drawn) chosen.push(await chooseRows(problem, k, each));
  return chosen;
}

async function chooseRows(problem: Problem, k: number, { first, draws }: Drawn): Promise<Int32Array> {
  const trials = candidatesFor(k);
  const chosen = new Int32Array(k);
  chosen[0] = first;
  const nearest = nearestOf(problem, trials);
  await nearest.compare(chosen.subarray(0, 1));
  await nearest.keep(0);
  for (let step = 1; step < k; step++) {
    const draw = drawing(nearest.squared, problem);
    const candidates = Int32Array.from(draws.subarray((step - 1) * trials, step * trials), draw);
    const totals = await nearest.compare(candidates);
    const best = totals.indexOf(totals.reduce((a, b) => Math.min(a, b)));
    await nearest.keep(best);
    chosen[step] = candidates[best];
  }
  return chosen;
}

/** How near the rows are to those chosen so far. */
export interface Nearest {
  /** [M] The squared distances; Infinity before there is one. */
  readonly squared: Float64Array;
  /** What their weighted sum would be with one more row, for each of these. */
  compare(candidates: Int32Array): Promise<Float64Array>;
  /** Takes one of the candidates compared last. */
  keep(which: number): Promise<void>;
}

/** Rows from one running sum that is kept to the next. */
const BLOCK = 256;

/** Draws a row with a probability proportional to its weight times its squared distance. */
export function drawing(
  squared: Float64Array,
  { rows, weight, passRows: { map } }: Problem,
): (u: number) => number {
  const { nRows } = rows;
  const each = map === null && weight === null ? squared : new Float64Array(nRows);
  if (each !== squared) {
    for (let i = 0; i < nRows; i++) {
      each[i] = squared[map === null ? i : map[i]] * (weight === null ? 1 : weight[i]);
    }
  }
  const sums = new Float64Array(Math.ceil(nRows / BLOCK));
  for (let block = 0, i = 0, total = 0; block < sums.length; block++) {
    for (const end = Math.min(nRows, (block + 1) * BLOCK); i < end; i++) total += each[i];
    sums[block] = total;
  }
  return (u) => {
    const target = u * sums[sums.length - 1];
    const block = Math.min(sums.length - 1, firstAtLeast(sums, target));
    let i = block * BLOCK;
    for (let total = (block > 0 ? sums[block - 1] : 0) + each[i]; total < target && i < nRows - 1;) {
      total += each[++i];
    }
    return i;
  };
}

/** Where there is the kernel; rows are laid out for it then. */
export const seedingCode = () => kernelCode<typeof import('./kernelSeeding.js')>('LatentSquaredDistances');

function nearestOf(problem: Problem, candidates: number): Nearest {
  const { host, laid } = problem;
  if (host) return nearestOnHost(problem, host);
  const code = laid && seedingCode();
  return code ? code.nearestByKernel(problem, laid, candidates) : nearestByTensors(problem);
}

function nearestOnHost({ rows, passRows, pace }: Problem, host: Batched<HostBatch>): Nearest {
  const { nFeatures: d } = rows;
  const { weight, nRows } = passRows;
  const squared = new Float64Array(nRows).fill(Infinity);
  // What each candidate leaves is kept where that is little; else it is computed again for the one that is taken.
  const left: Float64Array[] | null = nRows <= host.batchRows ? [] : null;
  let points = new Float64Array();
  const add = async (count: number, keep: number | null): Promise<Float64Array> => {
    const totals = new Float64Array(count);
    for (let start = 0; start < nRows; start += host.batchRows) {
      const end = Math.min(nRows, start + host.batchRows);
      const { values } = await host.batch(start, end);
      const [known, w] = [squared.subarray(start, end), weight && weight.subarray(start, end)];
      if (keep !== null) nearer(values, points, keep, d, known, w, known);
      for (let c = 0; c < count; c++) totals[c] += nearer(values, points, c, d, known, w, left?.[c] ?? null);
      await pace();
    }
    return totals;
  };
  return {
    squared,
    compare: async (candidates) => {
      points = (await rows.at(candidates)).map(Math.fround);
      while (left && left.length < candidates.length) left.push(new Float64Array(nRows));
      return add(candidates.length, null);
    },
    keep: async (which) => void (left ? squared.set(left[which]) : await add(0, which)),
  };
}

function nearestByTensors(problem: Problem): Nearest {
  const { nRows, weight } = problem.passRows;
  const squared = new Float64Array(nRows).fill(Infinity);
  const distances: Float64Array[] = [];
  return {
    squared,
    compare: async (candidates) => {
      while (distances.length < candidates.length) distances.push(new Float64Array(nRows));
      await distancesTo(problem, candidates, distances);
      return Float64Array.from(candidates, (_, c) => {
        const each = distances[c];
        let total = 0;
        for (let i = 0; i < each.length; i++) {
          if (each[i] > squared[i]) each[i] = squared[i];
          total += weight ? each[i] * weight[i] : each[i];
        }
        return total;
      });
    },
    keep: (which) => Promise.resolve(squared.set(distances[which])),
  };
}

/** Squared distances of the rows that passes run over to a few of all rows: written to `out`, [M] for each. */
export async function distancesTo(
  problem: Problem,
  indices: Int32Array,
  out: readonly Float64Array[],
): Promise<void> {
  const values = await problem.rows.at(indices);
  const code = problem.laid && seedingCode();
  if (code) return code.distancesByKernel(problem, problem.laid!, values, out);
  await distancesByProducts(problem, indices, values, out);
}

/** @param values [M * D] the rows at `indices` */
async function distancesByProducts(
  { rows, norms: normsOf, pace }: Problem,
  indices: Int32Array,
  values: Float64Array,
  out: readonly Float64Array[],
): Promise<void> {
  const { nRows, nFeatures: d } = rows;
  const norms = await normsOf();
  const m = indices.length;
  const own = Array.from({ length: m }, (_, j) => squaredNorm(values, j * d, d));
  const points = tidy(() => transpose(tensor2d(Float32Array.from(values), [m, d])));
  const step = rowsOfChunk(rows, m);
  try {
    for (let start = 0; start < nRows; start += step) {
      const end = Math.min(nRows, start + step);
      const [products] = await read([tidy(() => matMul(rows.batch(start, end), points))]);
      for (let i = start, at = 0; i < end; i++) {
        for (let j = 0; j < m; j++) out[j][i] = digitsOf(norms[i] - 2 * products[at++] + own[j], own[j]);
      }
      await pace();
    }
  } finally {
    points.dispose();
  }
  indices.forEach((row, j) => (out[j][row] = 0));
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
