/**
 * Agreement of two labelings of the same N rows, whatever the labels are called. Both come from the contingency table
 * n_ij = rows with label i in `a` and j in `b`, with sums a_i and b_j.
 *
 * Adjusted Rand index (Hubert & Arabie 1985): over ordered pairs of rows, TP together in both, FN in `a` only, FP in
 * `b` only, TN in neither:  ARI = 2 (TP TN - FN FP) / ((TP + FN) (FN + TN) + (TP + FP) (FP + TN)).
 *
 * Normalised mutual information (Strehl & Ghosh 2002; Vinh, Epps & Bailey 2010):
 * I = Σ n_ij / N log(N n_ij / (a_i b_j)), divided by the mean of the entropies of `a` and `b`.
 *
 * scikit-learn: `adjusted_rand_score`, `normalized_mutual_info_score` with its default, the arithmetic mean.
 */
import type { Labels } from '../core/source.js';
import { readLabels, type Labeling } from './labels.js';

/** The cells of a contingency table that are not empty, and its sums. */
interface Contingency {
  readonly nRows: number;
  /** [K_a] and [K_b] */
  readonly a: Int32Array;
  readonly b: Int32Array;
  readonly cells: readonly { i: number; j: number; count: number }[];
}

function contingency(a: Labeling, b: Labeling): Contingency {
  const nRows = a.codes.length;
  const cells = new Map<number, { i: number; j: number; count: number }>();
  for (let row = 0; row < nRows; row++) {
    const i = a.codes[row];
    const j = b.codes[row];
    const key = i * b.counts.length + j;
    const cell = cells.get(key);
    if (cell) cell.count++;
    else cells.set(key, { i, j, count: 1 });
  }
  return { nRows, a: a.counts, b: b.counts, cells: [...cells.values()] };
}

async function tabulate(where: string, a: Labels, b: Labels): Promise<Contingency> {
  const first = await readLabels(`${where}: a`, a);
  const second = await readLabels(`${where}: b (as long as a)`, b, first.codes.length);
  return contingency(first, second);
}

/** Each label of one goes with one label of the other. */
const isPerfect = ({ a, b, cells }: Contingency): boolean =>
  cells.length === a.length && cells.length === b.length;

/** Σ n², exactly: the products of such sums go beyond 2^53 at 10,000 rows. */
function sumOfSquares(counts: Iterable<number>): bigint {
  let total = 0n;
  for (const count of counts) total += BigInt(count) ** 2n;
  return total;
}

/**
 * Adjusted Rand index: 1 for equal partitions, about 0 for unrelated ones, negative for less agreement than by chance.
 *
 * @param a [N] integers
 * @param b [N] integers
 * @returns from -0.5 to 1
 * @throws InputError for labels that are empty, of different lengths or not integers
 * @example
 * await adjustedRandScore([0, 0, 1, 2], [0, 0, 1, 1]); // 0.5714…
 */
export async function adjustedRandScore(a: Labels, b: Labels): Promise<number> {
  const table = await tabulate('adjustedRandScore', a, b);
  if (isPerfect(table)) return 1;
  const n = BigInt(table.nRows);
  const both = sumOfSquares(table.cells.map(({ count }) => count));
  const tp = both - n;
  const fn = sumOfSquares(table.a) - both;
  const fp = sumOfSquares(table.b) - both;
  const tn = n * n - tp - n - fn - fp;
  const chance = (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn);
  return Number(2n * (tp * tn - fn * fp)) / Number(chance);
}

function entropy(counts: Int32Array, nRows: number): number {
  let total = 0;
  for (const count of counts) total -= (count / nRows) * Math.log(count / nRows);
  return total;
}

/**
 * Normalised mutual information: 1 for equal partitions, 0 for independent ones. Not adjusted for chance: it grows with
 * the number of labels.
 *
 * @param a [N] integers
 * @param b [N] integers
 * @returns from 0 to 1
 * @throws InputError for labels that are empty, of different lengths or not integers
 * @example
 * await normalizedMutualInfoScore([0, 0, 1, 2], [0, 0, 1, 1]); // 0.8
 */
export async function normalizedMutualInfoScore(a: Labels, b: Labels): Promise<number> {
  const table = await tabulate('normalizedMutualInfoScore', a, b);
  if (isPerfect(table)) return 1;
  const { nRows, cells } = table;
  let information = 0;
  for (const { i, j, count } of cells) {
    information += (count / nRows) * Math.log((nRows * count) / (table.a[i] * table.b[j]));
  }
  // What is left of terms that cancel: scikit-learn's 0 for labelings that are independent.
  if (information < Number.EPSILON) return 0;
  return information / ((entropy(table.a, nRows) + entropy(table.b, nRows)) / 2);
}
