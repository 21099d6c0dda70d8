import {
  argMin,
  cast,
  gather,
  matMul,
  mul,
  oneHot,
  slice,
  square,
  sub,
  sum,
  tensor2d,
  tidy,
  transpose,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fold, type Batch } from '../core/iterate.js';
import { read } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { squaredDistances } from '../metrics/pairwise.js';
import type { Bounds } from './hamerly.js';
import type { Problem } from './problem.js';

/**
 * Lloyd's iteration as a fold over batches: labels by products, everything that is reported by differences from the
 * centres, sums across batches in float64 on the host.
 *
 * S. Lloyd, Least squares quantization in PCM, IEEE Trans. Inf. Theory 28 (1982); empty clusters as in scikit-learn.
 */

/** Centres [K * D] on the host, relative to the data's origin. */
export type Centers = Float64Array;

/** What batches add up to. Of rows x with weights w and label k. */
export interface Statistics {
  /** [K] Σ w */
  readonly counts: Float64Array;
  /** [K * D] Σ w (x - c_k): small numbers, so that float32 batches keep their digits */
  readonly sums: Float64Array;
  /** Σ w |x - c_k|² */
  readonly inertia: number;
  /** Rows with weight whose label is not the one of the pass before: the others move no centre. */
  readonly changed: number;
  /** Rows far from their centre, farthest first: where emptied clusters move to. Only as many as batches lack clusters. */
  readonly far: readonly FarRow[];
}

export interface FarRow {
  readonly row: number;
  readonly label: number;
  readonly weight: number;
  readonly distance: number;
  readonly values: Float64Array;
}

/** What a batch remembers from pass to pass. */
export interface Memo {
  readonly labels: Int32Array;
  readonly bounds?: Bounds;
}

/** All rows' labels, of what batches remember. */
export function allLabels(memos: readonly Memo[], n: number): Int32Array {
  const out = new Int32Array(n);
  let at = 0;
  for (const { labels } of memos) {
    out.set(labels, at);
    at += labels.length;
  }
  return out;
}

/** One pass over the rows by tensor operations: every row to its nearest centre. */
export async function assignByTensors(
  { rows, weight, pace }: Problem,
  centers: Centers,
  memos: Memo[],
): Promise<Statistics> {
  const k = centers.length / rows.nFeatures;
  const points = tensor2d(Float32Array.from(centers), [k, rows.nFeatures]);
  try {
    return await fold(
      rows,
      (batch, memo) => accumulate(rows, points, batch, weight, memo?.labels),
      merge,
      memos,
      pace,
    );
  } finally {
    points.dispose();
  }
}

async function accumulate(
  rows: Rows,
  centers: Tensor2D,
  { x, start, end }: Batch,
  weight: Float64Array | null,
  before: Int32Array | undefined,
): Promise<{ statistics: Statistics; memo: Memo }> {
  const [k] = centers.shape;
  const w = weight?.subarray(start, end) ?? null;
  const [read0, distances, sums] = await read(tidy(() => batchTensors(x, centers, w)));
  const labels = Int32Array.from(read0);
  const counts = new Float64Array(k);
  let inertia = 0;
  let changed = 0;
  for (let i = 0; i < labels.length; i++) {
    const wi = w ? w[i] : 1;
    counts[labels[i]] += wi;
    inertia += wi * distances[i];
    if (wi > 0 && before?.[i] !== labels[i]) changed++;
  }
  const lacking = counts.reduce((n, count) => n + (count === 0 ? 1 : 0), 0);
  const far = lacking > 0 ? await farRows(rows, lacking, { start, labels, distances, weight: w }) : [];
  return { statistics: { counts, sums: Float64Array.from(sums), inertia, changed, far }, memo: { labels } };
}

function batchTensors(
  x: Tensor2D,
  centers: Tensor2D,
  w: Float64Array | null,
): [Tensor1D, Tensor1D, Tensor2D] {
  const labels = nearest(x, centers); // [n]
  return [labels, ...aboutOwn(x, centers, labels, w)];
}

/** Squared distances of rows to their own centres [n], and Σ w (x - c) by label [K, D]: both by differences. */
export function aboutOwn(
  x: Tensor2D,
  centers: Tensor2D,
  labels: Tensor1D,
  w: Float64Array | null,
): [Tensor1D, Tensor2D] {
  const difference = sub(x, gather(centers, labels)); // [n, D]
  const distances = sum(square(difference), 1) as Tensor1D; // [n]
  const member = membership(labels, centers.shape[0]); // [n, K]
  const weighted = w ? mul(member, tensor2d(Float32Array.from(w), [w.length, 1])) : member;
  return [distances, matMul(transpose(weighted as Tensor2D), difference)];
}

/** 1 where a row has the label, else 0 [n, K]. tfjs's oneHot refuses a depth of 1. */
export const membership = (labels: Tensor1D, k: number): Tensor2D =>
  cast(slice(oneHot(labels, Math.max(k, 2)) as Tensor2D, [0, 0], [-1, k]), 'float32');

/** Index of the nearest centre of each row [n] int32. */
export const nearest = (x: Tensor2D, centers: Tensor2D): Tensor1D =>
  argMin(squaredDistances(x, centers), 1) as Tensor1D;

/** Rows `start` and on, with their labels, distances and weights (null: 1). */
export interface Labeled {
  readonly start: number;
  readonly labels: Int32Array;
  readonly distances: ArrayLike<number>;
  readonly weight: Float64Array | null;
}

/** The `n` rows with weight that are farthest from their centre, of those that do not lie on it. */
export async function farRows(rows: Rows, n: number, labeled: Labeled): Promise<FarRow[]> {
  const { start, labels, distances, weight } = labeled;
  const order: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const distance = distances[i];
    if (distance === 0 || (weight && weight[i] === 0)) continue;
    if (order.length === n && distance <= distances[order[n - 1]]) continue;
    const after = order.findIndex((other) => distances[other] < distance);
    order.splice(after < 0 ? order.length : after, 0, i);
    order.length = Math.min(order.length, n);
  }
  if (order.length === 0) return [];
  const values = await rows.at(order.map((i) => start + i));
  const d = rows.nFeatures;
  return order.map((i, j) => ({
    row: start + i,
    label: labels[i],
    weight: weight ? weight[i] : 1,
    distance: distances[i],
    values: values.slice(j * d, (j + 1) * d),
  }));
}

export function merge(a: Statistics, b: Statistics): Statistics {
  const most = Math.max(a.far.length, b.far.length);
  return {
    counts: a.counts.map((value, i) => value + b.counts[i]),
    sums: a.sums.map((value, i) => value + b.sums[i]),
    inertia: a.inertia + b.inertia,
    changed: a.changed + b.changed,
    far: [...a.far, ...b.far].sort((p, q) => q.distance - p.distance || p.row - q.row).slice(0, most),
  };
}

/**
 * The means of the clusters, an emptied one moved to the row farthest from its centre (none where all rows lie on
 * theirs: there are fewer distinct rows than clusters).
 *
 * @returns the new centres, the inertia of the same labels about them (by the parallel axis theorem) and Σ |move|²
 */
export function update(
  centers: Centers,
  statistics: Statistics,
): { centers: Centers; inertia: number; shift: number } {
  const counts = statistics.counts.slice();
  const sums = statistics.far.length > 0 ? statistics.sums.slice() : statistics.sums;
  const d = centers.length / counts.length;
  // As the pass saw them: the sums are of differences from the rounded centres, and what rests has moved by 0.
  const seen = (at: number): number => Math.fround(centers[at]);
  const next = centers.map(Math.fround);
  let inertia = statistics.inertia;
  const far = statistics.far.values();
  for (let k = 0; k < counts.length; k++) {
    if (statistics.counts[k] > 0) continue;
    const taken = far.next().value;
    if (!taken) break;
    for (let j = 0; j < d; j++) {
      sums[taken.label * d + j] -= taken.weight * (taken.values[j] - seen(taken.label * d + j));
    }
    counts[taken.label] -= taken.weight;
    inertia -= taken.weight * taken.distance;
    next.set(taken.values, k * d);
  }
  for (let k = 0; k < counts.length; k++) {
    for (let j = 0; j < d && counts[k] > 0; j++) {
      const move = sums[k * d + j] / counts[k];
      next[k * d + j] += move;
      inertia -= counts[k] * move * move;
    }
  }
  let shift = 0;
  for (let at = 0; at < next.length; at++) shift += (next[at] - seen(at)) ** 2;
  return { centers: next, inertia: Math.max(0, inertia), shift };
}
