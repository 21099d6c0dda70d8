/**
 * The transpose of a matrix, in a new array.
 *
 * @param a [m, n] row-major
 * @param m rows
 * @param n columns
 * @returns [n, m] row-major
 */
export function transposed(a: Float64Array, m: number, n: number): Float64Array {
  const result = new Float64Array(m * n);
  for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) result[j * m + i] = a[i * n + j];
  return result;
}
