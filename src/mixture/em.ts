/**
 * Expectation maximisation as a fold over batches of rows. Means and P_k are float64 on the host; the large products are
 * float32; second moments are taken in each component's own frame, where they are well conditioned whatever the data.
 *
 *     E   y_k = (x - μ_k) P_k,   log p_k(x) = log w_k + log|P_k| - D/2 log 2π - |y_k|²/2,   r_k = p_k / Σ p
 *     M   n_k = Σ r,   ȳ = Σ r y / n_k,   M = Σ r y yᵀ / n_k - ȳ ȳᵀ + regCovar P_kᵀ P_k
 *         μ_k <- μ_k + P_k⁻ᵀ ȳ,   P_k <- P_k chol(M)⁻ᵀ,   w_k <- n_k / Σ n
 *
 * Bishop, Pattern Recognition and Machine Learning, 9.2, in other coordinates.
 */
import {
  dispose,
  exp,
  logSumExp,
  mul,
  reshape,
  sub,
  sum,
  tensor1d,
  tidy,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type TensorContainer,
} from '@tensorflow/tfjs-core';
import { NumericalError } from '../core/errors.js';
import { fold, type Batch, type Pace } from '../core/iterate.js';
import { kernelCode } from '../core/native.js';
import { read } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { weightedSums, type Collapsed, type Covariance, type Moments } from './covariance.js';
import {
  centeredOn,
  inFloat64,
  logConstants,
  logJoint,
  toTensors,
  type Factor,
  type MixtureTensors,
  type Numbers,
  type State,
} from './density.js';
import { hostPass } from './host.js';
import type { Memo } from './native.js';
import { screenedBatch, screenOf, screens, screenWidth } from './screen.js';

/** What is fitted to which rows. */
export interface Problem {
  readonly rows: Rows;
  /** All rows as plain numbers [N * D] where the problem is small enough for the host, else null: see host.ts. */
  readonly onHost: Float64Array | null;
  /** Where kernels of ours do the work, else null. */
  readonly native: Native | null;
  /** [N], or null: all 1 */
  readonly weight: Float64Array | null;
  readonly covariance: Covariance;
  readonly regCovar: number;
  readonly pace: Pace;
}

/** The work of a fit in native kernels. */
export interface Native {
  /** As {@link pass}. What it begins with must be nobody else's: it takes P over. */
  pass(
    problem: Problem,
    native: Native,
    mixture: State,
    winners: Winners,
    given?: Responsibilities,
  ): Promise<Found>;
  /** The M-step, where it is a kernel, too: the P before it may be gone. */
  step?(native: Native, mixture: State, found: Found, regCovar: number): Step;
  dispose(): void;
}

/** What of the kernels is registered with them. */
interface NativeCode {
  /** float32 numbers that a pass holds for one row. */
  nativeWidth(k: number, d: number): number;
  /** Yours to free. */
  nativeOf(rows: Rows, k: number, covariance: Covariance): Native;
}

/** How far the means go [K * D], and P of the next iteration. */
export interface Step {
  readonly moves: Float64Array;
  readonly next: State['precisionsCholesky'] | Collapsed;
  /** [K] Its largest entries in size, where they are known. */
  readonly largest?: ArrayLike<number>;
}

/** What batches add up to. */
export interface Statistics extends Moments {
  /** Σ w log p(x), the rows' values added in float64 */
  readonly logLikelihood: number;
}

/** What a pass says. Moments that kernels summed up stay with them. */
export type Found = Pick<Statistics, 'logLikelihood' | 'counts'> & Partial<Moments>;

/** Responsibilities of rows `start` to `end`, [K, n], already weighted: what a start is given by. */
export type Responsibilities = (start: number, end: number) => Tensor2D;

/** Who won each row in the last pass, batch by batch; the loop keeps it, and frees what kernels remember. */
export type Winners = (Int32Array | Memo | null)[];

export const freeWinners = (winners: Winners): void =>
  winners.forEach((each) => each && 'dispose' in each && each.dispose());

/** What has the kernels, where there are some. */
export const nativeCode = ({ triangular }: Covariance): NativeCode | null =>
  kernelCode(triangular ? 'LatentMixturePass' : 'LatentMixtureSharedPass');

/** float32 numbers that a pass holds for one row. */
export function passWidth(covariance: Covariance, k: number, d: number): number {
  const native = nativeCode(covariance);
  if (native) return native.nativeWidth(k, d);
  return covariance.triangular && screens(k, d) ? screenWidth(d) : 3 * k * d;
}

/**
 * One pass over the rows: the E-step and the sums that the M-step needs. With `given`, those responsibilities are used
 * in place of the mixture's own, whose frame is used all the same.
 */
export async function pass(
  problem: Problem,
  mixture: State,
  winners: Winners,
  given?: Responsibilities,
): Promise<Found> {
  const { rows, onHost, native, weight, covariance, pace } = problem;
  if (onHost) {
    const instead = given && (await read([tidy(() => given(0, rows.nRows))]))[0];
    const statistics = hostPass(onHost, inFloat64(mixture as Numbers), covariance, weight, instead);
    await pace();
    return statistics;
  }
  if (native) return native.pass(problem, native, mixture, winners, given);
  const params = toTensors(mixture as Numbers, covariance);
  const constants = tidy(() => logConstants(params, covariance));
  const screen =
    covariance.triangular && screens(mixture.weights.length, rows.nFeatures)
      ? await screenOf(params, constants)
      : null;
  const accumulate = async (batch: Batch, last?: Int32Array | null) => {
    const w = weight?.subarray(batch.start, batch.end) ?? null;
    if (screen) {
      const instead = given && (await read([tidy(() => given(batch.start, batch.end))]))[0];
      return screenedBatch(batch.x, screen, w, last, instead);
    }
    const tensors = tidy(() => batchTensors(batch, params, constants, covariance, w, given));
    const [logDensity, counts, first, second] = await read(tensors);
    return { statistics: statisticsOf(logDensity, counts, first, second, w), memo: null };
  };
  try {
    return await fold(rows, accumulate, merge, winners as (Int32Array | null)[], pace);
  } finally {
    dispose([params, constants, screen] as unknown as TensorContainer);
  }
}

function batchTensors(
  { x, start, end }: Batch,
  params: MixtureTensors,
  constants: Tensor1D,
  covariance: Covariance,
  w: Float64Array | null,
  given?: Responsibilities,
): Tensor[] {
  const y = covariance.whiten(centeredOn(x, params.means), params.precisionsCholesky); // [K, n, D]
  const joint = logJoint(y, constants); // [K, n]
  const logDensity = logSumExp(joint, 0); // [n]
  const own = (): Tensor2D => {
    const r: Tensor2D = exp(sub(joint, logDensity)); // [K, n]
    return w ? mul(r, tensor1d(Float32Array.from(w))) : r;
  };
  const r = given ? given(start, end) : own();
  return [
    logDensity,
    sum(r, 1),
    reshape(weightedSums(y, r), params.means.shape),
    covariance.secondMoments(y, r),
  ];
}

function statisticsOf(
  logDensity: Float32Array,
  counts: Float32Array,
  first: Float32Array,
  second: Float32Array,
  w: Float64Array | null,
): Statistics {
  let logLikelihood = 0;
  for (let i = 0; i < logDensity.length; i++) logLikelihood += w ? w[i] * logDensity[i] : logDensity[i];
  return {
    logLikelihood,
    counts: Float64Array.from(counts),
    first: Float64Array.from(first),
    second: Float64Array.from(second),
  };
}

const plus = (a: Float64Array, b: Float64Array): Float64Array => {
  for (let i = 0; i < a.length; i++) a[i] += b[i];
  return a;
};

/** Adds `b` into `a`. */
export const merge = (a: Statistics, b: Statistics): Statistics => ({
  logLikelihood: a.logLikelihood + b.logLikelihood,
  counts: plus(a.counts, b.counts),
  first: plus(a.first, b.first),
  second: plus(a.second, b.second),
});

/**
 * The M-step.
 *
 * @param given the parts of `init` that the mixture was given by, where it is such a start
 * @throws NumericalError when a component's covariance has no factor, or is too thin for float32 rows
 */
export function maximize(
  problem: Problem,
  mixture: State,
  found: Found,
  given: readonly string[] = [],
): State {
  const { rows, native, onHost, covariance, regCovar } = problem;
  // As in scikit-learn: a component that no row belongs to divides by this, not by 0.
  const counts = found.counts.map((n) => n + 10 * Number.EPSILON);
  const total = counts.reduce((a, b) => a + b, 0);
  const moments = { ...found, counts };
  const { moves, next, largest } = native?.step
    ? native.step(native, mixture, moments, regCovar)
    : hostStep(problem, mixture, moments as Moments);
  const spread = Math.sqrt(meanVariance(rows));
  const thin: Thin | null =
    'collapsed' in next ? next : thinnest(largest ?? (next as Factor), spread, counts.length);
  if (thin) {
    const rowless = !covariance.shared && found.counts[thin.collapsed] < ROWLESS * total;
    throw collapseOf(covariance.shared ? null : thin.collapsed, thin.why ?? 'collapsed', rowless, given);
  }
  // A pass over tensors saw the rounded means.
  const means = mixture.means.map((value, at) => (onHost ? value : Math.fround(value)) + moves[at]);
  return { weights: counts.map((n) => n / total), means, precisionsCholesky: next as Float64Array };
}

/** How far the means go, P⁻ᵀ ȳ [K * D], and the next P. */
function hostStep({ onHost, covariance, regCovar }: Problem, mixture: State, moments: Moments): Step {
  const { counts, first } = moments;
  const d = first.length / counts.length;
  // A pass over tensors saw the rounded P: its sums are in that frame.
  const p = inFloat64(mixture as Numbers).precisionsCholesky;
  const frame = onHost ? p : rounded(p);
  const moves = first.map((value, at) => value / counts[Math.floor(at / d)]);
  for (let k = 0; k < counts.length; k++) covariance.unwhiten(frame, k, moves.subarray(k * d, (k + 1) * d));
  return { moves, next: covariance.refine(frame, moments, regCovar, !onHost) };
}

function rounded(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length);
  for (let i = 0; i < out.length; i++) out[i] = Math.fround(values[i]);
  return out;
}

/** Rows are float32: a component thinner than this share of the data's spread is made of rounding errors. */
const THINNEST = 1e-7;
/** A deviation whose inverse float32 cannot square. */
const LEAST = 1e-18;
/** A component of a smaller share of the rows has none: what it has is the tail of its density. */
const ROWLESS = 1e-12;

interface Thin extends Collapsed {
  readonly why?: string;
}

/** @param p of each of k components, as many entries of P: all, or the largest */
function thinnest(p: ArrayLike<number>, spread: number, k: number): Thin | null {
  const largest = 1 / Math.max(spread * THINNEST, LEAST);
  let at = 0;
  while (at < p.length && !(Math.abs(p[at]) > largest)) at++;
  if (at === p.length) return null;
  const thickness = (1 / Math.abs(p[at])).toPrecision(2);
  return {
    collapsed: Math.floor((at * k) / p.length),
    why: `is ${thickness} thin where the data spread over ${spread.toPrecision(2)}, which float32 rows cannot resolve`,
  };
}

/** @param component null where all share the covariance */
function collapseOf(
  component: number | null,
  why: string,
  rowless: boolean,
  given: readonly string[],
): NumericalError {
  const where = 'GaussianMixture.fit';
  if (rowless && given.length > 0) {
    return hopelessStart(given, `leaves component ${component} without rows, and its covariance ${why}`);
  }
  const whose =
    component === null
      ? 'the covariance that all components share'
      : `the covariance of component ${component}`;
  return new NumericalError(
    `${where}: ${whose}${rowless ? ', which no row belongs to,' : ''} ${why}. Ask for fewer components, raise regCovar, or bring the features to one scale (a constant or duplicate one collapses too).`,
  );
}

/**
 * @param given the parts of `init`
 * @param what it does
 */
export const hopelessStart = (given: readonly string[], what: string): NumericalError =>
  new NumericalError(
    `GaussianMixture.fit: the start given by init (${given.join(', ')}) ${what}. Give means among the rows and precisions of their spread, or leave parts out.`,
  );

/** The mean variance of the features: the one scale of the data. */
export const meanVariance = (rows: Rows): number =>
  rows.variances.reduce((a, b) => a + b, 0) / rows.nFeatures;
