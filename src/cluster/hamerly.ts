import { fold, type Batch } from '../core/iterate.js';
import { farRows, merge, type Centers, type Memo, type Statistics } from './lloyd.js';
import { squaredDistance, type HostBatch, type HostRows, type Problem } from './problem.js';

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

/** The centres of one pass, as float32 sees them. */
interface Places {
  readonly k: number;
  readonly d: number;
  readonly centers: Float64Array;
  /** [K] Half of the distance to the nearest other centre. */
  readonly half: Float64Array;
}

/** Bounds are held in float32: a little lower than they are, so that they stay bounds. */
const DOWN = 1 - 2 ** -22;

/** One pass over the rows: every row to its nearest centre, of several that are equally near the first. */
export async function assignOnHost(problem: Problem, centers: Centers, memos: Memo[]): Promise<Statistics> {
  const places = placesOf(centers, problem.rows.nFeatures);
  return fold(
    problem.host as HostRows,
    (batch, memo) => accumulate(problem, places, batch, memo),
    merge,
    memos,
    problem.pace,
  );
}

function placesOf(exact: Centers, d: number): Places {
  const k = exact.length / d;
  const centers = exact.map(Math.fround);
  const half = new Float64Array(k).fill(Infinity);
  for (let a = 0; a < k; a++) {
    for (let b = 0; b < a; b++) {
      const apart = (DOWN * Math.sqrt(squaredDistance(centers, a * d, centers, b * d, d))) / 2;
      if (apart < half[a]) half[a] = apart;
      if (apart < half[b]) half[b] = apart;
    }
  }
  return { k, d, centers, half };
}

/** How far the farthest of the other centres moved, for each centre [K]. */
function drifts({ k, d, centers }: Places, before: Float64Array): Float64Array {
  let [first, second, farthest] = [0, 0, -1];
  for (let c = 0; c < k; c++) {
    const move = Math.sqrt(squaredDistance(centers, c * d, before, c * d, d));
    if (move > first) [first, second, farthest] = [move, first, c];
    else if (move > second) second = move;
  }
  return Float64Array.from({ length: k }, (_, c) => (c === farthest ? second : first) / DOWN);
}

async function accumulate(
  { rows, weight }: Problem,
  places: Places,
  { x, start, end }: Batch<HostBatch>,
  last: Memo | undefined,
): Promise<{ statistics: Statistics; memo: Memo }> {
  const { k, d, centers } = places;
  const w = weight?.subarray(start, end) ?? null;
  const labels = last?.labels ?? new Int32Array(end - start).fill(-1);
  const lower = last?.bounds?.lower ?? new Float32Array(end - start);
  const raw = last?.bounds?.sums ?? new Float64Array(k * d);
  const drift = drifts(places, last?.bounds?.centers ?? centers);
  const counts = new Float64Array(k);
  const { inertia, changed } = label(x.values, w, places, drift, { labels, lower, sums: raw }, counts);
  const sums = raw.slice();
  let lacking = 0;
  for (let c = 0; c < k; c++) {
    if (counts[c] === 0) {
      lacking++;
      raw.fill(0, c * d, (c + 1) * d);
    }
    for (let j = c * d; j < (c + 1) * d; j++) sums[j] = raw[j] - counts[c] * centers[j];
  }
  const distances = () =>
    Float64Array.from(labels, (c, i) => squaredDistance(x.values, i * d, centers, c * d, d));
  const far = lacking > 0 ? await farRows(rows, lacking, start, labels, distances(), w) : [];
  return {
    statistics: { counts, sums, inertia, changed, far },
    memo: { labels, bounds: { lower, sums: raw, centers } },
  };
}

/** Labels the rows of a batch; labels, lower bounds and sums are changed in place, counts are added up. */
function label(
  x: Float32Array,
  w: Float64Array | null,
  { k, d, centers, half }: Places,
  drift: Float64Array,
  { labels, lower, sums }: { labels: Int32Array; lower: Float32Array; sums: Float64Array },
  counts: Float64Array,
): { inertia: number; changed: number } {
  let inertia = 0;
  let changed = 0;
  for (let i = 0; i < labels.length; i++) {
    const before = labels[i];
    const weight = w === null ? 1 : w[i];
    if (before >= 0) {
      const own = squaredDistance(x, i * d, centers, before * d, d);
      const bound = (lower[i] - drift[before]) * DOWN;
      lower[i] = bound;
      const safe = Math.max(bound, half[before]);
      if (safe > 0 && own < safe * safe) {
        counts[before] += weight;
        inertia += weight * own;
        continue;
      }
    }
    let nearest = 0;
    let best = Infinity;
    let second = Infinity;
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(x, i * d, centers, c * d, d);
      if (distance < best) {
        second = best;
        best = distance;
        nearest = c;
      } else if (distance < second) second = distance;
    }
    lower[i] = Math.sqrt(second) * DOWN;
    counts[nearest] += weight;
    inertia += weight * best;
    if (nearest === before) continue;
    labels[i] = nearest;
    if (weight === 0) continue;
    changed++;
    for (let j = 0; j < d; j++) {
      const value = weight * x[i * d + j];
      sums[nearest * d + j] += value;
      if (before >= 0) sums[before * d + j] -= value;
    }
  }
  return { inertia, changed };
}
