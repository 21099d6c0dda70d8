import {
  concat,
  matMul,
  mul,
  onesLike,
  relu,
  square,
  sum,
  transpose,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { op } from '../core/op.js';

/**
 * Squared Euclidean distances of every row of `x` to every row of `y`, by products: |x|² - 2 x·y + |y|², never below 0.
 *
 * In float32 the result is off by up to about 1e-6 (|x|² + |y|²), whatever the distance is: shift both so that rows
 * that are near each other are near the origin, and take differences where such distances are reported.
 *
 * @param x [N, D]
 * @param y [M, D]
 * @returns [N, M]
 */
export const squaredDistances = op('squaredDistances', (x: Tensor2D, y: Tensor2D): Tensor2D => {
  const x2 = sum(square(x), 1, true); // [N, 1]
  const y2 = sum(square(y), 1, true); // [M, 1]
  // The norms ride along as columns of the product: one pass over [N, M] instead of three.
  const left = concat([x, x2, onesLike(x2)], 1); // [N, D + 2]
  const right = concat([mul(y, -2), onesLike(y2), y2], 1); // [M, D + 2]
  // Transposed beforehand: wasm multiplies slowly when asked to transpose on the way.
  return relu(matMul(left, transpose(right)));
});

/**
 * Euclidean distances of every row of `x` to every row of `y`, by differences in float64 on the host: right to the last
 * digit that float32 holds, and exactly 0 between equal rows. For few rows; `squaredDistances` is for many.
 *
 * @param x [N * D] rows, one after the other
 * @param y [M * D]
 * @param nFeatures D
 * @returns [N * M]
 */
export function distancesByDifference(x: Float64Array, y: Float64Array, nFeatures: number): Float32Array {
  const out = new Float32Array((x.length / nFeatures) * (y.length / nFeatures));
  let at = 0;
  for (let i = 0; i < x.length; i += nFeatures) {
    for (let j = 0; j < y.length; j += nFeatures) {
      let total = 0;
      for (let k = 0; k < nFeatures; k++) {
        const difference = x[i + k] - y[j + k];
        total += difference * difference;
      }
      out[at++] = Math.sqrt(total);
    }
  }
  return out;
}
