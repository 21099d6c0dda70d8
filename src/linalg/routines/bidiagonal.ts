/**
 * Householder's reduction of a tall matrix to bidiagonal form, in float64 on the host: the first half of a singular value
 * decomposition (Golub and Van Loan, 5.4.8).
 *
 *     bidiagonalise(columns, p, q) -> { diagonal, superdiagonal, left, right }         columns [p, q], one COLUMN of the matrix a row
 *     applyReflections(rows, length, reflections)
 *
 * The matrix is held by its columns, so that every inner loop runs along contiguous numbers.
 */
import { TINY } from './rotation.js';

/** The reflections H_k = I - u_k u_kᵀ / h_k, u_k in row k of `vectors` from position k + `offset` on; none where h_k is 0. */
export interface Reflections {
  vectors: Float64Array;
  length: number;
  offset: number;
  h: Float64Array;
}

/** A = left-product · B · right-productᵀ, B upper bidiagonal. */
export interface Bidiagonal {
  /** [p] */
  diagonal: Float64Array;
  /** [p]; entry k stands right of diagonal k, the last is 0. */
  superdiagonal: Float64Array;
  left: Reflections;
  right: Reflections;
}

/**
 * Reduces A [q, p], q >= p, to upper bidiagonal form.
 *
 * @param columns [p, q]: row j is column j of A; overwritten, and kept by the result
 * @param p columns of A
 * @param q rows of A, at least p
 */
export function bidiagonalise(columns: Float64Array, p: number, q: number): Bidiagonal {
  const diagonal = new Float64Array(p);
  const superdiagonal = new Float64Array(p);
  const left: Reflections = { vectors: columns, length: q, offset: 0, h: new Float64Array(p) };
  const right: Reflections = {
    vectors: new Float64Array(p * p),
    length: p,
    offset: 1,
    h: new Float64Array(p),
  };
  const work = new Float64Array(q);
  for (let k = 0; k < p; k++) {
    const u = vectorOf(left, k);
    diagonal[k] = makeReflection(u, left.h, k);
    if (left.h[k] > 0) {
      for (let j = k + 1; j < p; j++) reflect(columns.subarray(j * q + k, (j + 1) * q), u, left.h[k]);
    }
    if (k === p - 1) break;
    const v = vectorOf(right, k);
    for (let j = 0; j < v.length; j++) v[j] = columns[(k + 1 + j) * q + k];
    superdiagonal[k] = makeReflection(v, right.h, k);
    if (right.h[k] > 0) reflectAcross(columns, q, k + 1, v, right.h[k], work);
  }
  return { diagonal, superdiagonal, left, right };
}

/** Every row x becomes H_0 H_1 ... x. */
export function applyReflections(rows: Float64Array, reflections: Reflections): void {
  const { length, offset, h } = reflections;
  for (let k = h.length - 1; k >= 0; k--) {
    if (h[k] === 0) continue;
    const u = vectorOf(reflections, k);
    for (let start = k + offset; start < rows.length; start += length) {
      reflect(rows.subarray(start, start + u.length), u, h[k]);
    }
  }
}

function vectorOf({ vectors, length, offset }: Reflections, k: number): Float64Array {
  return vectors.subarray(k * length + k + offset, (k + 1) * length);
}

/** x becomes u with H x = (β, 0, ...), h[k] = uᵀu / 2; β is returned. */
function makeReflection(x: Float64Array, h: Float64Array, k: number): number {
  let rest = 0;
  for (let i = 1; i < x.length; i++) rest += x[i] * x[i];
  const first = x[0];
  if (rest < TINY) return first;
  const square = rest + first * first;
  // The sign that adds instead of cancelling.
  const beta = first > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  h[k] = square - first * beta;
  x[0] = first - beta;
  return beta;
}

/** x -= u (uᵀx) / h */
function reflect(x: Float64Array, u: Float64Array, h: number): void {
  let sum = 0;
  for (let i = 0; i < u.length; i++) sum += x[i] * u[i];
  const factor = sum / h;
  for (let i = 0; i < u.length; i++) x[i] -= factor * u[i];
}

/** The rows of A from `k` on are reflected by v, which stands over columns k, k + 1, ... */
function reflectAcross(
  columns: Float64Array,
  q: number,
  k: number,
  v: Float64Array,
  h: number,
  work: Float64Array,
): void {
  work.fill(0, k);
  for (let j = 0; j < v.length; j++) {
    const column = columns.subarray((k + j) * q, (k + j + 1) * q);
    for (let i = k; i < q; i++) work[i] += v[j] * column[i];
  }
  for (let j = 0; j < v.length; j++) {
    const column = columns.subarray((k + j) * q, (k + j + 1) * q);
    const factor = v[j] / h;
    for (let i = k; i < q; i++) column[i] -= factor * work[i];
  }
}
