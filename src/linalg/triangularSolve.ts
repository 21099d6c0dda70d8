import { matMul, neg, type Tensor } from '@tensorflow/tfjs-core';
import { bool, checkOptions, show } from '../core/checks.js';
import { InputError } from '../core/errors.js';
import { op } from '../core/op.js';
import { withDerivative } from './derivative.js';
import { runTriangularSolve } from './kernels.js';
import { batchShape, checkMatrices, checkSquare, flatten, unflatten } from './matrices.js';
import { triangle } from './triangle.js';

/** Options of {@link triangularSolve}. */
export interface TriangularSolveOptions {
  /** The lower triangle of `l` is the matrix (true, the default), or the upper one. */
  lower?: boolean;
  /** Solve with the transpose of that matrix; false by default. */
  adjoint?: boolean;
}

/**
 * Solves T X = B, or Tᵀ X = B, for batches [B, M, M] and [B, M, N]; T is one triangle of `t`.
 *
 * With X = T⁻¹ B the gradients are B̄ = T⁻ᵀ X̄ and T̄ = -B̄ Xᵀ; with X = T⁻ᵀ B they are B̄ = T⁻¹ X̄ and T̄ = -X B̄ᵀ. Of T̄ the
 * triangle that is read counts.
 */
export function solveTriangular(t: Tensor, b: Tensor, lower: boolean, adjoint: boolean): Tensor {
  const solve = withDerivative(
    (t, b) => runTriangularSolve(t, b, lower, adjoint),
    (dx, x, [t]) => {
      const db = solveTriangular(t, dx, lower, !adjoint); // [B, M, N]
      const dt = adjoint ? matMul(x, db, false, true) : matMul(db, x, false, true); // [B, M, M]
      return [neg(triangle(dt, lower)), db];
    },
  );
  return solve(t, b);
}

/**
 * Solves triangular systems T X = B, where T is one triangle of `l`; the other triangle is not read.
 *
 * Differentiable in both arguments, as often as you like; the gradient of `l` is zero in the triangle that is not read.
 *
 * @param l [..., M, M] float32
 * @param b [..., M, N] float32, with the leading dimensions of `l`
 * @param options `lower` (true): the lower triangle is T, else the upper one; `adjoint` (false): solve Tᵀ X = B instead
 * @returns X [..., M, N]. Where a T has a zero on its diagonal, or an entry that is not finite, its X is NaN; the rest of
 *   the batch is not affected.
 * @throws InputError where a shape, a dtype or an option is wrong
 *
 * @example
 * ```ts
 * const l = tf.tensor2d([[2, 0], [1, 4]]);
 * const x = linalg.triangularSolve(l, tf.tensor2d([[2], [5]])); // [[1], [1]]
 * ```
 */
export const triangularSolve = op(
  'triangularSolve',
  (l: Tensor, b: Tensor, options?: TriangularSolveOptions): Tensor => {
    checkSquare('triangularSolve', 'l', l);
    checkMatrices('triangularSolve', 'b', b);
    checkOptions('linalg.triangularSolve', options, { lower: bool, adjoint: bool });
    const matches = l.shape.at(-1) === b.shape.at(-2) && batchShape(l).join() === batchShape(b).join();
    if (!matches) {
      throw new InputError(
        `linalg.triangularSolve: b must have shape [${[...l.shape.slice(0, -1), 'N'].join(', ')}] beside l, ${show(l)}; ` +
          `got ${show(b)}. Leading dimensions are not broadcast: tf.broadcastTo or tf.tile makes them equal.`,
      );
    }
    const { lower = true, adjoint = false } = options ?? {};
    return unflatten(solveTriangular(flatten(l), flatten(b), lower, adjoint), b);
  },
);
