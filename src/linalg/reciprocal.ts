import {
  abs,
  greater,
  max,
  mul,
  neg,
  onesLike,
  reciprocal,
  square,
  where,
  zerosLike,
  type Tensor,
} from '@tensorflow/tfjs-core';
import { withDerivative } from './derivative.js';

/** The rounding of float32, 2⁻²³. */
const EPSILON = 2 ** -23;

/**
 * What eigenvalues or singular values of an M x N matrix are certain to: max(M, N) ε times the largest, NumPy's convention
 * for the rank. Values nearer than that are one value, and smaller ones are 0.
 *
 * @param values [B, K]
 * @param size max(M, N)
 * @returns [B, 1]
 */
export function uncertainty(values: Tensor, size: number): Tensor {
  return mul(max(abs(values), -1, true), size * EPSILON);
}

/**
 * 1 / x, and 0 with a derivative of 0 where |x| does not exceed `smallest`.
 *
 * @param smallest broadcasts to x; a constant, whatever it was computed from
 */
export function reciprocalOrZero(x: Tensor, smallest: Tensor): Tensor {
  // A comparison has no gradient in tfjs and must stay off the tape: it is made inside the forward function.
  const guarded = withDerivative(
    (x) => {
      const counts = greater(abs(x), smallest);
      return where(counts, reciprocal(where(counts, x, onesLike(x))), zerosLike(x));
    },
    (dy, y) => [neg(mul(dy, square(y)))],
  );
  return guarded(x);
}
