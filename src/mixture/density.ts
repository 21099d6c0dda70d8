/**
 * The density of a Gaussian mixture, as formulas over tensors: log p_k(x) = log w_k + log|P_k| - D/2 log 2π - |y|²/2 with
 * y = (x - μ_k) P_k. What is fitted and what is asked of a model goes through these.
 */
import {
  add,
  expandDims,
  log,
  mul,
  square,
  sub,
  sum,
  tensor,
  tensor1d,
  tensor2d,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import type { Covariance } from './covariance.js';

/** A mixture on the host, means relative to the data's origin. */
export interface Mixture {
  /** [K] */
  readonly weights: Float64Array;
  /** [K * D] */
  readonly means: Float64Array;
  /** As the covariance type's shape says. */
  readonly precisionsCholesky: Float64Array;
}

/** The same as float32 tensors. */
export interface MixtureTensors {
  readonly weights: Tensor1D; // [K]
  readonly means: Tensor2D; // [K, D]
  readonly precisionsCholesky: Tensor;
}

const LOG_2PI = Math.log(2 * Math.PI);

/** Rows seen from each component: x - μ_k. [N, D], [K, D] -> [K, N, D] */
export const centeredOn = (x: Tensor2D, means: Tensor2D): Tensor3D =>
  sub(expandDims(x, 0), expandDims(means, 1));

/** log w_k + log |P_k| - D/2 log 2π: what a component's log density has besides its distance. [K] */
export function logConstants(
  { weights, means, precisionsCholesky }: MixtureTensors,
  covariance: Covariance,
): Tensor1D {
  const d = means.shape[1];
  return sub(add(log(weights), covariance.logDet(precisionsCholesky, d)), (d / 2) * LOG_2PI);
}

/** Weighted log densities from the rows in each component's frame. y [K, N, D] -> [K, N] */
export const logJoint = (y: Tensor3D, constants: Tensor1D): Tensor2D =>
  sub(expandDims(constants, 1), mul(sum(square(y), 2), 0.5));

export function toTensors(mixture: Mixture, covariance: Covariance): MixtureTensors {
  const { weights, means, precisionsCholesky } = mixture;
  const k = weights.length;
  const d = means.length / k;
  return {
    weights: tensor1d(Float32Array.from(weights)),
    means: tensor2d(Float32Array.from(means), [k, d]),
    precisionsCholesky: tensor(Float32Array.from(precisionsCholesky), covariance.shape(k, d)),
  };
}
