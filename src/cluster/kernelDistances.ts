/**
 * Squared distances of rows to a few points in the native kernel (native/distances.cc). This file is registered with it, not
 * imported (`kernelCode`).
 */
import { tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { partsOf, rowsOfCall, type Laid, type Part } from '../core/laid.js';
import { joinHalves, nativeKernel, splitDoubles } from '../core/native.js';
import { read, release } from '../core/read.js';
import type { Problem } from './problem.js';
import type { Nearest } from './seeding.js';

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
    const { distances } = await measured(part, laid.shift, n, points, none, none);
    part.dispose();
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
      const found = await measured(part, laid.shift, end - start, points, known, weights[i]);
      part.dispose();
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
