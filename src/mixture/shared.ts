/**
 * The pass as a native kernel (`native/shared.cc`) where components share one covariance, or scale each feature by itself:
 * rows are read where they lie, once. This file is registered with the kernel, not imported (`kernelCode`).
 */
import { dispose, scalar, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { layOut, partsOf, rowsOfCall, type Laid, type Part } from '../core/laid.js';
import { joinHalves, nativeKernel, splitTensor } from '../core/native.js';
import { digest } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import type { Covariance } from './covariance.js';
import type { State } from './density.js';
import {
  merge,
  type Native,
  type Problem,
  type Responsibilities,
  type Statistics,
  type Winners,
} from './em.js';
import { logConstantsOf } from './host.js';
import { NATS, screens, WHOLE } from './screen.js';

/**
 * From this many features on the kernel is faster than tensor operations; and how many deviations a mean may be from the
 * rows' where all share a covariance: a row and the mean are subtracted in its frame, which costs digits of what is far.
 * Tests set both.
 */
export const sharedLimit = { features: 4, far: 256 };

export const isNative = ({ triangular }: Covariance, d: number): boolean =>
  !triangular && d >= sharedLimit.features;

/** As many as tensor operations hold, which may have to do it. */
export const nativeWidth = (k: number, d: number): number => 3 * k * d;

/** Yours to free. */
export function nativeOf(rows: Rows): Native {
  const laid = layOut(rows, 0);
  const pass = (problem: Problem, _: Native, mixture: State, winners: Winners, given?: Responsibilities) =>
    sharedPass(problem, laid, mixture, winners, given);
  return { pass, dispose: () => laid.dispose() };
}

/** A mixture as the kernel takes it. */
interface Params {
  /** [K * D] of the data, or in the frame that all share */
  readonly means: Float64Array;
  /** [K * D], or none */
  readonly scales: Float32Array;
  /** [D, D], or none */
  readonly factor: Float32Array;
}

function paramsOf({ weights, means, precisionsCholesky: p }: State, { broadcast }: Covariance): Params {
  const k = weights.length;
  const d = means.length / k;
  if (!broadcast) {
    const factor = Float32Array.from(p);
    return { means: inFrame(means, factor, d), scales: new Float32Array(0), factor };
  }
  const scales = Float32Array.from(means, (_, at) => p[Math.floor((at * p.length) / means.length)]);
  return { means, scales, factor: new Float32Array(0) };
}

/** μ P of each mean, as float32 sees it. */
function inFrame(means: Float64Array, p: Float32Array, d: number): Float64Array {
  const out = new Float64Array(means.length);
  for (let start = 0; start < means.length; start += d) {
    for (let i = 0; i < d; i++) {
      const mean = Math.fround(means[start + i]);
      for (let j = i; j < d; j++) out[start + j] += mean * p[i * d + j];
    }
  }
  return out;
}

/** As `pass` of em.ts; null where a mean is too far away. */
async function sharedPass(
  { rows, weight, covariance, pace }: Problem,
  laid: Laid,
  mixture: State,
  winners: Winners,
  given?: Responsibilities,
): Promise<Statistics | null> {
  const kernel = nativeKernel('LatentMixtureSharedPass')!;
  const k = mixture.weights.length;
  const d = rows.nFeatures;
  const { means, scales, factor } = paramsOf(mixture, covariance);
  if (!covariance.broadcast && means.some((m) => Math.abs(m) > sharedLimit.far)) return null;
  const params = {
    means: tensor2d(new Float32Array(means), [k, d]),
    scales: tensor1d(scales),
    factor: tensor1d(factor),
    constants: splitTensor(logConstantsOf(mixture, covariance)),
    reach: scalar(screens(k, d) ? NATS : WHOLE),
  };
  const accumulate = async ({ x: part, start, end }: Batch<Part>) => {
    const outputs = tidy(() => {
      const { constants, reach, ...frame } = params;
      const range = tensor1d([part.first, end - start], 'int32');
      const weights: Tensor = weight ? splitTensor(weight.subarray(start, end)) : tensor1d([]);
      const r = given ? given(start, end) : tensor1d([]);
      const data = { x: part.x, range, origin: laid.shift };
      return kernel({ ...data, ...frame, constants, weights, given: r, reach });
    });
    const statistics = await digest(outputs, (...all) => {
      const [totals, first, second] = all.map(joinHalves);
      return { logLikelihood: totals[k], counts: totals.subarray(0, k), first, second };
    });
    return { statistics, memo: null };
  };
  try {
    const products = k * d + factor.length;
    const parts = partsOf(rows, laid, laid.tensor ? rowsOfCall(products) : rows.batchRows);
    const sums = await fold(parts, accumulate, merge, winners as null[], pace);
    return covariance.broadcast ? sums : inWhole(sums, means);
  } finally {
    dispose(params);
  }
}

/** Of the mixture that one frame is of: Σ r y about its exact means, Σ r y yᵀ [D * D]. */
function inWhole({ first, second, ...rest }: Statistics, means: Float64Array): Statistics {
  const d = first.length / rest.counts.length;
  // The kernel saw the rounded means of the frame.
  for (let at = 0; at < first.length; at++) {
    first[at] += rest.counts[Math.floor(at / d)] * (Math.fround(means[at]) - means[at]);
  }
  const whole = new Float64Array(d * d); // its lower triangle: nobody reads the other
  for (let i = 0, at = 0; i < d; at += ++i) whole.set(second.subarray(at, at + i + 1), i * d);
  return { ...rest, first, second: whole };
}
