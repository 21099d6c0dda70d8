import { add, expandDims, eye, matMul, mul, reshape, slice, sub, type Tensor } from '@tensorflow/tfjs-core';
import { op } from '../core/op.js';
import { withDerivative } from './derivative.js';
import { runSvd } from './kernels.js';
import { checkMatrices, flatten, pack, transposeEach, unflatten } from './matrices.js';
import { reciprocalOrZero, uncertainty } from './reciprocal.js';

/** u [B, M, K], s [B, K], v [B, N, K] with K = min(M, N). */
interface Parts {
  u: Tensor;
  s: Tensor;
  v: Tensor;
}

/** The decompositions of a batch [B, M, N], packed as a custom gradient returns one tensor: u over s over v, [B, M + 1 + N, K]. */
const decompose = withDerivative(
  (a) => {
    const [s, u, v] = runSvd(a);
    return pack([u, expandDims(s, 1), v]);
  },
  (dy, y, [a]) => [pullBack(unpack(dy, a), unpack(y, a))],
);

function unpack(packed: Tensor, a: Tensor): Parts {
  const [b, m, n] = a.shape;
  const k = Math.min(m, n);
  return {
    u: slice(packed, [0, 0, 0], [b, m, k]),
    s: reshape(slice(packed, [0, m, 0], [b, 1, k]), [b, k]),
    v: slice(packed, [0, m + 1, 0], [b, n, k]),
  };
}

/**
 * Ā = (U G + (I - U Uᵀ) Ū S⁻¹) Vᵀ + U ((I - V Vᵀ) V̄ S⁻¹)ᵀ
 * with G = diag(s̄) + (F ∘ (UᵀŪ - ŪᵀU)) S + S (F ∘ (VᵀV̄ - V̄ᵀV)) and F_ij = 1 / (s_j² - s_i²); F is 0 where s_i and s_j are
 * one value, S⁻¹ where s is 0 (Townsend 2016, "Differentiating the singular value decomposition").
 */
function pullBack({ u: du, s: ds, v: dv }: Parts, { u, s, v }: Parts): Tensor {
  const [m, n, k] = [u.shape[1]!, v.shape[1]!, s.shape[1]!];
  const smallest = expandDims(uncertainty(s, Math.max(m, n)), 2); // [B, 1, 1]
  const row = expandDims(s, 1); // [B, 1, K]
  const column = expandDims(s, 2); // [B, K, 1]
  const f = mul(reciprocalOrZero(sub(row, column), smallest), reciprocalOrZero(add(row, column), smallest));
  const turnU = mul(mul(f, turn(u, du)), row); // [B, K, K]
  const turnV = mul(column, mul(f, turn(v, dv)));
  const g = add(mul(expandDims(ds, 1), eye(k)), add(turnU, turnV));
  const inverse = reciprocalOrZero(row, smallest); // [B, 1, K]
  // A square U or V has nothing outside its span: what rounding leaves there would be divided by small values.
  const left = m > k ? add(matMul(u, g), mul(outside(u, du), inverse)) : matMul(u, g); // [B, M, K]
  const da = matMul(left, v, false, true); // [B, M, N]
  return n > k ? add(da, matMul(u, mul(outside(v, dv), inverse), false, true)) : da;
}

/** XᵀX̄ - X̄ᵀX, how the vectors turn among themselves. */
function turn(x: Tensor, dx: Tensor): Tensor {
  const product = matMul(x, dx, true);
  return sub(product, transposeEach(product));
}

/** (I - X Xᵀ) X̄, what leaves their span. */
function outside(x: Tensor, dx: Tensor): Tensor {
  return sub(dx, matMul(x, matMul(x, dx, true)));
}

/**
 * The thin singular value decomposition of matrices of any shape, A = U diag(s) Vᵀ with K = min(M, N).
 *
 * The signs of a pair of singular vectors are arbitrary together, as is the basis that belongs to a repeated value: only
 * functions that do not depend on them have a gradient. Pairs of values that float32 cannot tell apart (nearer than
 * max(M, N) · 2⁻²³ of the largest) contribute 0 to it, and so do values that it cannot tell from 0: the gradient of
 * U f(s) Vᵀ lacks their part. Differentiable as often as you like.
 *
 * @param a [..., M, N] float32
 * @returns u [..., M, K] and v [..., N, K], one singular vector a column, and s [..., K], descending. A matrix that is not
 *   finite gives NaN; the rest of the batch is not affected.
 * @throws InputError where `a` is not a float32 tensor of matrices
 *
 * @example
 * ```ts
 * const { u, s, v } = linalg.svd(tf.tensor2d([[3, 0], [0, 4], [0, 0]])); // s [4, 3]
 * ```
 */
export const svd = op('svd', (a: Tensor): { u: Tensor; s: Tensor; v: Tensor } => {
  checkMatrices('svd', 'a', a);
  const flat = flatten(a);
  const { u, s, v } = unpack(decompose(flat), flat);
  return { u: unflatten(u, a), s: unflatten(s, a), v: unflatten(v, a) };
});
