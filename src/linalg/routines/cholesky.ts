/**
 * Cholesky's factor of a symmetric positive definite matrix, in float64 on the host.
 *
 *     choleskyInto(a, n) -> -1 | failing pivot          a [n, n] row-major, in place: A = L Lᵀ
 *
 * Golub and Van Loan, Matrix Computations, 4.2; the row-by-row order, so that every inner loop runs along two rows.
 */

/**
 * Replaces a symmetric positive definite matrix by its lower Cholesky factor L, A = L Lᵀ.
 *
 * @param a [n, n] row-major; its lower triangle is read, L is written there and zeros above. After a failure the rows from
 *   the failing one on are no factor.
 * @param n rows and columns
 * @returns -1, or the index of the first pivot that is not positive and finite: the leading block up to it, and so the
 *   matrix, is not positive definite
 */
export function choleskyInto(a: Float64Array, n: number): number {
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j < i; j++) {
      a[row + j] = (a[row + j] - dotRows(a, row, j * n, j)) / a[j * n + j];
    }
    const pivot = a[row + i] - dotRows(a, row, row, i);
    if (!(pivot > 0 && pivot < Infinity)) return i;
    a[row + i] = Math.sqrt(pivot);
    a.fill(0, row + i + 1, row + n);
  }
  return -1;
}

/**
 * Σ a[p + k] b[q + k] over k < length; b is a unless given. Four running sums: one would wait for its own last addition,
 * and rounds worse.
 */
export function dotRows(a: Float64Array, p: number, q: number, length: number, b = a): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    s0 += a[p + k] * b[q + k];
    s1 += a[p + k + 1] * b[q + k + 1];
    s2 += a[p + k + 2] * b[q + k + 2];
    s3 += a[p + k + 3] * b[q + k + 3];
  }
  for (; k < length; k++) s0 += a[p + k] * b[q + k];
  return s0 + s1 + (s2 + s3);
}
