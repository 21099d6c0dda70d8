/**
 * The inner loops of the passes on the host: rows x [n * D] of float32, everything else float64. They are in one file
 * so that they are compiled as one.
 */

/** Bounds are held in float32: a little lower than they are, so that they stay bounds. */
export const DOWN = 1 - 2 ** -22;

/** Of row `at` and row `to`, by differences. */
export function squaredDistance(
  x: Float32Array | Float64Array,
  at: number,
  y: Float64Array,
  to: number,
  d: number,
): number {
  if (d === 2) {
    // A loop over two features takes longer than what is in it.
    const a = x[2 * at] - y[2 * to];
    const b = x[2 * at + 1] - y[2 * to + 1];
    return a * a + b * b;
  }
  let total = 0;
  for (let j = 0; j < d; j++) {
    const difference = x[at * d + j] - y[to * d + j];
    total += difference * difference;
  }
  return total;
}

/** Half of the distance of each centre [K * D] to the nearest other one, a little lower than it is: written to `half` [K]. */
export function halfWays(centers: Float64Array, d: number, half: Float64Array): void {
  half.fill(Infinity);
  for (let a = 0; a < half.length; a++) {
    for (let b = 0; b < a; b++) {
      const apart = (DOWN * Math.sqrt(squaredDistance(centers, a, centers, b, d))) / 2;
      if (apart < half[a]) half[a] = apart;
      if (apart < half[b]) half[b] = apart;
    }
  }
}

/**
 * What one more point leaves of the squared distances to the nearest of some points, added up with the rows' weights.
 *
 * @param squared [n] so far
 * @param out [n] gets them, or null
 */
export function nearer(
  x: Float32Array,
  points: Float64Array,
  which: number,
  d: number,
  squared: Float64Array,
  weight: Float64Array | null,
  out: Float64Array | null,
): number {
  let total = 0;
  for (let i = 0; i < squared.length; i++) {
    const distance = squaredDistance(x, i, points, which, d);
    const least = distance < squared[i] ? distance : squared[i];
    if (out !== null) out[i] = least;
    total += weight === null ? least : least * weight[i];
  }
  return total;
}

/** The centres of one pass, as float32 sees them. */
export interface Places {
  readonly k: number;
  readonly d: number;
  /** [K * D] */
  readonly centers: Float64Array;
  /** [K] Half of the distance to the nearest other centre. */
  readonly half: Float64Array;
}

/** What is changed in place: of rows [n], and of clusters. */
export interface Labeling {
  /** -1: none yet. */
  readonly labels: Int32Array;
  /** Below the distance to every centre but the row's own. */
  readonly lower: Float32Array;
  /** [K * D] Σ w x */
  readonly sums: Float64Array;
  /** [K] Σ w, added to. */
  readonly counts: Float64Array;
}

/**
 * Labels rows by their nearest centre, of several that are equally near the first.
 *
 * @param drift [K] How far at most a centre other than this one has moved since `lower` was right.
 * @returns Σ w |x - c|², and how many rows with weight have a new label
 */
export function label(
  x: Float32Array,
  w: Float64Array | null,
  { k, d, centers, half }: Places,
  drift: Float64Array,
  { labels, lower, sums, counts }: Labeling,
): { inertia: number; changed: number } {
  let inertia = 0;
  let changed = 0;
  for (let i = 0; i < labels.length; i++) {
    const before = labels[i];
    const weight = w === null ? 1 : w[i];
    if (before >= 0) {
      const own = squaredDistance(x, i, centers, before, d);
      const bound = (lower[i] - drift[before]) * DOWN;
      lower[i] = bound;
      const safe = bound > half[before] ? bound : half[before];
      if (own < safe * safe) {
        counts[before] += weight;
        inertia += weight * own;
        continue;
      }
    }
    let nearest = 0;
    let best = Infinity;
    let second = Infinity;
    for (let c = 0; c < k; c++) {
      const distance = squaredDistance(x, i, centers, c, d);
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
