import {
  greaterEqual,
  lessEqual,
  range,
  reshape,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';

/**
 * One triangle of each matrix with its diagonal, zeros elsewhere: what is dropped may be NaN.
 *
 * @param x [..., M, N]
 * @param lower the lower triangle, or the upper one
 */
export function triangle(x: Tensor, lower: boolean): Tensor {
  if (x.size === 0) return x; // tfjs does not broadcast to a batch of none
  const [m, n] = x.shape.slice(-2);
  const rows = reshape(range(0, m), [m, 1]);
  const columns = range(0, n);
  const kept = lower ? greaterEqual(rows, columns) : lessEqual(rows, columns); // [M, N]
  return where(kept, x, zerosLike(x));
}
