/**
 * The density of a Gaussian mixture, as formulas over tensors: log p_k(x) = log w_k + log|P_k| - D/2 log 2π - |y|²/2 with
 * y = (x - μ_k) P_k. What is fitted and what is asked of a model goes through these.
 */
import {
  add,
  div,
  expandDims,
  log,
  max,
  mul,
  reshape,
  square,
  sub,
  sum,
  tensor,
  tensor1d,
  tensor2d,
  transpose,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { comparable, rowScale } from '../core/rowScale.js';
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

/** P where kernels keep it: the one of their last M-step, which replaced the one before. */
export interface Kept {
  /** [K] log |P_k| */
  readonly logDets: Float64Array;
  /** A copy. */
  read(): Float32Array;
}

/** P on the host. That of our kernels is float32, of which their sums resolve no more. */
export type Factor = Float64Array | Float32Array;

/** A mixture on the host, P as it came. */
export type Numbers = Omit<Mixture, 'precisionsCholesky'> & { readonly precisionsCholesky: Factor };

/** A mixture between two iterations. */
export type State = Omit<Mixture, 'precisionsCholesky'> & { readonly precisionsCholesky: Factor | Kept };

/** Its P on the host. */
export const factorOf = ({ precisionsCholesky: p }: State): Factor => ('read' in p ? p.read() : p);

export function inFloat64(mixture: Numbers): Mixture {
  const { precisionsCholesky: p } = mixture;
  return { ...mixture, precisionsCholesky: p instanceof Float64Array ? p : Float64Array.from(p) };
}

/** The same as float32 tensors. */
export interface MixtureTensors {
  readonly weights: Tensor1D; // [K]
  readonly means: Tensor2D; // [K, D]
  readonly precisionsCholesky: Tensor;
}

export const LOG_2PI = Math.log(2 * Math.PI);

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

/** A row's log densities, weighted, in two parts that float32 holds where it cannot hold their sum. */
export interface LogDensities {
  /** Of each component less the largest: 0 for that one. [N, K] */
  readonly below: Tensor2D;
  /** The largest, -Infinity where it is beyond float32. [N] */
  readonly largest: Tensor1D;
}

/** Squares up to this are float32's, also when they are added up. */
const LARGEST_LENGTH = 1e18;

/** How far a row, and the means, may lie from the origin so that float32 can square every y for certain. */
export function reachOf({ weights, means, precisionsCholesky }: Numbers): number {
  let largest = 0;
  for (const entry of precisionsCholesky) largest = Math.max(largest, Math.abs(entry));
  return (LARGEST_LENGTH * weights.length) / (2 * largest * means.length);
}

/**
 * The same log densities for rows at any distance: beyond 1e19 deviations |y|² is more than float32 holds, and all of them
 * would be -Infinity. There y is measured in units of a scale s, and components are compared by (log p) / s².
 *
 * @param x [N, D]
 * @param reach of `reachOf`
 */
export function logDensities(
  x: Tensor2D,
  { weights, means, precisionsCholesky }: MixtureTensors,
  covariance: Covariance,
  reach: number,
): LogDensities {
  const s = transpose(rowScale(x, means, comparable(reach))); // [1, N]
  const constants = logConstants({ weights, means, precisionsCholesky }, covariance); // [K]
  const y = covariance.whiten(centeredOn(x, means), precisionsCholesky); // [K, N, D]
  const inUnits = sub(
    div(div(expandDims(constants, 1), s), s),
    mul(sum(square(div(y, reshape(s, [1, -1, 1]))), 2), 0.5),
  ); // [K, N]
  const largest = max(inUnits, 0, true); // [1, N]
  // Times s twice: s² may be Infinity, of which 0 would make NaN.
  const grown = (part: Tensor): Tensor2D => mul(mul(part, s), s);
  return {
    below: transpose(grown(sub(inUnits, largest))),
    largest: reshape(grown(largest), [-1]),
  };
}

/** A float32 P may be the tensor's own then. */
export function toTensors(mixture: Numbers, covariance: Covariance): MixtureTensors {
  const { weights, means, precisionsCholesky: p } = mixture;
  const k = weights.length;
  const d = means.length / k;
  return {
    weights: tensor1d(Float32Array.from(weights)),
    means: tensor2d(Float32Array.from(means), [k, d]),
    precisionsCholesky: tensor(p instanceof Float32Array ? p : Float32Array.from(p), covariance.shape(k, d)),
  };
}
