/**
 * The rows that K-means' kernels pass over. This file is registered with them, not imported (`kernelCode`).
 */
import { clone, type Tensor2D } from '@tensorflow/tfjs-core';
import { layOut, type Laid } from '../core/laid.js';
import { nativeKernel } from '../core/native.js';
import type { Rows } from '../core/rows.js';
import type { Placed } from './problem.js';

/**
 * Where the native kernel looks for them (native/distinct.cc): up to so many features, as more are seldom equal, and from so
 * many rows, of which few are little work, to so many: the event loop waits for some 10 ns each. Of 10,000 rows without equals its sample takes 3 % of 20 iterations with 3
 * features, 4 % with 16, 7 % with 64; of 100,000 rows, all but 40,000 of them equals, a fit takes half as long with either.
 */
export const distinctLimit = { features: 16, least: 2 ** 12, rows: 2 ** 21 };

/**
 * As `distinctRows` of distinct.ts, of rows that are laid out for native kernels.
 *
 * @returns values [M, D], which are yours to free; null also where they are not looked for
 */
export async function distinctTensor(x: Tensor2D): Promise<{ values: Tensor2D; map: Int32Array } | null> {
  const kernel = nativeKernel('LatentDistinctRows');
  const [n, d] = x.shape;
  const { features, least, rows } = distinctLimit;
  if (!kernel || d > features || n < least || n > rows) return null;
  const [values, numbers] = kernel({ x });
  const map = await numbers.data<'int32'>().finally(() => numbers.dispose());
  if (values.shape[0] > 0) return { values: values as Tensor2D, map };
  values.dispose();
  return null;
}

/** Other rows in place of those laid out, which are freed, about the same shift. */
function replaced(laid: Laid, tensor: Tensor2D): Laid {
  const shift = clone(laid.shift);
  laid.dispose();
  const dispose = () => {
    tensor.dispose();
    shift.dispose();
  };
  return { tensor, shift, dispose };
}

/**
 * The distinct rows, where they are at most half of them and few features make it likely; else all as they lie.
 *
 * @param held so many numbers may be copied
 */
export async function laidRows(rows: Rows, held: number): Promise<Placed> {
  const laid = layOut(rows, held);
  try {
    const distinct = laid.tensor && (await distinctTensor(laid.tensor));
    if (!distinct) return { host: null, laid, map: null };
    return { host: null, laid: replaced(laid, distinct.values), map: distinct.map };
  } catch (error) {
    laid.dispose();
    throw error;
  }
}
