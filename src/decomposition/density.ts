import {
  add,
  matMul,
  square,
  sub,
  sum,
  tensor1d,
  transpose,
  mul,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';

/** The parts of probabilistic PCA's density: W [M, D] orthonormal, λ [M] variances along it, noise in all other directions. */
export interface Density {
  readonly components: Tensor2D;
  readonly mean: Tensor1D;
  readonly variances: Float64Array;
  readonly noise: number;
}

/**
 * log N(x | m, C), C = Wᵀ diag(λ - noise) W + noise I, without forming C: the rows' part inside the subspace is measured
 * by λ, what is left of them by the noise.
 *
 * Tipping and Bishop, Probabilistic principal component analysis, JRSS B 1999.
 *
 * @param x [N, D]
 * @returns [N]
 */
export function logDensity(x: Tensor2D, { components, mean, variances, noise }: Density): Tensor1D {
  const [m, d] = components.shape;
  const centered = sub(x, mean) as Tensor2D; // [N, D]
  const z = matMul(centered, transpose(components)) as Tensor2D; // [N, M]
  const inside = sum(mul(square(z), tensor1d(Float32Array.from(variances, (value) => 1 / value))), 1); // [N]
  let logDet = variances.reduce((total, value) => total + Math.log(value), d * Math.log(2 * Math.PI));
  if (m === d) return mul(add(inside, logDet), -0.5) as Tensor1D;
  logDet += (d - m) * Math.log(noise);
  const residual = sub(centered, matMul(z, components)); // [N, D]
  const outside = mul(sum(square(residual), 1), 1 / noise); // [N]
  return mul(add(add(inside, outside), logDet), -0.5) as Tensor1D;
}
