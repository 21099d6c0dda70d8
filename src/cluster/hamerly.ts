import { fold, type Batch, type Batched } from '../core/iterate.js';
import { farRows, allLabels, merge, type Centers, type FarRow, type Memo, type Statistics } from './lloyd.js';
import { DOWN, halfWays, label, squaredDistance, type Places } from './loops.js';
import type { HostBatch, Problem } from './problem.js';

/**
 * Lloyd's iteration on the host: of each row only the distance to its own centre, unless another may be nearer.
 *
 * A row remembers a lower bound of its distance to every other centre, which falls by the farthest that one of those has
 * moved. While its own centre is nearer than that bound, or nearer than half way to the next centre, its label stays.
 * So labels are those of all K distances, and sums change by the rows that moved. Distances are float64 of float32 rows
 * and centres.
 *
 * G. Hamerly, Making k-means even faster, SDM 2010; the upper bound is the distance itself, which the inertia asks for.
 */

/** What a batch remembers. */
export interface Bounds {
  /** [n] Below the distance to every centre but the row's own. */
  readonly lower: Float32Array;
  /** [K * D] Σ w x */
  readonly sums: Float64Array;
  /** The centres that `lower` is about. */
  readonly centers: Float64Array;
}

/** One pass over the rows: every row to its nearest centre, of several that are equally near the first. */
export async function assignOnHost(
  problem: Problem,
  host: Batched<HostBatch>,
  centers: Centers,
  memos: Memo[],
): Promise<Statistics> {
  const places = placesOf(centers, problem.rows.nFeatures);
  const accumulate = (batch: Batch<HostBatch>, memo?: Memo) =>
    Promise.resolve(accumulated(places, batch, problem.passRows.weight, memo));
  const statistics = await fold(host, accumulate, merge, memos, problem.pace);
  const lacking = statistics.counts.filter((count) => count === 0).length;
  if (lacking === 0) return statistics;
  return { ...statistics, far: await farthest(problem, host, places, memos, lacking) };
}

/** Rows for emptied clusters: single ones, where equal ones are clustered as one. */
async function farthest(
  { rows, weight, passRows: { map } }: Problem,
  host: Batched<HostBatch>,
  { centers, d }: Places,
  memos: Memo[],
  n: number,
): Promise<FarRow[]> {
  const distances = new Float64Array(host.nRows);
  const labels = allLabels(memos, host.nRows);
  for (let start = 0; start < host.nRows; start += host.batchRows) {
    const end = Math.min(host.nRows, start + host.batchRows);
    const { values } = await host.batch(start, end);
    for (let i = start; i < end; i++) {
      distances[i] = squaredDistance(values, i - start, centers, labels[i], d);
    }
  }
  const each = map
    ? { labels: map.map((m) => labels[m]), distances: Float64Array.from(map, (m) => distances[m]) }
    : { labels, distances };
  return farRows(rows, n, { start: 0, ...each, weight });
}

function placesOf(exact: Centers, d: number): Places {
  const k = exact.length / d;
  const centers = exact.map(Math.fround);
  const half = new Float64Array(k);
  halfWays(centers, d, half);
  return { k, d, centers, half };
}

/** How far the farthest of the other centres moved, for each centre [K]. */
function drifts({ k, d, centers }: Places, before: Float64Array): Float64Array {
  let [first, second, farthest] = [0, 0, -1];
  for (let c = 0; c < k; c++) {
    const move = Math.sqrt(squaredDistance(centers, c, before, c, d));
    if (move > first) [first, second, farthest] = [move, first, c];
    else if (move > second) second = move;
  }
  return Float64Array.from({ length: k }, (_, c) => (c === farthest ? second : first) / DOWN);
}

function accumulated(
  places: Places,
  { x, start, end }: Batch<HostBatch>,
  weight: Float64Array | null,
  last: Memo | undefined,
): { statistics: Statistics; memo: Memo } {
  const { k, d, centers } = places;
  const w = weight?.subarray(start, end) ?? null;
  const labels = last?.labels ?? new Int32Array(end - start).fill(-1);
  const lower = last?.bounds?.lower ?? new Float32Array(end - start);
  const raw = last?.bounds?.sums ?? new Float64Array(k * d);
  const drift = drifts(places, last?.bounds?.centers ?? centers);
  const counts = new Float64Array(k);
  const { inertia, changed } = label(x.values, w, places, drift, { labels, lower, sums: raw, counts });
  for (let c = 0; c < k; c++) {
    // What was added and taken away again need not be 0.
    if (counts[c] === 0) raw.fill(0, c * d, (c + 1) * d);
  }
  const sums = raw.map((sum, at) => sum - counts[Math.floor(at / d)] * centers[at]);
  return {
    statistics: { counts, sums, inertia, changed, far: [] },
    memo: { labels, bounds: { lower, sums: raw, centers } },
  };
}
