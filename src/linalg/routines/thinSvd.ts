/**
 * The thin singular value decomposition, in float64 on the host.
 *
 *     thinSvd(a, m, n) -> { u [k, m] one left vector a ROW, s [k] descending, v [k, n] one right vector a ROW }
 *
 * with k = min(m, n); a [m, n] row-major is not changed. Golub and Kahan's bidiagonalisation, then implicit QR on the
 * bidiagonal form: Golub and Reinsch, Handbook for Automatic Computation II; LINPACK's dsvdc for the zeros on the diagonal.
 * Rank-deficient matrices come with complete, orthonormal vectors.
 */
import { applyReflections, bidiagonalise, type Reflections } from './bidiagonal.js';
import { binaryScale, norm, rotateRows, TINY } from './rotation.js';
import { transposed } from './transpose.js';

/** What `thinSvd` returns, k = min(m, n). */
export interface ThinSvd {
  /** [k, m] row-major: row i is the left singular vector of s[i]. */
  u: Float64Array;
  /** [k], descending, not negative. */
  s: Float64Array;
  /** [k, n] row-major: row i is the right singular vector of s[i]. A = uᵀ diag(s) v. */
  v: Float64Array;
}

/** B = uᵀ diag(d) v with superdiagonal e, all of it changed in place by the rotations until e is 0; u and v are [p, p]. */
interface Sweep {
  d: Float64Array;
  e: Float64Array;
  u: Float64Array;
  v: Float64Array;
  p: number;
}

/** Twice LINPACK's limit; two sweeps a singular value are the rule. */
const MAX_SWEEPS = 60;

/**
 * The thin singular value decomposition A = uᵀ diag(s) v, singular vectors as rows.
 *
 * @param a [m, n] row-major, not changed
 * @param m rows
 * @param n columns
 * @returns u, s descending and v; all NaN where the matrix is not finite
 */
export function thinSvd(a: Float64Array, m: number, n: number): ThinSvd {
  // The columns of a tall matrix, or the rows of a wide one: either way [p, q] with p <= q.
  const tall = m >= n;
  const [p, q] = tall ? [n, m] : [m, n];
  const largest = a.reduce((top, entry) => Math.max(top, Math.abs(entry)), 0);
  const scale = binaryScale(largest);
  const columns = (tall ? transposed(a, m, n) : a).map((entry) => entry / scale);
  const sweep = Number.isFinite(largest) ? decompose(columns, p, q) : null;
  if (sweep === null) {
    const nan = (size: number): Float64Array => new Float64Array(size).fill(NaN);
    return { u: nan(p * m), s: nan(p), v: nan(p * n) };
  }
  const { short, s, long } = sortDescending(sweep, q);
  const values = s.map((value) => value * scale);
  return tall ? { u: long, s: values, v: short } : { u: short, s: values, v: long };
}

/** The decomposition of the [q, p] matrix with these columns; `u` with its reflections is [p, q]. Null where QR does not settle. */
function decompose(columns: Float64Array, p: number, q: number): Sweep | null {
  const { diagonal, superdiagonal, left, right } = bidiagonalise(columns, p, q);
  const sweep: Sweep = { d: diagonal, e: superdiagonal, u: identity(p), v: identity(p), p };
  if (!diagonalise(sweep)) return null;
  // Rotations ran on [p, p] only; a tall matrix's long vectors are made once, here.
  sweep.u = reflected(sweep.u, p, left);
  sweep.v = reflected(sweep.v, p, right);
  return sweep;
}

function reflected(rows: Float64Array, p: number, reflections: Reflections): Float64Array {
  const { length } = reflections;
  const long = new Float64Array(p * length);
  for (let i = 0; i < p; i++) long.set(rows.subarray(i * p, (i + 1) * p), i * length);
  applyReflections(long, reflections);
  return long;
}

/** Drives the superdiagonal to zero, the last block first. False where it does not settle. */
function diagonalise(sweep: Sweep): boolean {
  const { d, e } = sweep;
  for (let hi = sweep.p - 1; hi > 0; hi--) {
    for (let count = 0; ; count++) {
      const lo = blockStart(d, e, hi);
      if (lo === hi) break;
      if (count === MAX_SWEEPS) return false;
      const zero = zeroOnDiagonal(d, e, lo, hi);
      if (zero === -1) qrStep(sweep, lo, hi);
      else if (zero === hi) clearLastColumn(sweep, lo, hi);
      else clearRow(sweep, zero, hi);
    }
  }
  return true;
}

/** The smallest lo for which lo..hi is coupled throughout; the negligible coupling before it becomes 0. */
function blockStart(d: Float64Array, e: Float64Array, hi: number): number {
  let lo = hi;
  while (lo > 0) {
    const size = Math.abs(d[lo - 1]) + Math.abs(d[lo]);
    if (Math.abs(e[lo - 1]) <= Number.EPSILON * 0.5 * size + TINY) {
      e[lo - 1] = 0;
      break;
    }
    lo--;
  }
  return lo;
}

/** The last index in lo..hi whose diagonal entry is lost beside the couplings around it, or -1. */
function zeroOnDiagonal(d: Float64Array, e: Float64Array, lo: number, hi: number): number {
  for (let i = hi; i >= lo; i--) {
    const around = (i < hi ? Math.abs(e[i]) : 0) + (i > lo ? Math.abs(e[i - 1]) : 0);
    if (Math.abs(d[i]) <= Number.EPSILON * 0.5 * around + TINY) {
      d[i] = 0;
      return i;
    }
  }
  return -1;
}

/** d[hi] is 0: its column is rotated into the ones before it, which frees d[hi] as a singular value 0. */
function clearLastColumn({ d, e, v, p }: Sweep, lo: number, hi: number): void {
  let f = e[hi - 1];
  e[hi - 1] = 0;
  for (let j = hi - 1; j >= lo && f !== 0; j--) {
    const length = norm(d[j], f);
    const c = d[j] / length;
    const s = f / length;
    d[j] = length;
    if (j > lo) {
      f = -s * e[j - 1];
      e[j - 1] *= c;
    }
    rotateRows(v, j, hi, p, c, s);
  }
}

/** d[i] is 0: its row is rotated into the ones after it, which cuts the block in two behind i. */
function clearRow({ d, e, u, p }: Sweep, i: number, hi: number): void {
  let f = e[i];
  e[i] = 0;
  for (let j = i + 1; j <= hi && f !== 0; j++) {
    const length = norm(d[j], f);
    const c = d[j] / length;
    const s = f / length;
    d[j] = length;
    f = -s * e[j];
    e[j] *= c;
    rotateRows(u, j, i, p, c, s);
  }
}

/** One implicit QR step on BᵀB over lo..hi: a right and a left rotation for each column, chasing the bulge g down. */
function qrStep({ d, e, u, v, p }: Sweep, lo: number, hi: number): void {
  let f = startOfStep(d, e, lo, hi);
  let g = e[lo];
  for (let j = lo; j < hi; j++) {
    let length = norm(f, g);
    let c = length === 0 ? 1 : f / length;
    let s = length === 0 ? 0 : g / length;
    if (j > lo) e[j - 1] = length;
    f = c * d[j] + s * e[j];
    e[j] = c * e[j] - s * d[j];
    g = s * d[j + 1];
    d[j + 1] *= c;
    rotateRows(v, j, j + 1, p, c, s);
    length = norm(f, g);
    c = length === 0 ? 1 : f / length;
    s = length === 0 ? 0 : g / length;
    d[j] = length;
    f = c * e[j] + s * d[j + 1];
    d[j + 1] = c * d[j + 1] - s * e[j];
    g = s * e[j + 1];
    e[j + 1] *= c;
    rotateRows(u, j, j + 1, p, c, s);
  }
  e[hi - 1] = f;
}

/** (d² - μ) / d of the block's first column, μ the eigenvalue of the last 2 x 2 of BᵀB nearer to its end. */
function startOfStep(d: Float64Array, e: Float64Array, lo: number, hi: number): number {
  const scale = Math.max(
    Math.abs(d[hi]),
    Math.abs(d[hi - 1]),
    Math.abs(e[hi - 1]),
    Math.abs(d[lo]),
    Math.abs(e[lo]),
  );
  const last = d[hi] / scale;
  const previous = d[hi - 1] / scale;
  const coupling = e[hi - 1] / scale;
  const first = d[lo] / scale;
  const b = ((previous + last) * (previous - last) + coupling * coupling) / 2;
  const c = (last * coupling) ** 2;
  const root = Math.sqrt(b * b + c);
  const shift = b === 0 && c === 0 ? 0 : c / (b + (b < 0 ? -root : root));
  return (((first + last) * (first - last) + shift) / first) * scale;
}

/** Signs into v, the largest value first. `long` is u with q numbers a row, `short` is v. */
function sortDescending(
  { d, u, v, p }: Sweep,
  q: number,
): { short: Float64Array; s: Float64Array; long: Float64Array } {
  const order = Array.from(d.keys()).sort((i, j) => Math.abs(d[j]) - Math.abs(d[i]));
  const long = new Float64Array(p * q);
  const short = new Float64Array(p * p);
  order.forEach((from, to) => {
    const sign = d[from] < 0 ? -1 : 1;
    for (let k = 0; k < p; k++) short[to * p + k] = sign * v[from * p + k];
    long.set(u.subarray(from * q, (from + 1) * q), to * q);
  });
  return { short, s: Float64Array.from(order, (i) => Math.abs(d[i])), long };
}

function identity(n: number): Float64Array {
  const eye = new Float64Array(n * n);
  for (let i = 0; i < n; i++) eye[i * n + i] = 1;
  return eye;
}
