import { tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { chooseWithoutReplacement, chooseWithReplacement, type RandomState } from '../core/random.js';
import { read, type Rows } from '../core/rows.js';
import { squaredDistances } from '../metrics/pairwise.js';
import { squaredDistance, type HostRows, type Problem } from './problem.js';

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
  const { weight } = problem;
  const { nRows } = problem.rows;
  const trials = 2 + Math.floor(Math.log(k));
  const chosen = new Int32Array(k);
  chosen[0] = chooseWithReplacement(random, cumulated(normalized(weight, nRows)), 1)[0];
  let [closest] = await distancesTo(problem, chosen.subarray(0, 1));
  for (let step = 1; step < k; step++) {
    const potential = weight ? closest.map((d, i) => d * weight[i]) : closest;
    const cumulative = cumulated(potential);
    const draws = random.randomSample(trials).map((u) => u * cumulative[nRows - 1]);
    const candidates = Int32Array.from(draws, (draw) => Math.min(nRows - 1, firstAtLeast(cumulative, draw)));
    const distances = await distancesTo(problem, candidates);
    let best = Infinity;
    for (let trial = 0; trial < trials; trial++) {
      const merged = distances[trial].map((d, i) => Math.min(d, closest[i]));
      const total = weightedSum(merged, weight);
      if (total < best || trial === 0) {
        best = total;
        distances[0] = merged;
        chosen[step] = candidates[trial];
      }
    }
    closest = distances[0];
  }
  return chosen;
};

/** Squared distances of all rows to a few of them: one array of [N] for each. */
async function distancesTo(problem: Problem, indices: Int32Array): Promise<Float64Array[]> {
  const { rows, host } = problem;
  const values = await rows.at(indices);
  const out = Array.from(indices, () => new Float64Array(rows.nRows));
  await (host ? byDifferences(problem, host, values, out) : byProducts(problem, values, out));
  indices.forEach((row, j) => (out[j][row] = 0));
  return out;
}

async function byDifferences(
  { rows: { nFeatures: d }, pace }: Problem,
  host: HostRows,
  values: Float64Array,
  out: Float64Array[],
): Promise<void> {
  const points = values.map(Math.fround);
  for (let start = 0; start < host.nRows; start += host.batchRows) {
    const end = Math.min(host.nRows, start + host.batchRows);
    const { values: x } = await host.batch(start, end);
    for (let c = 0; c < out.length; c++) {
      for (let i = start; i < end; i++) {
        out[c][i] = squaredDistance(x, (i - start) * d, points, c * d, d);
      }
    }
    await pace();
  }
}

async function byProducts({ rows, pace }: Problem, values: Float64Array, out: Float64Array[]): Promise<void> {
  const m = out.length;
  const norms = out.map((_, j) => squaredNorm(values, j * rows.nFeatures, rows.nFeatures));
  const points = tidy(() => tensor2d(Float32Array.from(values), [m, rows.nFeatures]));
  try {
    for (let start = 0; start < rows.nRows; start += rows.batchRows) {
      const end = Math.min(rows.nRows, start + rows.batchRows);
      const [block] = await read([distancesOf(rows, start, end, points)]);
      for (let i = start; i < end; i++) {
        for (let j = 0; j < m; j++) out[j][i] = digitsOf(block[(i - start) * m + j], norms[j]);
      }
      await pace();
    }
  } finally {
    points.dispose();
  }
}

const distancesOf = (rows: Rows, start: number, end: number, points: Tensor2D): Tensor2D =>
  tidy(() => squaredDistances(rows.batch(start, end), points));

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

function cumulated(values: Float64Array): Float64Array {
  let total = 0;
  return values.map((value) => (total += value));
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
