/**
 * K-means' starts by native kernels: squared distances of rows to a few points, all of k-means++ (native/seeding.cc) and random
 * swaps (native/swap.cc). This file is registered with them, not imported (`kernelCode`).
 */
import { tensor1d, tensor2d, tensor3d, tensor4d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { partsOf, productsHere, rowsOfCall, type Laid, type Part } from '../core/laid.js';
import { joinHalves, nativeKernel, splitDoubles, splitTensor } from '../core/native.js';
import { read, release } from '../core/read.js';
import type { Centers } from './lloyd.js';
import type { Problem } from './problem.js';
import type { Drawn, Nearest } from './seeding.js';
import { isLower, type Search } from './swap.js';

/**
 * What a call that does all at once may do: products, for which the event loop waits some 10 ms, and numbers that it holds
 * beside the rows (4 MiB). Tests set both.
 */
export const startLimit = { products: 2 ** 29, held: 2 ** 20 };

/**
 * Of the rows of a part.
 *
 * @param points [M * D]
 * @param known [n] what is less than the distances is returned instead; or empty
 * @param weights [2 * n] as `splitDoubles` has them; or empty
 * @returns distances [M * n], and Σ w of them for each point [M]
 */
async function measured(
  { x, first }: Part,
  shift: Tensor,
  n: number,
  points: Float64Array,
  known: Float32Array,
  weights: Float32Array,
): Promise<{ distances: Float32Array; totals: Float64Array }> {
  const d = x.shape[1];
  const outputs = tidy(() => {
    const range = tensor1d([first, n], 'int32');
    const given = tensor2d(new Float32Array(points), [points.length / d, d]);
    const kernel = nativeKernel('LatentSquaredDistances')!;
    return kernel({ x, range, shift, points: given, known: tensor1d(known), weights: tensor1d(weights) });
  });
  const [distances, totals] = await read(outputs);
  return { distances, totals: joinHalves(totals) };
}

/**
 * Of the rows that passes run over: written to `out`, [N] for each of the points.
 *
 * @param points [M * D]
 */
export async function distancesByKernel(
  { rows, pace }: Problem,
  laid: Laid,
  points: Float64Array,
  out: readonly Float64Array[],
): Promise<void> {
  const none = new Float32Array();
  const { batchRows, batch, nRows } = partsOf(rows, laid, rowsOfCall(points.length));
  for (let start = 0; start < nRows; start += batchRows) {
    const n = Math.min(nRows - start, batchRows);
    const part = await batch(start, start + n);
    const { distances } = await measured(part, laid.shift, n, points, none, none).finally(() =>
      part.dispose(),
    );
    out.forEach((each, j) => each.set(distances.subarray(j * n, (j + 1) * n), start));
    release(distances);
    await pace();
  }
}

/** What k-means++ asks of each step's candidates; the sums are the kernel's. */
export function nearestByKernel({ rows, passRows, pace }: Problem, laid: Laid, candidates: number): Nearest {
  const { nRows, weight } = passRows;
  const squared = new Float64Array(nRows).fill(Infinity);
  const { batchRows, batch } = partsOf(rows, laid, rowsOfCall(candidates * rows.nFeatures));
  const weights: Float32Array[] = [];
  const left: Float32Array[] = [];
  const compare = async (indices: Int32Array) => {
    const points = await rows.at(indices);
    const all = new Float64Array(indices.length);
    for (let start = 0, i = 0; start < nRows; start += batchRows, i++) {
      const end = Math.min(nRows, start + batchRows);
      weights[i] ??= weight ? splitDoubles(weight.subarray(start, end)) : new Float32Array();
      const part = await batch(start, end);
      const known = new Float32Array(squared.subarray(start, end));
      const found = await measured(part, laid.shift, end - start, points, known, weights[i]).finally(() =>
        part.dispose(),
      );
      if (left[i]) release(left[i]);
      left[i] = found.distances;
      found.totals.forEach((total, c) => (all[c] += total));
      await pace();
    }
    return all;
  };
  const keep = (which: number) => {
    left.forEach((each, i) => {
      const n = Math.min(batchRows, nRows - i * batchRows);
      squared.set(each.subarray(which * n, (which + 1) * n), i * batchRows);
    });
    return Promise.resolve();
  };
  return { squared, compare, keep };
}

/** Rows that passes run over, as the kernels of whole starts take them. */
const whole = ({ passRows: { weight } }: Problem, { tensor, shift }: Laid) => ({
  x: tensor!,
  shift,
  weights: weight ? splitTensor(weight) : tensor1d([], 'float32'),
});

/**
 * All of k-means++ in one call, of several starts.
 *
 * @param m candidates for each row after the first
 * @returns the rows [K] of each; null where that is much work, or equal rows are one: the draws are of all rows
 */
export async function chooseByKernel(
  problem: Problem,
  drawn: readonly Drawn[],
  m: number,
): Promise<Int32Array[] | null> {
  const { passRows, pace } = problem;
  const laid = problem.laid!;
  const { nRows: n, map } = passRows;
  const starts = drawn.length;
  const draws = joined(drawn);
  const products = draws.length * n * problem.rows.nFeatures;
  const little = starts * n * (m + 4) <= startLimit.held && products <= productsHere(startLimit.products);
  if (map || !laid.tensor || !little || draws.length === 0) return null;
  const outputs = tidy(() =>
    nativeKernel('LatentKMeansPlusPlus')!({
      ...whole(problem, laid),
      first: tensor1d(
        drawn.map(({ first }) => first),
        'int32',
      ),
      draws: tensor4d(splitDoubles(draws), [2, starts, draws.length / starts / m, m]),
    }),
  );
  const [chosen] = (await read(outputs)) as unknown as Int32Array[];
  await pace();
  const k = chosen.length / starts;
  return drawn.map((_, i) => chosen.subarray(i * k, (i + 1) * k));
}

/** The draws of all, one after the other; from one number to another. */
function joined(all: readonly { draws: Float64Array }[], from = 0, to = Infinity): Float64Array {
  const parts = all.map(({ draws }) => draws.subarray(from, to));
  const out = new Float64Array(parts.reduce((n, part) => n + part.length, 0));
  parts.forEach((part, i) => out.set(part, i * part.length));
  return out;
}

/**
 * Random swaps of several starts at once, as many in a call as are soon done.
 *
 * @returns null where that is none, or equal rows are one: the draws are of all rows
 */
export async function swapByKernel(problem: Problem, searches: readonly Search[]): Promise<Centers | null> {
  const { passRows, pace } = problem;
  const laid = problem.laid!;
  const { nRows: n, map } = passRows;
  const d = problem.rows.nFeatures;
  const count = searches.length;
  const k = searches[0].start.length / d;
  const trials = searches[0].draws.length;
  // A swap is some four passes, and before the first one there are more.
  const most = Math.floor(productsHere(startLimit.products) / (4 * count * n * k * (d + 2))) - 1;
  if (map || !laid.tensor || most < 1 || count * n * (d + 3 * k) > startLimit.held) return null;
  let starts = Float32Array.from(searches.flatMap(({ start }) => Array.from(start)));
  let best = 0;
  for (let done = 0; done < trials; done += most) {
    const draws = splitDoubles(joined(searches, done, done + most));
    const outputs = tidy(() =>
      nativeKernel('LatentRandomSwap')!({
        ...whole(problem, laid),
        starts: tensor3d(starts, [count, k, d]),
        draws: tensor3d(draws, [2, count, draws.length / 2 / count]),
      }),
    );
    const [centers, inertia] = await read(outputs);
    starts = new Float32Array(centers);
    best = inertia.reduce((least, value, i) => (isLower(value, inertia[least]) ? i : least), 0);
    await pace();
  }
  return Float64Array.from(starts.subarray(best * k * d, (best + 1) * k * d));
}
