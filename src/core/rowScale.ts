import {
  abs,
  customGrad,
  getBackend,
  max,
  maximum,
  mul,
  onesLike,
  zeros,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/**
 * Up to where numbers may go whose squares are added up and compared: on webgl a minimum or maximum along an axis begins at
 * ±1e20, and is that where every number is beyond it. There ten powers of ten less are taken, of which the squares of ten
 * thousand features stay below.
 *
 * @param largest what float32 can square
 */
export const comparable = (largest: number): number => (getBackend() === 'webgl' ? largest * 1e-10 : largest);

/**
 * What to divide each row by so that float32 can square it: 1, exactly, where neither an entry of the row nor one of `all`
 * is larger than `largest`. Without gradient: what is divided by it and multiplied again has that of the plain formula.
 *
 * @param x [N, D]
 * @param all of the same unit, for every row
 * @param largest above 0
 * @returns [N, 1], at least 1; NaN or Infinity for a row that is not finite
 */
export function rowScale(x: Tensor2D, all: Tensor2D, largest: number): Tensor2D {
  const scale = customGrad((...given) => {
    const [rows, others] = given as Tensor[];
    const farthest = maximum(max(abs(rows), 1, true), max(abs(others))); // [N, 1]
    return {
      value: maximum(mul(farthest, 1 / largest), onesLike(farthest)),
      gradFunc: () => [zeros(x.shape), zeros(all.shape)],
    };
  });
  return scale(x, all) as Tensor2D;
}
