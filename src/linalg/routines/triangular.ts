/**
 * Triangular systems and inverses, in float64 on the host.
 *
 *     solveTriangularInto(t, n, b, m, { lower, transposed }) -> -1 | failing row    b [n, m] in place: T X = B or Tᵀ X = B
 *     invertTriangularInto(t, n, { lower })                  -> -1 | failing row    t [n, n] in place: T⁻¹
 *
 * All matrices are row-major; only the triangle named is read. Every inner loop runs along a row.
 */

/** Which triangle of the matrix is read, and whether the system is T X = B or Tᵀ X = B. */
export interface TriangularForm {
  /** The lower triangle (default), or the upper one. */
  lower?: boolean;
  /** Solve with Tᵀ instead of T; false by default. */
  transposed?: boolean;
}

/**
 * Solves T X = B (or Tᵀ X = B) for a triangular T, in place.
 *
 * @param t [n, n] row-major; one triangle is read
 * @param n rows of T and of B
 * @param b [n, m] row-major, replaced by X
 * @param m columns of B
 * @param form which triangle, and whether it is transposed
 * @returns -1, or the first row with a zero pivot or an entry that is not finite; b is untouched then
 */
export function solveTriangularInto(
  t: Float64Array | Float32Array,
  n: number,
  b: Float64Array,
  m: number,
  form: TriangularForm = {},
): number {
  const { lower = true, transposed = false } = form;
  const failed = badRow(t, n, lower);
  if (failed >= 0) return failed;
  const forward = lower !== transposed;
  for (let step = 0; step < n; step++) {
    const i = forward ? step : n - 1 - step;
    // Plain: row i of T gathers the rows of X that are known. Transposed: it is a column, and hands row i of X on.
    const from = lower ? 0 : i + 1;
    const to = lower ? i : n;
    if (!transposed) for (let k = from; k < to; k++) subtractRow(b, i, k, t[i * n + k], m);
    const pivot = t[i * n + i];
    for (let c = i * m; c < (i + 1) * m; c++) b[c] /= pivot;
    if (transposed) for (let k = from; k < to; k++) subtractRow(b, k, i, t[i * n + k], m);
  }
  return -1;
}

/**
 * Inverts a triangular matrix in place.
 *
 * @param t [n, n] row-major; one triangle is read and replaced by the inverse's, the other is set to zero
 * @param n rows and columns
 * @param form which triangle
 * @returns -1, or the first row with a zero pivot or an entry that is not finite; t is untouched then
 */
export function invertTriangularInto(
  t: Float64Array,
  n: number,
  form: Pick<TriangularForm, 'lower'> = {},
): number {
  const { lower = true } = form;
  const failed = badRow(t, n, lower);
  if (failed >= 0) return failed;
  const row = new Float64Array(n);
  for (let step = 0; step < n; step++) {
    const i = lower ? step : n - 1 - step;
    // Row i of T⁻¹ is -(Σ_k T[i, k] (T⁻¹)[k, :]) / T[i, i] over the rows already inverted.
    const start = i * n;
    row.set(t.subarray(start, start + n));
    t.fill(0, start, start + n);
    for (let k = lower ? 0 : i + 1; k < (lower ? i : n); k++) {
      if (lower) subtractPart(t, start, k * n, row[k], 0, k + 1);
      else subtractPart(t, start, k * n, row[k], k, n);
    }
    for (let c = start; c < start + n; c++) t[c] /= row[i];
    t[start + i] = 1 / row[i];
  }
  return -1;
}

/** The first row that no finite solution can come from, or -1. */
function badRow(t: Float64Array | Float32Array, n: number, lower: boolean): number {
  for (let i = 0; i < n; i++) {
    let sum = 0;
    for (let k = lower ? 0 : i; k < (lower ? i + 1 : n); k++) sum += t[i * n + k] * 0;
    if (t[i * n + i] === 0 || Number.isNaN(sum)) return i;
  }
  return -1;
}

/** b[i, :] -= factor * b[k, :] */
function subtractRow(b: Float64Array, i: number, k: number, factor: number, m: number): void {
  subtractPart(b, i * m, k * m, factor, 0, m);
}

function subtractPart(
  b: Float64Array,
  target: number,
  source: number,
  factor: number,
  from: number,
  to: number,
): void {
  for (let c = from; c < to; c++) b[target + c] -= factor * b[source + c];
}
