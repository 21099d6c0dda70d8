/**
 * The E-step and the sums of the M-step where few components have anything to say about a row: the work is that of
 * those few, and the answer is the plain one to what float32 can see.
 *
 * Rows are taken in the order of who won them last time, so that a batch is a few components' runs. Each run is evaluated
 * in full for its component, y = (x - μ_k) P_k; another component only for the rows where a bound of its density comes
 * within `NATS` of that (bounds.ts): the responsibilities of the rest are below e⁻³⁰.
 */
import {
  gather,
  matMul,
  reshape,
  slice,
  split,
  square,
  sub,
  sum,
  tensor1d,
  tidy,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { read } from '../core/read.js';
import { carriedNorms, leadingNorms, leadOf, motionOf, remembers, type Known, type Lead } from './bounds.js';
import type { Covariance } from './covariance.js';
import { toTensors, type Mixture } from './density.js';
import type { Memory, Problem, Responsibilities, Statistics } from './em.js';
import { logConstantsOf } from './host.js';
import { addRest, addSeen, disposeWaiting, noSums, roundSize, type Seen, type Sums } from './sums.js';

/** How far below a row's best component another is dropped. */
const NATS = 30;
/** Below this many features the plain pass is as fast. */
const FEATURES = 24;
/** Rows of a batch: its products are large enough to be fast, its temporaries small beside the data. */
const BATCH = 4096;

/** Whether screening pays: many features, and components to leave out. */
export const screens = (k: number, d: number): boolean => k > 2 && d >= FEATURES;

/** float32 numbers that a pass holds for one row: itself, and its view from the two or three components it may be in. */
export const screenWidth = (d: number): number => 6 * d;

/** A mixture ready for a pass: its components one by one, and their leading columns together. */
interface Screen {
  readonly means: Tensor2D[]; // K of [1, D]
  readonly factors: Tensor2D[]; // K of [D, D], upper triangular
  readonly p: Tensor3D; // [K, D, D], all factors
  readonly constants: Float64Array; // [K]
  readonly lead: Lead;
}

function screenOf(mixture: Mixture, covariance: Covariance): Screen {
  const { weights, means, precisionsCholesky } = toTensors(mixture, covariance);
  const [k, d] = means.shape;
  const p = precisionsCholesky as Tensor3D;
  const factors = tidy(() => split(p, k).map((factor): Tensor2D => reshape(factor, [d, d])));
  const screen = { means: split(means, k) as Tensor2D[], factors, lead: leadOf(means, p) };
  for (const each of [weights, means]) each.dispose();
  return { ...screen, p, constants: logConstantsOf(mixture, covariance) };
}

function disposeScreen({ means, factors, lead, p }: Screen): void {
  for (const each of [...means, ...factors, lead.means, lead.factors, p]) each.dispose();
}

/** What all batches of a pass share. */
interface Pass {
  readonly screen: Screen;
  readonly weight: Float64Array | null;
  /** What the last pass knew; null where there was none. */
  readonly last: Known | null;
  /** What this one knows of each row; the same arrays, where there are some. */
  readonly now: Pick<Known, 'winners' | 'norms'>;
  readonly sums: Sums;
}

/**
 * One pass over all rows. With `given` responsibilities, already weighted, those count in place of the mixture's own.
 *
 * @param memory what the last pass of the restart knew; replaced by what this one knows
 */
export async function screenedPass(
  { rows, weight, covariance, regCovar, pace }: Problem,
  mixture: Mixture,
  memory: Memory,
  given?: Responsibilities,
): Promise<Statistics> {
  const k = mixture.weights.length;
  const d = rows.nFeatures;
  const last = memory.known;
  const now = last ?? {
    winners: new Int32Array(rows.nRows),
    norms: remembers(k, d) ? new Float32Array(rows.nRows * k) : null,
  };
  const screen = screenOf(mixture, covariance);
  const pass: Pass = { screen, weight, last, now, sums: noSums(k, d) };
  const order = last ? byWinner(last.winners, k) : Int32Array.from({ length: rows.nRows }, (_, i) => i);
  const batches = {
    nRows: rows.nRows,
    batchRows: Math.min(BATCH, rows.batchRows),
    batch: (start: number, end: number) =>
      last ? rows.pick(order.subarray(start, end)) : rows.batch(start, end),
  };
  const accumulate = async ({ x, start, end }: Batch) => {
    const instead = given && (await read([tidy(() => given(start, end))]))[0];
    const statistics = await addBatch(x, order.subarray(start, end), pass, instead);
    return { statistics, memo: undefined };
  };
  try {
    const logLikelihood = await fold(batches, accumulate, (a, b) => a + b, [], pace);
    await addRest(pass.sums);
    const [ridge] = await read([matMul(screen.p, screen.p, true)]); // [K, D, D]
    const { counts, first, second } = pass.sums;
    const moments = { counts, first, second, ridge };
    if (!given) memory.known = { ...now, ...(await motionOf(moments, regCovar)) };
    return { logLikelihood, ...moments };
  } finally {
    disposeScreen(screen);
    pass.sums.waiting.forEach(disposeWaiting);
  }
}

/** All rows, those of one winner beside each other. */
function byWinner(winners: Int32Array, k: number): Int32Array {
  const next = new Int32Array(k + 1);
  for (const c of winners) next[c + 1]++;
  for (let c = 0; c < k; c++) next[c + 1] += next[c];
  const order = new Int32Array(winners.length);
  winners.forEach((c, i) => (order[next[c]++] = i));
  return order;
}

/**
 * @param ids which rows of the data these are
 * @param given responsibilities [K, n]
 * @returns their log-likelihood
 */
async function addBatch(x: Tensor2D, ids: Int32Array, pass: Pass, given?: Float32Array): Promise<number> {
  const { screen, weight, now, sums } = pass;
  const n = ids.length;
  const k = screen.constants.length;
  const view: View = { seen: [], logDensities: new Float64Array(n * k).fill(-Infinity) };
  try {
    if (given) await seeWhere(x, screen, view, (i, c) => given[c * n + i] > 0);
    else await seeLikely(x, ids, pass, view);
    const { winners, totals } = logSumExpOf(view.logDensities, n, k);
    const share = given
      ? (i: number, c: number) => given[c * n + i]
      : (i: number, c: number) =>
          Math.exp(view.logDensities[i * k + c] - totals[i]) * (weight ? weight[ids[i]] : 1);
    for (const each of view.seen) await addSeen(sums, each, share);
    ids.forEach((id, i) => (now.winners[id] = winners[i]));
    return totals.reduce((sum, total, i) => sum + (weight ? weight[ids[i]] * total : total), 0);
  } finally {
    for (const { y } of view.seen) y.dispose();
  }
}

/** What is known of a batch's rows. */
interface View {
  readonly seen: Seen[];
  /** [n * K]; -Infinity for what was not seen */
  readonly logDensities: Float64Array;
}

/** Evaluates the components that may matter to each row. */
async function seeLikely(x: Tensor2D, ids: Int32Array, pass: Pass, view: View): Promise<void> {
  const { screen, last, now } = pass;
  const { constants } = screen;
  const k = constants.length;
  const norms = last?.norms ? carriedNorms(ids, last) : await leadingNorms(x, screen.lead);
  const bound = (i: number, c: number) => constants[c] - norms[i * k + c] ** 2 / 2;
  const first = last ? ids.map((id) => last.winners[id]) : ids.map((_, i) => highest(k, (c) => bound(i, c)));
  await seeWhere(x, screen, view, (i, c) => first[i] === c);
  const least = Float64Array.from(first, (c, i) => view.logDensities[i * k + c] - NATS);
  await seeWhere(x, screen, view, (i, c) => first[i] !== c && !(bound(i, c) < least[i]));
  if (now.norms) keepNorms(now.norms, ids, norms, view.logDensities, constants);
}

/** Of what was evaluated the norms, of the rest their bounds. */
function keepNorms(
  kept: Float32Array,
  ids: Int32Array,
  bounds: Float32Array,
  logDensities: Float64Array,
  constants: Float64Array,
): void {
  const k = constants.length;
  ids.forEach((id, i) => {
    for (let c = 0; c < k; c++) {
      const squared = 2 * (constants[c] - logDensities[i * k + c]);
      kept[id * k + c] = squared < Infinity ? Math.sqrt(squared) : bounds[i * k + c];
    }
  });
}

function highest(k: number, value: (c: number) => number): number {
  let best = 0;
  for (let c = 1; c < k; c++) if (value(c) > value(best)) best = c;
  return best;
}

/** Evaluates each component in full on the rows that `chosen` names. */
async function seeWhere(
  x: Tensor2D,
  { means, factors, constants }: Screen,
  { seen, logDensities }: View,
  chosen: (i: number, c: number) => boolean,
): Promise<void> {
  const [n] = x.shape;
  const k = means.length;
  const positions = new Int32Array(n);
  for (let c = 0; c < k; c++) {
    let m = 0;
    for (let i = 0; i < n; i++) if (chosen(i, c)) positions[m++] = i;
    if (m === 0) continue;
    const rows = positions.slice(0, m);
    const { part, at } = pick(x, rows);
    const { y, squares } = tidy(() => {
      const y: Tensor2D = matMul(sub(part, means[c]), factors[c]); // [roundSize(m), D]
      return { y, squares: sum(square(y), 1) };
    });
    if (part !== x) part.dispose();
    seen.push({ k: c, rows, y, at });
    const [q] = await read([squares]);
    for (let a = 0; a < m; a++) logDensities[rows[a] * k + c] = constants[c] - q[at + a] / 2;
  }
}

/** Some rows of a batch, filled up to a round number, and where they begin in it; a run of them is not gathered. */
function pick(x: Tensor2D, rows: Int32Array): { part: Tensor2D; at: number } {
  const [n, d] = x.shape;
  const m = rows.length;
  const size = roundSize(m);
  if (rows[m - 1] - rows[0] === m - 1) {
    if (size >= n) return { part: x, at: rows[0] };
    const start = Math.min(rows[0], n - size);
    return { part: slice(x, [start, 0], [size, d]), at: rows[0] - start };
  }
  const filled = new Int32Array(size);
  filled.set(rows);
  return { part: tidy(() => gather(x, tensor1d(filled, 'int32'))), at: 0 };
}

/** For each row its log density and its most probable component. */
function logSumExpOf(logDensities: Float64Array, n: number, k: number) {
  const winners = new Int32Array(n);
  const totals = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const best = highest(k, (c) => logDensities[i * k + c]);
    const largest = logDensities[i * k + best];
    let total = 0;
    for (let c = 0; c < k; c++) {
      const below = logDensities[i * k + c] - largest;
      if (below > -NATS) total += Math.exp(below);
    }
    winners[i] = best;
    totals[i] = largest + Math.log(total);
  }
  return { winners, totals };
}
