/**
 * The pass as a native kernel (`native/shared.cc`) where components share one covariance, or scale each feature by itself:
 * rows are read where they lie, once. This file is registered with the kernel, not imported (`kernelCode`).
 */
import { dispose, scalar, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { layOut, partsOf, rowsOfCall, type Laid, type Part } from '../core/laid.js';
import { asDoubles, asFloats, joinHalves, nativeKernel, splitTensor } from '../core/native.js';
import { digest, release } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { COVARIANCES, type Covariance } from './covariance.js';
import { factorOf, type Numbers, type State } from './density.js';
import {
  freeWinners,
  merge,
  type Found,
  type Native,
  type Problem,
  type Responsibilities,
  type Statistics,
  type Step,
  type Winners,
} from './em.js';
import { logConstantsOf } from './host.js';
import { Factors, nativeOf as nativeOfEach, refine } from './native.js';
import { NATS, screens, WHOLE } from './screen.js';

/**
 * How many deviations a mean may be from the rows' where all share a covariance: a row and the mean are subtracted in its
 * frame, which costs digits of what is far. Tests set it.
 */
export const sharedLimit = { far: 256 };

/** float32 numbers that a pass holds for one row: it in the frame, and float64 log densities. */
export const nativeWidth = (k: number, d: number): number => d + 2 * k;

/** Yours to free. */
export function nativeOf(rows: Rows, _: number, { shared }: Covariance): Native {
  const laid = layOut(rows, 0);
  const factors = shared ? new Factors(1, rows.nFeatures) : null;
  return {
    pass: (problem, _, mixture, winners, given) => sharedPass(problem, laid, mixture, winners, given),
    step: factors ? (_, ...of) => sharedStep(factors, ...of) : undefined,
    dispose: () => [laid, factors].forEach((each) => each?.dispose()),
  };
}

/** A mixture as the kernel takes it. */
interface Params {
  /** [K * D] of the data, or in the frame that all share */
  readonly means: Float64Array;
  /** [K * D], or none */
  readonly scales: Float32Array;
  /** [D * D], or none */
  readonly factor: Float32Array;
}

function paramsOf(mixture: State, { broadcast }: Covariance): Params {
  const { weights, means } = mixture;
  const p = factorOf(mixture);
  const k = weights.length;
  const d = means.length / k;
  if (!broadcast) {
    const factor = p instanceof Float32Array ? p : new Float32Array(p);
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

async function sharedPass(
  problem: Problem,
  laid: Laid,
  mixture: State,
  winners: Winners,
  given?: Responsibilities,
): Promise<Statistics> {
  const { rows, weight, covariance, pace } = problem;
  const kernel = nativeKernel('LatentMixtureSharedPass')!;
  const k = mixture.weights.length;
  const d = rows.nFeatures;
  const { means, scales, factor } = paramsOf(mixture, covariance);
  const far = !covariance.broadcast && means.some((m) => Math.abs(m) > sharedLimit.far);
  if (far) return apartPass(problem, mixture, given);
  const params = {
    means: tensor2d(new Float32Array(means), [k, d]),
    scales: tensor1d(scales),
    factor: tensor1d(factor),
    constants: splitTensor(logConstantsOf(mixture as Numbers, covariance)),
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
    return covariance.broadcast ? sums : aboutExact(sums, means);
  } finally {
    dispose(params);
  }
}

/** The same of one P for each component: K times the work, and rows are subtracted from means where both are exact. */
async function apartPass(problem: Problem, mixture: State, given?: Responsibilities): Promise<Statistics> {
  const { weights, means } = mixture;
  const p = factorOf(mixture);
  const k = weights.length;
  const d = means.length / k;
  const factors = new Float32Array(k * p.length);
  for (let c = 0; c < k; c++) factors.set(p, c * p.length);
  const kernels = nativeOfEach(problem.rows, k);
  const winners: Winners = [];
  try {
    const apart = { ...mixture, precisionsCholesky: factors };
    const each = { ...problem, covariance: COVARIANCES.full };
    const found = await kernels.pass(each, kernels, apart, winners, given);
    const all = asDoubles(await kernels.sums.data<'float32'>());
    const size = all.length / k;
    const second = new Float64Array(size);
    const first = new Float64Array(means.length);
    for (let c = 0; c < k; c++) {
      const own = all.subarray(c * size, (c + 1) * size);
      first.set(own.subarray(size - d - 1, size - 1), c * d);
      for (let at = 0; at < size - d - 1; at++) second[at] += own[at];
    }
    return { ...found, first, second };
  } finally {
    freeWinners(winners);
    kernels.dispose();
  }
}

/** Σ r y about the exact means: the kernel saw the rounded ones of the frame. */
function aboutExact(found: Statistics, means: Float64Array): Statistics {
  const { first, counts } = found;
  const d = first.length / counts.length;
  for (let at = 0; at < first.length; at++) {
    first[at] += counts[Math.floor(at / d)] * (Math.fround(means[at]) - means[at]);
  }
  return found;
}

/** The M-step where all share one P, of the pass's sums, which are gone then. */
function sharedStep(factors: Factors, mixture: State, found: Found, regCovar: number): Step {
  const { counts, first, second } = found as Statistics;
  const d = first.length / counts.length;
  const moves = first.map((value, at) => value / counts[Math.floor(at / d)]); // ȳ
  for (let c = 0; c < counts.length; c++) {
    for (let i = 0, at = 0; i < d; i++) {
      const factor = moves[c * d + i];
      for (let j = 0; j <= i; j++) second[at++] -= factor * first[c * d + j];
    }
  }
  const p = new Float32Array(factorOf(mixture)); // as the kernel saw it
  for (let c = 0; c < counts.length; c++) COVARIANCES.tied.unwhiten(p, c, moves.subarray(c * d, (c + 1) * d));
  factors.write(p);
  const sums = tensor1d(asFloats(second));
  const all = Float64Array.of(counts.reduce((a, b) => a + b, 0));
  const { next, largest } = refine(factors, all, sums, regCovar, [0]);
  sums.dispose();
  release(p, second);
  return { moves, largest, next: 'read' in next ? next.read() : next };
}
