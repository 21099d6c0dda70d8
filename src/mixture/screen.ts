/**
 * The E-step and the sums of the M-step where few components have anything to say about a row: the work is that of
 * those few, and the answer is the plain one to what float32 can see.
 *
 * P_k is upper triangular, so the first j columns of y = (x - μ_k) P_k need the first j features only, and their squares
 * already bound the component's log density from above. A row is evaluated in full for the component that won it last
 * time, then for those whose bound comes within `NATS` of that: the responsibilities of the others are below e⁻³⁰.
 */
import {
  clone,
  gather,
  matMul,
  mul,
  reshape,
  slice,
  split,
  square,
  sub,
  sum,
  tensor1d,
  tidy,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { read } from '../core/read.js';
import { centeredOn, logJoint, type MixtureTensors } from './density.js';
import type { Statistics } from './em.js';

/** How far below a row's best component another is dropped. */
export const NATS = 30;
/** Where all components are looked at: what is farther below the best than this, float32 cannot hold. */
export const WHOLE = 104;
/** The responsibility that goes with `NATS`. */
const VISIBLE = Math.exp(-NATS);
/** Share of the columns that bound the density: a sixteenth of the work of all of them. */
const LEAD = 1 / 4;
/** Below this many features the plain pass is as fast. */
const FEATURES = 24;

/** Whether screening pays: many features, and components to leave out. */
export const screens = (k: number, d: number): boolean => k > 2 && d >= FEATURES;

/** Rows that are bounded at once: K views of their leading columns stay in the cache. */
const BOUNDED = 2048;

/** float32 numbers that a pass holds for one row: itself, and its view from the two or three components it may be in. */
export const screenWidth = (d: number): number => 6 * d;

/** A mixture ready for a pass: its components one by one, and their leading columns together. */
export interface Screen {
  readonly means: Tensor2D[]; // K of [1, D]
  readonly factors: Tensor2D[]; // K of [D, D], upper triangular
  readonly constants: Float32Array; // [K]
  readonly leadMeans: Tensor2D; // [K, j]
  readonly leadFactors: Tensor3D; // [K, j, j]
  readonly leadConstants: Tensor1D; // [K]
}

/** The mixture's `params` and log constants, laid out for screening; the tensors are new ones, yours to free. */
export async function screenOf(
  { means, precisionsCholesky }: MixtureTensors,
  logConstants: Tensor1D,
): Promise<Screen> {
  const [k, d] = means.shape;
  const j = Math.ceil(d * LEAD);
  const constants = (await logConstants.data()) as Float32Array;
  const p = precisionsCholesky as Tensor3D;
  return tidy(() => ({
    means: split(means, k) as Tensor2D[],
    factors: split(p, k).map((factor): Tensor2D => reshape(factor, [d, d])),
    constants,
    leadMeans: slice(means, [0, 0], [k, j]),
    leadFactors: slice(p, [0, 0, 0], [k, j, j]),
    leadConstants: clone(logConstants),
  }));
}

/** One component's view of some rows of a batch. */
interface Seen {
  readonly k: number;
  /** Positions in the batch, [m] */
  readonly rows: Int32Array;
  /** The rows in the component's frame, [m, D] */
  readonly y: Tensor2D;
}

/**
 * One batch. With `given` responsibilities [K, n], already weighted, those count in place of the mixture's own.
 *
 * @param last who won each row the last time
 * @returns the sums, and who won each row now
 */
export async function screenedBatch(
  x: Tensor2D,
  screen: Screen,
  weight: Float64Array | null,
  last?: Int32Array | null,
  given?: Float32Array,
): Promise<{ statistics: Statistics; memo: Int32Array }> {
  const [n] = x.shape;
  const k = screen.constants.length;
  const seen: Seen[] = [];
  try {
    const logDensities = given
      ? await seeWhere(x, screen, seen, (i, c) => given[c * n + i] > 0)
      : await seeLikely(x, screen, seen, last);
    const { winners, totals } = logSumExpOf(logDensities, n, k);
    const share = given
      ? (i: number, c: number) => given[c * n + i]
      : (i: number, c: number) => Math.exp(logDensities[i * k + c] - totals[i]) * (weight ? weight[i] : 1);
    let logLikelihood = 0;
    for (let i = 0; i < n; i++) logLikelihood += weight ? weight[i] * totals[i] : totals[i];
    return { statistics: { logLikelihood, ...(await sumsOf(seen, screen, share)) }, memo: winners };
  } finally {
    for (const { y } of seen) y.dispose();
  }
}

/** Log densities of all rows for the components that may matter to them, [n * K], the others at -∞. */
async function seeLikely(
  x: Tensor2D,
  screen: Screen,
  seen: Seen[],
  last?: Int32Array | null,
): Promise<Float64Array> {
  const [n] = x.shape;
  const k = screen.constants.length;
  const bound = await leadingBound(x, screen); // [K, n]
  const first = last ?? highest(bound, n, k);
  const logDensities = await seeWhere(x, screen, seen, (i, c) => first[i] === c);
  const best = Float64Array.from(first, (c, i) => logDensities[i * k + c]);
  return seeWhere(
    x,
    screen,
    seen,
    (i, c) => first[i] !== c && !(bound[c * n + i] < best[i] - NATS),
    logDensities,
  );
}

/** At least the log density of every component, [K, n]. */
async function leadingBound(x: Tensor2D, screen: Screen): Promise<Float32Array> {
  const { leadMeans, leadFactors, leadConstants } = screen;
  const [n] = x.shape;
  const [k, j] = leadMeans.shape;
  const bound = new Float32Array(k * n);
  for (let start = 0; start < n; start += BOUNDED) {
    const m = Math.min(BOUNDED, n - start);
    const joint = tidy(() => {
      const lead = slice(x, [start, 0], [m, j]); // [m, j]
      return logJoint(matMul(centeredOn(lead, leadMeans), leadFactors), leadConstants); // [K, m]
    });
    const [part] = await read([joint]);
    for (let c = 0; c < k; c++) bound.set(part.subarray(c * m, (c + 1) * m), c * n + start);
  }
  return bound;
}

function highest(bound: Float32Array, n: number, k: number): Int32Array {
  return Int32Array.from({ length: n }, (_, i) => {
    let best = 0;
    for (let c = 1; c < k; c++) if (bound[c * n + i] > bound[best * n + i]) best = c;
    return best;
  });
}

/** Evaluates each component in full on the rows that `chosen` names, and adds them to `seen`. */
async function seeWhere(
  x: Tensor2D,
  { means, factors, constants }: Screen,
  seen: Seen[],
  chosen: (i: number, c: number) => boolean,
  into?: Float64Array,
): Promise<Float64Array> {
  const [n] = x.shape;
  const k = means.length;
  const logDensities = into ?? new Float64Array(n * k).fill(-Infinity);
  const positions = new Int32Array(n);
  for (let c = 0; c < k; c++) {
    let m = 0;
    for (let i = 0; i < n; i++) if (chosen(i, c)) positions[m++] = i;
    if (m === 0) continue;
    const rows = positions.slice(0, m);
    const { y, squares } = tidy(() => {
      const y: Tensor2D = matMul(sub(gather(x, tensor1d(rows, 'int32')), means[c]), factors[c]); // [m, D]
      return { y, squares: sum(square(y), 1) };
    });
    seen.push({ k: c, rows, y });
    const [q] = await read([squares]);
    for (let a = 0; a < m; a++) logDensities[rows[a] * k + c] = constants[c] - q[a] / 2;
  }
  return logDensities;
}

/** For each row its log density and its most probable component. */
function logSumExpOf(logDensities: Float64Array, n: number, k: number) {
  const winners = new Int32Array(n);
  const totals = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    let best = 0;
    for (let c = 1; c < k; c++) if (logDensities[i * k + c] > logDensities[i * k + best]) best = c;
    const highest = logDensities[i * k + best];
    let total = 0;
    for (let c = 0; c < k; c++) {
      const below = logDensities[i * k + c] - highest;
      if (below > -NATS) total += Math.exp(below);
    }
    winners[i] = best;
    totals[i] = highest + Math.log(total);
  }
  return { winners, totals };
}

/** Σ r, Σ r y and Σ r y yᵀ of every component. */
async function sumsOf(seen: Seen[], screen: Screen, share: (i: number, c: number) => number) {
  const k = screen.constants.length;
  const d = screen.means[0].shape[1];
  const counts = new Float64Array(k);
  const first = new Float64Array(k * d);
  const second = new Float64Array(k * d * d);
  for (const each of seen) {
    const { k: c } = each;
    const { shares, kept } = visible(each, share);
    if (shares.length === 0) continue;
    for (const r of shares) counts[c] += r;
    const [sums, products] = await read(
      tidy(() => {
        const column = reshape(tensor1d(Float32Array.from(shares, Math.sqrt)), [-1, 1]); // [m, 1]
        const z: Tensor2D = mul(kept ? gather(each.y, tensor1d(kept, 'int32')) : each.y, column); // [m, D]
        return [matMul(column, z, true), matMul(z, z, true)];
      }),
    );
    for (let at = 0; at < d; at++) first[c * d + at] += sums[at];
    for (let at = 0, to = c * d * d; at < d * d; at++) second[to + at] += products[at];
  }
  return { counts, first, second };
}

/** Share of the rows seen from which on all of them are summed up: a product costs less than gathering most of its rows. */
const MOST = 0.8;

/** The part of what was seen that has a responsibility to speak of; `kept` is null where that is all, or nearly. */
function visible({ k, rows, y }: Seen, share: (i: number, c: number) => number) {
  const shares = Float64Array.from(rows, (i) => share(i, k));
  const m = shares.reduce((total, r) => (r > VISIBLE ? total + 1 : total), 0);
  if (m >= MOST * y.shape[0]) return { shares, kept: null };
  const kept = new Int32Array(m);
  let at = 0;
  shares.forEach((r, a) => {
    if (r > VISIBLE) kept[at++] = a;
  });
  return { shares: shares.filter((r) => r > VISIBLE), kept };
}
