/**
 * The inverse of a square matrix, in float64 on the host.
 *
 *     invertInto(a, n) -> -1 | failing column          a [n, n] row-major, in place
 *
 * Gauss and Jordan's elimination with the largest pivot of each column; every inner loop runs along two rows.
 */

/**
 * Replaces a square matrix by its inverse.
 *
 * @param a [n, n] row-major, replaced; no inverse after a failure
 * @param n rows and columns
 * @returns -1, or the first column that offers no pivot but 0 or one that is not finite: the matrix is singular
 */
export function invertInto(a: Float64Array, n: number): number {
  const swaps = new Int32Array(n);
  for (let k = 0; k < n; k++) {
    const best = largestBelow(a, n, k);
    const pivot = a[best * n + k];
    if (!(Math.abs(pivot) > 0 && Math.abs(pivot) < Infinity)) return k;
    swaps[k] = best;
    swapRows(a, n, k, best);
    eliminate(a, n, k, pivot);
  }
  // Rows were exchanged on the left, so the inverse's columns are exchanged back, the last exchange first.
  for (let k = n - 1; k >= 0; k--) swapColumns(a, n, k, swaps[k]);
  return -1;
}

/** One step: column k of the matrix makes room for column k of what becomes the inverse. */
function eliminate(a: Float64Array, n: number, k: number, pivot: number): void {
  const pivotRow = a.subarray(k * n, (k + 1) * n);
  pivotRow[k] = 1;
  for (let j = 0; j < n; j++) pivotRow[j] /= pivot;
  for (let i = 0; i < n; i++) {
    if (i === k) continue;
    const row = a.subarray(i * n, (i + 1) * n);
    const factor = row[k];
    row[k] = 0;
    for (let j = 0; j < n; j++) row[j] -= factor * pivotRow[j];
  }
}

function largestBelow(a: Float64Array, n: number, k: number): number {
  let best = k;
  for (let i = k + 1; i < n; i++) {
    // A NaN must be found, not passed over: it then fails as a pivot.
    if (!(Math.abs(a[i * n + k]) <= Math.abs(a[best * n + k]))) best = i;
  }
  return best;
}

function swapRows(a: Float64Array, n: number, i: number, j: number): void {
  if (i === j) return;
  const row = a.slice(i * n, (i + 1) * n);
  a.copyWithin(i * n, j * n, (j + 1) * n);
  a.set(row, j * n);
}

function swapColumns(a: Float64Array, n: number, i: number, j: number): void {
  if (i === j) return;
  for (let start = 0; start < n * n; start += n) {
    const entry = a[start + i];
    a[start + i] = a[start + j];
    a[start + j] = entry;
  }
}
