/** Rows drawn from Gaussians of round shape; scikit-learn's `make_blobs`, draw by draw. */
import { bool, check, checkOptions, either, from, integer, room, seed as seedRule } from '../core/checks.js';
import type { Rule } from '../core/checks.js';
import { InputError } from '../core/errors.js';
import { anySeed, RandomState } from '../core/random.js';

/** Options of {@link makeBlobs}; the defaults are scikit-learn's. */
export interface BlobsOptions {
  /** Rows in all, or rows of each centre. Default 100. */
  nSamples?: number | number[];
  /** Columns; those of `centers` where they are given. Default 2. */
  nFeatures?: number;
  /** Centres [K, D], or how many to draw from [-10, 10). Default 3, or as many as `nSamples` has entries. */
  centers?: number | number[][];
  /** Standard deviation, of all or of each centre. Default 1. */
  clusterStd?: number | number[];
  /** Default true. */
  shuffle?: boolean;
  /** 0 … 2³² - 1. */
  seed?: number;
}

/** What {@link makeBlobs} made. */
export interface Blobs {
  /** [N, D] */
  x: { values: Float64Array; shape: [number, number] };
  /** [N] index of each row's centre. */
  labels: Int32Array;
  /** [K, D] */
  centers: number[][];
}

const listOf = (each: Rule): Rule => ({
  must: `an array with entries that are each ${each.must}`,
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(each.holds),
});
/** Sums of such numbers are finite too. */
const moderate = from(-1e300, 1e300);
const isPoint = (value: unknown): boolean =>
  Array.isArray(value) && value.length > 0 && value.every(moderate.holds);
const points: Rule = {
  must: `an array of centres, all of one length, of entries that are each ${moderate.must}`,
  holds: (value) =>
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((point) => isPoint(point) && point.length === value[0].length),
};

const RULES: Record<string, Rule> = {
  nSamples: either(integer(1), listOf(integer(0))),
  nFeatures: integer(1),
  centers: either(integer(1), points),
  clusterStd: either(from(0, 1e300), listOf(from(0, 1e300))),
  shuffle: bool,
  seed: seedRule,
};

function drawCenters(random: RandomState, k: number, d: number): number[][] {
  room('makeBlobs: centers', k * d); // the error of the draws would not name makeBlobs
  const flat = random.uniform(-10, 10, k * d);
  return Array.from({ length: k }, (_, i) => Array.from(flat.subarray(i * d, (i + 1) * d)));
}

/** One entry for each centre: a list is held against K, a number is spread by `spread`. */
function forEachCenter(
  what: string,
  given: number | number[],
  k: number,
  spread: (value: number, i: number) => number,
): number[] {
  if (typeof given === 'number') return Array.from({ length: k }, (_, i) => spread(given, i));
  if (given.length === k) return given;
  throw new InputError(
    `makeBlobs: ${what} has ${given.length} entries where there are ${k} centres; give one for each centre.`,
  );
}

/** The rows in a new order: row i is the old row `order[i]`. */
function reordered({ x, labels, centers }: Blobs, order: readonly number[]): Blobs {
  const d = x.shape[1];
  const values = new Float64Array(x.values.length);
  order.forEach((from, i) => values.set(x.values.subarray(from * d, (from + 1) * d), i * d));
  return { x: { values, shape: x.shape }, labels: Int32Array.from(order, (from) => labels[from]), centers };
}

/**
 * Draws rows around centres; with the same seed the rows of scikit-learn's `make_blobs`, in the same order.
 *
 * @returns rows [N, D], the centre of each [N], and the centres [K, D]
 * @throws InputError for a wrong or unknown option
 * @example
 * const { x, labels } = makeBlobs({ nSamples: 300, centers: [[0, 0], [5, 5]], clusterStd: 0.5, seed: 7 });
 */
export function makeBlobs(options: BlobsOptions = {}): Blobs {
  checkOptions('makeBlobs', options, RULES);
  const { nSamples = 100, clusterStd = 1, shuffle = true, seed = anySeed() } = options;
  const wanted = options.centers ?? (typeof nSamples === 'number' ? 3 : nSamples.length);
  const random = new RandomState(seed);
  const centers =
    typeof wanted === 'number'
      ? drawCenters(random, wanted, options.nFeatures ?? 2)
      : wanted.map((point) => [...point]);
  const [k, d] = [centers.length, centers[0].length];
  if (options.nFeatures !== undefined)
    check(`makeBlobs: nFeatures beside centers of ${d} columns`, options.nFeatures, integer(d, d));
  const counts = forEachCenter('nSamples', nSamples, k, (n, i) => Math.floor(n / k) + (i < n % k ? 1 : 0));
  const stds = forEachCenter('clusterStd', clusterStd, k, (std) => std);
  const blobs = inOrder(random, centers, counts, stds);
  if (!shuffle) return blobs;
  const order = Array.from(blobs.labels.keys());
  random.shuffle(order);
  return reordered(blobs, order);
}

/** The rows of the first centre, of the second, and so on. */
function inOrder(random: RandomState, centers: number[][], counts: number[], stds: number[]): Blobs {
  const d = centers[0].length;
  const n = counts.reduce((a, b) => a + b, 0);
  const values = room('makeBlobs: nSamples', n * d);
  const labels = new Int32Array(n);
  let row = 0;
  centers.forEach((center, k) => {
    const draws = random.standardNormal(counts[k] * d);
    draws.forEach((z, i) => (values[row * d + i] = center[i % d] + stds[k] * z));
    labels.fill(k, row, row + counts[k]);
    row += counts[k];
  });
  return { x: { values, shape: [n, d] }, labels, centers };
}
