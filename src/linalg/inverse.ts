import { matMul, neg, type Tensor } from '@tensorflow/tfjs-core';
import { op } from '../core/op.js';
import { withDerivative } from './derivative.js';
import { runInverse } from './kernels.js';
import { checkSquare, flatten, unflatten } from './matrices.js';

/** The inverse Y of each matrix of a batch [B, M, M]; Ā = -Yᵀ Ȳ Yᵀ. */
const invert = withDerivative(runInverse, (dy, y) => [neg(matMul(matMul(y, dy, true), y, false, true))]);

/**
 * The inverse of square matrices, symmetric or not.
 *
 * Differentiable as often as you like. To solve a system with a symmetric positive definite matrix, `cholesky` and
 * `triangularSolve` are faster and more accurate.
 *
 * @param a [..., M, M] float32
 * @returns A⁻¹ [..., M, M]. A matrix that elimination finds singular, or that is not finite, gives a matrix of NaN; the rest
 *   of the batch is not affected. Rounding may hide that a matrix is singular: its inverse is then very large.
 * @throws InputError where `a` is not a float32 tensor of square matrices
 *
 * @example
 * ```ts
 * const y = linalg.inverse(tf.tensor2d([[2, 1], [0, 4]])); // [[0.5, -0.125], [0, 0.25]]
 * ```
 */
export const inverse = op('inverse', (a: Tensor): Tensor => {
  checkSquare('inverse', 'a', a);
  return unflatten(invert(flatten(a)), a);
});
