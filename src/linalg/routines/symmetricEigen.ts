/**
 * Eigenvalues and eigenvectors of a symmetric matrix, in float64 on the host.
 *
 *     symmetricEigen(a, n) -> { values [n] ascending, vectors [n, n] one eigenvector a ROW }       a is not changed
 *
 * Householder's tridiagonalisation, then QL with implicit shifts: Wilkinson and Reinsch, Handbook for Automatic
 * Computation II, tred2 and imtql2; LAPACK's dsteqr for the stopping rule. Eigenvectors are kept as rows from start to end,
 * so that reflections and rotations run along rows.
 */
import { binaryScale, norm, rotateRows, TINY } from './rotation.js';

/** What `symmetricEigen` returns. */
export interface SymmetricEigen {
  /** [n], ascending. */
  values: Float64Array;
  /** [n, n] row-major: row k is the unit eigenvector of values[k]. A = vectorsᵀ diag(values) vectors. */
  vectors: Float64Array;
}

/** LAPACK's limit: QL needs 1.7 sweeps an eigenvalue as a rule. */
const MAX_SWEEPS = 30;

/**
 * The eigendecomposition of a symmetric matrix, A = Vᵀ diag(w) V with the eigenvectors as the rows of V.
 *
 * @param a [n, n] row-major; its lower triangle is read, nothing is written
 * @param n rows and columns
 * @returns values ascending and unit eigenvectors, one a row; all NaN where the matrix is not finite
 */
export function symmetricEigen(a: Float64Array, n: number): SymmetricEigen {
  const { work, scale } = scaledLowerTriangle(a, n);
  const diagonal = new Float64Array(n);
  const offDiagonal = new Float64Array(n);
  if (!Number.isFinite(scale)) return notANumber(n);
  const squares = tridiagonalise(work, n, diagonal, offDiagonal);
  const vectors = accumulateReflections(work, n, squares);
  const settled = diagonalise(diagonal, offDiagonal, vectors, n);
  if (!settled) return notANumber(n);
  return sortAscending(
    diagonal.map((value) => value * scale),
    vectors,
    n,
  );
}

function notANumber(n: number): SymmetricEigen {
  return { values: new Float64Array(n).fill(NaN), vectors: new Float64Array(n * n).fill(NaN) };
}

/** A copy with its largest entry between 1 and 2, so that no square overflows. */
function scaledLowerTriangle(a: Float64Array, n: number): { work: Float64Array; scale: number } {
  let largest = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) largest = Math.max(largest, Math.abs(a[i * n + j]));
  }
  if (!Number.isFinite(largest)) return { work: a, scale: NaN };
  const scale = binaryScale(largest);
  return { work: a.map((entry) => entry / scale), scale };
}

/**
 * T = Qᵀ A Q, from the last row up. Row i keeps its reflection's vector u_i, supported on the first i columns.
 * diagonal[i] = T[i, i], offDiagonal[i] = T[i, i-1].
 *
 * @returns [n] uᵀu / 2 of each reflection, 0 where there is none
 */
function tridiagonalise(
  a: Float64Array,
  n: number,
  diagonal: Float64Array,
  offDiagonal: Float64Array,
): Float64Array {
  const squares = new Float64Array(n);
  const product = new Float64Array(n);
  for (let i = n - 1; i > 0; i--) {
    const row = i * n;
    diagonal[i] = a[row + i];
    let rest = 0;
    for (let k = 0; k < i - 1; k++) rest += a[row + k] * a[row + k];
    const last = a[row + i - 1];
    offDiagonal[i] = last;
    if (rest < TINY) continue;
    const length = Math.sqrt(rest + last * last);
    offDiagonal[i] = last > 0 ? -length : length;
    squares[i] = rest + last * last - last * offDiagonal[i];
    a[row + i - 1] = last - offDiagonal[i];
    reflectBothSides(a, n, i, squares[i], product);
  }
  diagonal[0] = a[0];
  return squares;
}

/** The leading i x i block becomes H A H with H = I - u uᵀ / h, u in row i: A -= u qᵀ + q uᵀ. */
function reflectBothSides(a: Float64Array, n: number, i: number, h: number, q: Float64Array): void {
  const u = a.subarray(i * n, i * n + i);
  q.fill(0, 0, i);
  for (let j = 0; j < i; j++) {
    const row = a.subarray(j * n, j * n + j + 1);
    const uj = u[j];
    let sum = row[j] * uj;
    for (let k = 0; k < j; k++) {
      sum += row[k] * u[k];
      q[k] += row[k] * uj;
    }
    q[j] += sum;
  }
  let projection = 0;
  for (let j = 0; j < i; j++) {
    q[j] /= h;
    projection += q[j] * u[j];
  }
  const half = projection / (2 * h);
  for (let j = 0; j < i; j++) {
    q[j] -= half * u[j];
    const row = a.subarray(j * n, j * n + j + 1);
    const uj = u[j];
    const qj = q[j];
    for (let k = 0; k <= j; k++) row[k] -= uj * q[k] + qj * u[k];
  }
}

/** Qᵀ = H_1 H_2 ... H_{n-1}; before H_i is applied, only the leading i x i block differs from the identity. */
function accumulateReflections(a: Float64Array, n: number, squares: Float64Array): Float64Array {
  const q = new Float64Array(n * n);
  for (let i = 0; i < n; i++) q[i * n + i] = 1;
  for (let i = 1; i < n; i++) {
    if (squares[i] === 0) continue;
    const u = a.subarray(i * n, i * n + i);
    for (let r = 0; r < i; r++) {
      const row = q.subarray(r * n, r * n + i);
      let sum = 0;
      for (let k = 0; k < i; k++) sum += row[k] * u[k];
      const factor = sum / squares[i];
      for (let k = 0; k < i; k++) row[k] -= factor * u[k];
    }
  }
  return q;
}

/** QL with implicit shifts; the rows of `vectors` take part in every rotation. False where it does not settle. */
function diagonalise(d: Float64Array, e: Float64Array, vectors: Float64Array, n: number): boolean {
  e.copyWithin(0, 1);
  if (n > 0) e[n - 1] = 0;
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; ; sweep++) {
      const m = blockEnd(d, e, l, n);
      if (m === l) break;
      if (sweep === MAX_SWEEPS) return false;
      sweepBlock(d, e, vectors, n, l, m);
    }
  }
  return true;
}

/** The first m >= l whose coupling to m + 1 is below the rounding of the two diagonal entries. */
function blockEnd(d: Float64Array, e: Float64Array, l: number, n: number): number {
  let m = l;
  while (m < n - 1) {
    const size = Math.abs(d[m]) + Math.abs(d[m + 1]);
    if (Math.abs(e[m]) <= Number.EPSILON * 0.5 * size + TINY) break;
    m++;
  }
  return m;
}

/** One QL sweep over the block l..m, from its end to its start; g is the bulge that each rotation chases on. */
function sweepBlock(
  d: Float64Array,
  e: Float64Array,
  vectors: Float64Array,
  n: number,
  l: number,
  m: number,
): void {
  let g = d[m] - shift(d[l], d[l + 1], e[l]);
  let s = 1;
  let c = 1;
  let p = 0;
  for (let i = m - 1; i >= l; i--) {
    const f = s * e[i];
    const b = c * e[i];
    const length = norm(f, g);
    e[i + 1] = length;
    if (length === 0) {
      // The block came apart on the way: the sweep ends here and the next one starts on a smaller block.
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / length;
    c = g / length;
    g = d[i + 1] - p;
    const t = (d[i] - g) * s + 2 * c * b;
    p = s * t;
    d[i + 1] = g + p;
    g = c * t - b;
    rotateRows(vectors, i, i + 1, n, c, -s);
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}

/** Wilkinson's shift: the eigenvalue of [[p, e], [e, q]] that is nearer to p. */
function shift(p: number, q: number, e: number): number {
  const half = (q - p) / (2 * e);
  const root = Math.hypot(half, 1);
  return p - e / (half + (half >= 0 ? root : -root));
}

function sortAscending(values: Float64Array, vectors: Float64Array, n: number): SymmetricEigen {
  const order = Array.from(values.keys()).sort((i, j) => values[i] - values[j]);
  const sorted = new Float64Array(n * n);
  order.forEach((from, to) => sorted.set(vectors.subarray(from * n, (from + 1) * n), to * n));
  return { values: Float64Array.from(order, (i) => values[i]), vectors: sorted };
}
