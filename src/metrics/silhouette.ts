/**
 * Silhouettes (Rousseeuw 1987). With a(i) the mean distance of row i to the other members of its cluster, and b(i) the
 * least of its mean distances to the members of another cluster:
 *
 *   s(i) = (b(i) - a(i)) / max(a(i), b(i)),   and 0 in a cluster of one.
 *
 * scikit-learn: `silhouette_samples`, `silhouette_score`, with Euclidean distances.
 */
import { tensor1d, type Tensor1D } from '@tensorflow/tfjs-core';
import { checkOptions, integer, seed as isSeed, show } from '../core/checks.js';
import { InputError } from '../core/errors.js';
import { pacer } from '../core/iterate.js';
import { anySeed, RandomState } from '../core/random.js';
import { fitRows, type Rows } from '../core/rows.js';
import type { Labels, Matrix } from '../core/source.js';
import type { Points } from './blocks.js';
import { clusterDistances } from './clusterDistances.js';
import { labelingOf, readLabels, type Labeling } from './labels.js';

function checkCount(where: string, { codes, counts }: Labeling): void {
  const n = codes.length;
  if (counts.length < 2 || counts.length >= n) {
    throw new InputError(
      `${where}: ${counts.length} different label${counts.length === 1 ? '' : 's'} on ${n} row${n === 1 ? '' : 's'}; silhouettes need 2 to N - 1 labels${n > 2 ? ` (here 2 to ${n - 1})` : ', so at least 3 rows'}.`,
    );
  }
}

/** s of a row in cluster `own`, from its sums of distances to the clusters, which begin at `offset`. */
function silhouette(own: number, counts: Int32Array, sums: Float64Array, offset: number): number {
  if (counts[own] === 1) return 0;
  const a = sums[offset + own] / (counts[own] - 1);
  let b = Infinity;
  for (let k = 0; k < counts.length; k++) {
    if (k !== own) b = Math.min(b, sums[offset + k] / counts[k]);
  }
  // Both are 0 where clusters lie on one point: 0, as in scikit-learn.
  return (b - a) / (Math.max(a, b) || 1);
}

/** The silhouettes of every row, for each labeling [N]. */
async function samplesOf(points: Points, labelings: readonly Labeling[]): Promise<Float64Array[]> {
  const out = labelings.map(({ codes }) => new Float64Array(codes.length));
  await clusterDistances(points, labelings, pacer(), (row, sums, offset) => {
    let at = offset;
    labelings.forEach(({ codes, counts }, l) => {
      out[l][row] = silhouette(codes[row], counts, sums, at);
      at += counts.length;
    });
  });
  return out;
}

const allOf = (rows: Rows): Points => ({
  rows,
  chosen: Int32Array.from({ length: rows.nRows }, (_, i) => i),
});

const average = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

const readRows = (where: string, x: Matrix): Promise<Rows> => fitRows(`${where}: x`, x, (d) => d, pacer());

/**
 * The silhouette of every row: near 1 deep inside its cluster, 0 between two clusters, negative nearer to another one.
 *
 * Time grows with N² D, memory with N times the number of labels; native kernels need some 20 MB beside a
 * float32 tensor, more with thousands of labels, and copy numbers into one.
 * Distances are exact for small data; beyond N² D = 2^27 they are float32 products, relative to the middle of a cluster.
 *
 * @param x [N, D]
 * @param labels [N] integers, 2 to N - 1 different ones
 * @returns [N] from -1 to 1
 * @throws InputError for NaN or infinity in `x`, and for labels of another length, not integers, or too few or many
 * @example
 * const s = await silhouetteSamples([[0], [1], [10], [11]], [0, 0, 1, 1]); // [0.905, 0.895, 0.895, 0.905]
 */
export async function silhouetteSamples(x: Matrix, labels: Labels): Promise<Tensor1D> {
  const where = 'silhouetteSamples';
  const rows = await readRows(where, x);
  const labeling = await readLabels(`${where}: labels`, labels, rows.nRows);
  checkCount(`${where}: labels`, labeling);
  const [samples] = await samplesOf(allOf(rows), [labeling]);
  return tensor1d(Float32Array.from(samples));
}

/** Some of the rows, in a new order. */
const pick = (
  rows: Rows,
  { codes }: Labeling,
  chosen: Int32Array,
): { points: Points; labeling: Labeling } => ({
  points: { rows, chosen },
  labeling: labelingOf(Array.from(chosen, (i) => codes[i])),
});

/**
 * The mean silhouette of all rows, or of a sample of them.
 *
 * @param x [N, D]
 * @param labels [N] integers, 2 to N - 1 different ones in the rows that are used
 * @param options `sampleSize`: how many rows to draw, without replacement (all of them); `seed`: of the draw, which is
 *   scikit-learn's for the same `random_state`
 * @returns from -1 to 1
 * @throws InputError as `silhouetteSamples`, and for a wrong or unknown option
 * @example
 * await silhouetteScore([[0], [1], [10], [11]], [0, 0, 1, 1]); // 0.9
 */
export async function silhouetteScore(
  x: Matrix,
  labels: Labels,
  options: { sampleSize?: number; seed?: number } = {},
): Promise<number> {
  const where = 'silhouetteScore';
  checkOptions(where, options, { sampleSize: integer(1), seed: isSeed });
  const rows = await readRows(where, x);
  const all = await readLabels(`${where}: labels`, labels, rows.nRows);
  const { sampleSize, seed = anySeed() } = options;
  const { points, labeling } =
    sampleSize === undefined
      ? { points: allOf(rows), labeling: all }
      : pick(rows, all, new RandomState(seed).permutation(rows.nRows).slice(0, sampleSize));
  checkCount(`${where}: labels${sampleSize === undefined ? '' : ' of the sample'}`, labeling);
  const [samples] = await samplesOf(points, [labeling]);
  return average(samples);
}

/**
 * The mean silhouettes of several labelings of the same rows, in one pass over the pairs of rows: five labelings take
 * little longer than one.
 *
 * @param x [N, D]
 * @param labelings each [N] integers, 2 to N - 1 different ones
 * @returns a score for each labeling
 * @throws InputError as `silhouetteSamples`, naming the labeling; and for no labelings
 * @example
 * await silhouetteScores([[0], [1], [10], [11]], [[0, 0, 1, 1], [0, 0, 1, 2]]);
 */
export async function silhouetteScores(x: Matrix, labelings: Labels[]): Promise<number[]> {
  const where = 'silhouetteScores';
  if (!Array.isArray(labelings) || labelings.length === 0) {
    throw new InputError(`${where}: labelings must be an array of one or more; got ${show(labelings)}.`);
  }
  const rows = await readRows(where, x);
  const read: Labeling[] = [];
  for (const [l, labels] of labelings.entries()) {
    read.push(await readLabels(`${where}: labeling ${l}`, labels, rows.nRows));
    checkCount(`${where}: labeling ${l}`, read[l]);
  }
  return (await samplesOf(allOf(rows), read)).map(average);
}
