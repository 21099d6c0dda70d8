import { eye, matMul, mul, sub, type Tensor } from '@tensorflow/tfjs-core';
import { op } from '../core/op.js';
import { withDerivative } from './derivative.js';
import { runCholesky } from './kernels.js';
import { checkSquare, flatten, symmetrised, transposeEach, unflatten } from './matrices.js';
import { triangle } from './triangle.js';
import { solveTriangular } from './triangularSolve.js';

/**
 * The lower Cholesky factor L of each matrix of a batch [B, M, M], A = L Lᵀ.
 *
 * Ā is the symmetric part of L⁻ᵀ Φ(Lᵀ L̄) L⁻¹, where Φ takes the lower triangle and halves its diagonal (Murray 2016,
 * "Differentiation of the Cholesky decomposition", section 3).
 */
export const factor = withDerivative(runCholesky, (dl, l) => {
  const halvesDiagonal = sub(1, mul(eye(l.shape[1]!), 0.5)); // [M, M]
  const phi = triangle(mul(matMul(l, dl, true), halvesDiagonal), true); // [B, M, M]
  const left = solveTriangular(l, phi, true, true); // L⁻ᵀ Φ
  return [symmetrised(solveTriangular(l, transposeEach(left), true, true))]; // of (L⁻ᵀ Φ L⁻¹)ᵀ
});

/**
 * The lower Cholesky factor of symmetric positive definite matrices, A = L Lᵀ.
 *
 * Only the lower triangle of `a` is read. Differentiable as often as you like; the gradient is symmetric, which is the one
 * to use with a symmetric `a`.
 *
 * @param a [..., M, M] float32, symmetric positive definite
 * @returns L [..., M, M], zeros above the diagonal. A matrix that is not positive definite, or not finite, gives a matrix of
 *   NaN; the rest of the batch is not affected.
 * @throws InputError where `a` is not a float32 tensor of square matrices
 *
 * @example
 * ```ts
 * const l = linalg.cholesky(tf.tensor2d([[4, 2], [2, 5]])); // [[2, 0], [1, 2]]
 * ```
 */
export const cholesky = op('cholesky', (a: Tensor): Tensor => {
  checkSquare('cholesky', 'a', a);
  return unflatten(factor(flatten(a)), a);
});
