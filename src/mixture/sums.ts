/** The sums of the M-step, Σ r, Σ r y and Σ r y yᵀ of every component, from the rows that it was seen with. */
import {
  concat,
  gather,
  matMul,
  mul,
  reshape,
  tensor1d,
  tidy,
  zeros,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { read } from '../core/read.js';
import type { Moments } from './covariance.js';

/** The responsibility that float32 cannot see: see screen.ts. */
export const VISIBLE = Math.exp(-30);

/** One component's view of some rows of a batch. */
export interface Seen {
  readonly k: number;
  /** Positions in the batch, [m] */
  readonly rows: Int32Array;
  /** The rows in the component's frame, from row `at` on; others before and after them fill it up. [roundSize(m), D] */
  readonly y: Tensor2D;
  readonly at: number;
}

/**
 * The next of few sizes, at most an eighth larger. TensorFlow's oneDNN compiles and keeps a kernel for every shape that it
 * multiplies, WebGL a shader: with thousands of different row counts that takes longer than the products, and the memory.
 */
export function roundSize(m: number): number {
  const step = Math.max(8, 2 ** (Math.floor(Math.log2(m)) - 3));
  return Math.ceil(m / step) * step;
}

/** Rows of a component: √r, and z = √r y. */
interface Part {
  readonly column: Tensor2D; // [m, 1]
  readonly z: Tensor2D; // [m, D]
}

/** What batches add up to, and the parts that are too small for a product of their own. */
export interface Sums extends Moments {
  /** K */
  readonly waiting: Part[][];
}

export const noSums = (k: number, d: number): Sums => ({
  counts: new Float64Array(k),
  first: new Float64Array(k * d),
  second: new Float64Array(k * d * d),
  waiting: Array.from({ length: k }, () => []),
});

/** Rows from which on a product costs more than reading it back. */
const ENOUGH = 512;

/** @param share responsibility of position i of the batch for component c */
export async function addSeen(
  sums: Sums,
  seen: Seen,
  share: (i: number, c: number) => number,
): Promise<void> {
  const { k: c } = seen;
  const { shares, kept } = visible(seen, share);
  if (shares.length === 0) return;
  for (const r of shares) sums.counts[c] += r;
  const part = tidy(() => {
    const column: Tensor2D = reshape(tensor1d(Float32Array.from(shares, Math.sqrt)), [-1, 1]);
    return { column, z: mul(kept ? gather(seen.y, tensor1d(kept, 'int32')) : seen.y, column) as Tensor2D };
  });
  sums.waiting[c].push(part);
  if (rowsOf(sums.waiting[c]) >= ENOUGH) await addWaiting(sums, c);
}

const rowsOf = (parts: readonly Part[]): number => parts.reduce((n, { z }) => n + z.shape[0], 0);

/** Adds the parts that wait for others. */
export async function addRest(sums: Sums): Promise<void> {
  for (let c = 0; c < sums.waiting.length; c++) if (sums.waiting[c].length > 0) await addWaiting(sums, c);
}

async function addWaiting({ first, second, waiting }: Sums, c: number): Promise<void> {
  const d = first.length / waiting.length;
  const products = tidy(() => {
    const parts = waiting[c];
    const column = joined(parts.map((part) => part.column));
    const z = joined(parts.map((part) => part.z));
    return [matMul(reshape(column, [1, -1]), z), matMul(z, z, true)] as Tensor[];
  });
  disposeWaiting(waiting[c].splice(0));
  const [sum, product] = await read(products);
  for (let at = 0; at < d; at++) first[c * d + at] += sum[at];
  for (let at = 0, to = c * d * d; at < d * d; at++) second[to + at] += product[at];
}

/** One below the other, and rows of 0 below them up to a round size. */
function joined(parts: Tensor2D[]): Tensor2D {
  const m = parts.reduce((n, { shape }) => n + shape[0], 0);
  const rest = roundSize(m) - m;
  if (parts.length === 1 && rest === 0) return parts[0];
  return concat(rest > 0 ? [...parts, zeros([rest, parts[0].shape[1]])] : parts, 0);
}

export function disposeWaiting(parts: readonly Part[]): void {
  for (const { column, z } of parts) {
    column.dispose();
    z.dispose();
  }
}

/** Share of the rows seen from which on all of them are summed up: a product costs less than gathering most of its rows. */
const MOST = 0.8;

/** The rows of `y` that have a responsibility to speak of; `kept` is null where that is all, or nearly. */
function visible({ k, rows, y, at }: Seen, share: (i: number, c: number) => number) {
  const size = y.shape[0];
  const shares = new Float64Array(size);
  const kept: number[] = [];
  rows.forEach((i, a) => {
    shares[at + a] = share(i, k);
    if (shares[at + a] > VISIBLE) kept.push(at + a);
  });
  if (kept.length >= MOST * size) return { shares, kept: null };
  return { shares: Float64Array.from(kept, (a) => shares[a]), kept };
}
