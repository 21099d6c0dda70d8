import { add, eye, log, mul, reshape, sum, type Tensor } from '@tensorflow/tfjs-core';
import { op } from '../core/op.js';
import { factor } from './cholesky.js';
import { batchShape, checkSquare, flatten } from './matrices.js';

/**
 * The natural logarithm of the determinant of symmetric positive definite matrices, 2 Σ log Lᵢᵢ with A = L Lᵀ.
 *
 * Only the lower triangle of `a` is read. Differentiable as often as you like, by the factor's derivative; the gradient is
 * A⁻¹.
 *
 * @param a [..., M, M] float32, symmetric positive definite
 * @returns [...]; NaN for a matrix that is not positive definite, or not finite, and for no other one of the batch
 * @throws InputError where `a` is not a float32 tensor of square matrices
 *
 * @example
 * ```ts
 * const value = linalg.logDet(tf.tensor2d([[4, 2], [2, 5]])); // log 16 = 2.7726
 * ```
 */
export const logDet = op('logDet', (a: Tensor): Tensor => {
  checkSquare('logDet', 'a', a);
  const l = factor(flatten(a)); // [B, M, M]
  const diagonal = sum(mul(l, eye(l.shape[1]!)), -1); // [B, M]
  // On webgpu the logarithm of NaN is some number, and a product with NaN is NaN.
  const logs = add(log(diagonal), mul(diagonal, 0)); // [B, M]
  return reshape(mul(sum(logs, -1), 2), batchShape(a));
});
