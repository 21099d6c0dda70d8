import { tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Pace } from '../core/iterate.js';
import { layOut, rowsOfCall } from '../core/laid.js';
import { nativeKernel, type NativeKernel } from '../core/native.js';
import { digest } from '../core/read.js';
import type { Points } from './blocks.js';
import type { Labeling } from './labels.js';

/**
 * `clusterDistances` by the native kernel (native/pairs.cc), block by block: it multiplies a block's rows with all others,
 * as they lie, and adds a distance to the sums while it is in a register. Each distance is computed twice, once for either
 * row: the sums of all rows need not be kept, nor a copy of the rows in the blocks' order. This file is registered with the
 * kernel, not imported (`kernelCode`).
 *
 * @param blocks points that are near each other: products lose digits of what is small against a block's spread
 */
export async function kernelDistances(
  { rows, chosen }: Points,
  labelings: readonly Labeling[],
  blocks: readonly Int32Array[],
  pace: Pace,
  visit: (point: number, sums: Float64Array, offset: number) => void,
): Promise<void> {
  const kernel = nativeKernel('LatentClusterDistances')!;
  const laid = layOut(rows, Infinity);
  const { codes, width } = columnsOf(labelings);
  const fixed = {
    x: laid.tensor!,
    order: tensor1d(chosen, 'int32'),
    codes,
    width: tensor1d([width], 'int32'),
  };
  const room = new Float64Array(Math.max(...blocks.map(({ length }) => length)) * width);
  try {
    for (const block of blocks) {
      const step = rowsOfCall(block.length * rows.nFeatures);
      const sums = room.subarray(0, block.length * width).fill(0);
      for (let start = 0; start < chosen.length; start += step) {
        await digest(call(kernel, fixed, block, start, Math.min(step, chosen.length - start)), (both) => {
          for (let at = 0; at < sums.length; at++) sums[at] += both[at] + both[sums.length + at];
        });
        await pace();
      }
      block.forEach((point, i) => visit(point, sums, i * width));
    }
  } finally {
    laid.dispose();
    for (const each of [fixed.order, fixed.codes, fixed.width]) each.dispose();
  }
}

/** Each labeling's labels as columns of the sums, side by side. [L, M] */
function columnsOf(labelings: readonly Labeling[]): { codes: Tensor; width: number } {
  const n = labelings[0].codes.length;
  const all = new Int32Array(labelings.length * n);
  let width = 0;
  labelings.forEach(({ codes, counts }, l) => {
    for (let i = 0; i < n; i++) all[l * n + i] = width + codes[i];
    width += counts.length;
  });
  return { codes: tensor2d(all, [labelings.length, n], 'int32'), width };
}

/** Sums of a block's distances to points `start` to `start + count` [2, n, W]. */
const call = (
  kernel: NativeKernel,
  { x, order, codes, width }: Record<'x' | 'order' | 'codes' | 'width', Tensor>,
  block: Int32Array,
  start: number,
  count: number,
): Tensor[] =>
  tidy(() => {
    const range = tensor1d([start, count], 'int32');
    return kernel({ x, order, block: tensor1d(block, 'int32'), range, codes, width });
  });
