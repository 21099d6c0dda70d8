/** Textbook linear algebra on rows of plain numbers, as slow and as plain as it gets: what the library is compared with. */
import { randoms } from './gradients.js';

export type Rows = number[][];

export function make(m: number, n: number, entry: (i: number, j: number) => number): Rows {
  return Array.from({ length: m }, (_, i) => Array.from({ length: n }, (_, j) => entry(i, j)));
}

/** Entries between -1 and 1, as float32 holds them, so that every backend is given the same numbers. */
export function randomRows(m: number, n: number, seed: number): Rows {
  const random = randoms(seed);
  return make(m, n, () => Math.fround(2 * random() - 1));
}

export function identity(n: number): Rows {
  return make(n, n, (i, j) => (i === j ? 1 : 0));
}

export function transpose(a: Rows): Rows {
  return make(a[0].length, a.length, (i, j) => a[j][i]);
}

export function multiply(a: Rows, b: Rows): Rows {
  return make(a.length, b[0].length, (i, j) => b.reduce((sum, row, k) => sum + a[i][k] * row[j], 0));
}

/** Symmetric positive definite with eigenvalues of about 0.5 to 2, in float32 numbers. */
export function randomPositiveDefinite(n: number, seed: number): Rows {
  const b = randomRows(n, n, seed);
  const product = multiply(transpose(b), b);
  return make(n, n, (i, j) => Math.fround(product[i][j] / n + (i === j ? 0.5 : 0)));
}

export function randomSymmetric(n: number, seed: number): Rows {
  const b = randomRows(n, n, seed);
  return make(n, n, (i, j) => b[Math.max(i, j)][Math.min(i, j)]);
}

/** Column by column, from the definition. */
export function naiveCholesky(a: Rows): Rows {
  const l = make(a.length, a.length, () => 0);
  for (let j = 0; j < a.length; j++) {
    for (let i = j; i < a.length; i++) {
      let rest = a[i][j];
      for (let k = 0; k < j; k++) rest -= l[i][k] * l[j][k];
      l[i][j] = i === j ? Math.sqrt(rest) : rest / l[j][j];
    }
  }
  return l;
}

/** A X = B by Gauss's elimination, and the determinant of A on the way. */
export function naiveSolve(a: Rows, b: Rows): { x: Rows; determinant: number } {
  const n = a.length;
  const rows = a.map((row, i) => [...row, ...b[i]]);
  let determinant = 1;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let i = k; i < n; i++) if (Math.abs(rows[i][k]) > Math.abs(rows[best][k])) best = i;
    if (best !== k) determinant = -determinant;
    [rows[k], rows[best]] = [rows[best], rows[k]];
    determinant *= rows[k][k];
    for (let i = 0; i < n; i++) {
      if (i === k) continue;
      const factor = rows[i][k] / rows[k][k];
      rows[i] = rows[i].map((value, j) => value - factor * rows[k][j]);
    }
  }
  return { x: rows.map((row, i) => row.slice(n).map((value) => value / row[i])), determinant };
}

/** Jacobi's method: the largest off-diagonal entry is rotated away until none is left. Ascending. */
export function naiveEigenvalues(symmetric: Rows): number[] {
  let a = symmetric.map((row) => [...row]);
  const n = a.length;
  const size = Math.max(...a.flat().map(Math.abs));
  for (let turn = 0; turn < 50 * n * n; turn++) {
    let [p, q] = [0, 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < i; j++) if (p === q || Math.abs(a[i][j]) > Math.abs(a[p][q])) [p, q] = [i, j];
    }
    if (p === q || Math.abs(a[p][q]) <= 1e-15 * size) break;
    const angle = Math.atan2(2 * a[p][q], a[q][q] - a[p][p]) / 2;
    const turned = identity(n);
    turned[p][p] = turned[q][q] = Math.cos(angle);
    turned[p][q] = Math.sin(angle);
    turned[q][p] = -Math.sin(angle);
    a = multiply(transpose(turned), multiply(a, turned));
  }
  return a.map((row, i) => row[i]).sort((x, y) => x - y);
}
