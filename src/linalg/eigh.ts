import { add, expandDims, eye, matMul, mul, reshape, slice, sub, type Tensor } from '@tensorflow/tfjs-core';
import { op } from '../core/op.js';
import { withDerivative } from './derivative.js';
import { runEigh } from './kernels.js';
import { checkSquare, flatten, pack, symmetrised, unflatten } from './matrices.js';
import { reciprocalOrZero, uncertainty } from './reciprocal.js';

/** values w [B, M] and vectors V [B, M, M]. */
interface Parts {
  values: Tensor;
  vectors: Tensor;
}

function unpack(packed: Tensor): Parts {
  const [b, rows, m] = packed.shape;
  return {
    values: reshape(slice(packed, [0, 0, 0], [b, 1, m]), [b, m]),
    vectors: slice(packed, [0, 1, 0], [b, rows - 1, m]),
  };
}

/**
 * The eigendecompositions of a batch [B, M, M], packed (a custom gradient returns one tensor): w [B, 1, M] over V [B, M, M].
 *
 * Ā is the symmetric part of V (diag(w̄) + F ∘ VᵀV̄) Vᵀ with F_ij = 1 / (w_j - w_i), and 0 where w_i and w_j are one
 * eigenvalue (Giles 2008, "Collected matrix derivative results", 3.1).
 */
const decompose = withDerivative(
  (a) => {
    const [values, vectors] = runEigh(a);
    return pack([expandDims(values, 1), vectors]);
  },
  (dy, y) => {
    const { values, vectors } = unpack(y);
    const { values: dValues, vectors: dVectors } = unpack(dy);
    const gaps = sub(expandDims(values, 1), expandDims(values, 2)); // [B, M, M] w_j - w_i
    const f = reciprocalOrZero(gaps, expandDims(uncertainty(values, values.shape[1]!), 2));
    const inner = add(
      mul(expandDims(dValues, 1), eye(values.shape[1]!)),
      mul(f, matMul(vectors, dVectors, true)),
    ); // [B, M, M]
    return [symmetrised(matMul(vectors, matMul(inner, vectors, false, true)))];
  },
);

/**
 * Eigenvalues and eigenvectors of symmetric matrices, A = V diag(w) Vᵀ.
 *
 * Only the lower triangle of `a` is read. The sign of an eigenvector is arbitrary, as is the basis of a repeated
 * eigenvalue's eigenvectors: only functions that do not depend on them have a gradient. It is symmetric; pairs of eigenvalues
 * that float32 cannot tell apart (nearer than M · 2⁻²³ of the largest) contribute 0 to it, so the gradient of V f(w) Vᵀ
 * lacks their part. Differentiable as often as you like.
 *
 * @param a [..., M, M] float32, symmetric
 * @returns values [..., M], ascending, and vectors [..., M, M], one unit eigenvector a column. A matrix that is not finite
 *   gives NaN; the rest of the batch is not affected.
 * @throws InputError where `a` is not a float32 tensor of square matrices
 *
 * @example
 * ```ts
 * const { values, vectors } = linalg.eigh(tf.tensor2d([[2, 1], [1, 2]])); // values [1, 3]
 * ```
 */
export const eigh = op('eigh', (a: Tensor): { values: Tensor; vectors: Tensor } => {
  checkSquare('eigh', 'a', a);
  const { values, vectors } = unpack(decompose(flatten(a)));
  return { values: unflatten(values, a), vectors: unflatten(vectors, a) };
});
