import fc from 'fast-check';
import { choleskyInto } from '../../../src/linalg/routines/cholesky.js';
import { invertInto } from '../../../src/linalg/routines/inverse.js';
import { symmetricEigen } from '../../../src/linalg/routines/symmetricEigen.js';
import { thinSvd } from '../../../src/linalg/routines/thinSvd.js';
import { invertTriangularInto, solveTriangularInto } from '../../../src/linalg/routines/triangular.js';
import { expectClose } from '../../support/close.js';
import {
  identity,
  make,
  multiply,
  naiveCholesky,
  naiveEigenvalues,
  naiveSolve,
  randomPositiveDefinite,
  randomRows,
  randomSymmetric,
  transpose,
  type Rows,
} from '../../support/naive-linalg.js';

const flat = (rows: Rows): Float64Array => Float64Array.from(rows.flat());
const rows = (values: Float64Array, n: number): Rows =>
  make(n === 0 ? 0 : values.length / n, n, (i, j) => values[i * n + j]);
/** The spacing of the smallest float64 numbers: below it products of them round to nothing. */
const DENORMAL = 1e-320;
const largest = (a: Rows): number => Math.max(0, ...a.flat().map(Math.abs));

/** Matrices as they come: any scale, many zeros, equal entries, rows that repeat. */
const entry = fc.oneof(
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.constantFrom(0, 0, 1, -1, 1e-8, 1e-160, 1e-300, 1e8),
);
const matrix = (m: number, n: number): fc.Arbitrary<Rows> =>
  fc.array(fc.array(entry, { minLength: n, maxLength: n }), { minLength: m, maxLength: m });
const size = fc.integer({ min: 1, max: 7 });

describe('choleskyInto', () => {
  test.each([1, 2, 9, 40])('size %d: the naive factor to the last digits, zeros above', (n) => {
    const a = randomPositiveDefinite(n, n);
    const l = flat(a);
    expect(choleskyInto(l, n)).toBe(-1);
    expectClose(rows(l, n), naiveCholesky(a), { rtol: 1e-12, atol: 1e-14 });
  });

  test.each([
    [[-1, 0, 0, 1], 0],
    [[1, 2, 2, 1], 1],
    [[1, 0, 1, 1], 1],
    [[1, 0, NaN, 1], 1],
    [[Infinity, 0, 0, 1], 0],
  ])('%p fails at pivot %d', (a, pivot) => {
    expect(choleskyInto(Float64Array.from(a), 2)).toBe(pivot);
  });
});

describe.each([true, false])('triangular routines, lower %p', (lower) => {
  const n = 6;
  const t = make(n, n, (i, j) => (i === j ? 1.5 : 0) + randomRows(n, n, 3)[i][j] / 2);
  const read = make(n, n, (i, j) => ((lower ? j <= i : j >= i) ? t[i][j] : 0));

  test.each([true, false])('solveTriangularInto, transposed %p, is what elimination finds', (transposed) => {
    const b = randomRows(n, 2, 4);
    const x = flat(b);
    expect(solveTriangularInto(flat(t), n, x, 2, { lower, transposed })).toBe(-1);
    expectClose(rows(x, 2), naiveSolve(transposed ? transpose(read) : read, b).x, {
      rtol: 1e-11,
      atol: 1e-13,
    });
  });

  test('invertTriangularInto is what elimination finds, zeros in the other triangle', () => {
    const inverse = flat(t);
    expect(invertTriangularInto(inverse, n, { lower })).toBe(-1);
    expectClose(rows(inverse, n), naiveSolve(read, identity(n)).x, { rtol: 1e-11, atol: 1e-13 });
  });

  test('a zero pivot or a NaN is reported by its row, and nothing is written', () => {
    for (const bad of [[1, 1, 1, 0], lower ? [1, 0, NaN, 1] : [1, 1, 0, NaN]]) {
      const [a, b] = [Float64Array.from(bad), Float64Array.of(1, 2)];
      expect(solveTriangularInto(a, 2, b, 1, { lower })).toBe(1);
      expect(invertTriangularInto(a, 2, { lower })).toBe(1);
      expect([Array.from(a), Array.from(b)]).toEqual([bad, [1, 2]]);
    }
  });
});

describe('invertInto', () => {
  test.each([1, 2, 8])('size %d, rows exchanged: what elimination finds', (n) => {
    const entries = randomRows(n, n, n);
    const a = make(n, n, (i, j) => entries[i][j] / 4 + ((i + 1) % n === j ? 2 : 0));
    const inverse = flat(a);
    expect(invertInto(inverse, n)).toBe(-1);
    expectClose(rows(inverse, n), naiveSolve(a, identity(n)).x, { rtol: 1e-11, atol: 1e-13 });
  });

  test('a singular matrix, and one with a NaN, are reported by their column', () => {
    expect(invertInto(Float64Array.of(1, 2, 2, 4), 2)).toBe(1);
    expect(invertInto(Float64Array.of(1, 2, NaN, 4), 2)).toBe(0);
  });
});

describe('symmetricEigen', () => {
  function expectDecomposed(a: Rows): void {
    const n = a.length;
    const input = flat(a);
    const { values, vectors } = symmetricEigen(input, n);
    expect(Array.from(input)).toEqual(a.flat());
    const v = rows(vectors, n);
    const scaled = v.map((row, k) => row.map((x) => x * values[k]));
    expectClose(multiply(transpose(v), scaled), a, { atol: 1e-13 * n * largest(a) + DENORMAL });
    expectClose(multiply(v, transpose(v)), identity(n), { atol: 1e-13 * n });
    expect(Array.from(values)).toEqual(Array.from(values).sort((x, y) => x - y));
  }

  test.each([1, 2, 3, 20])('size %d: the naive eigenvalues, A = Vᵀ diag(w) V, V Vᵀ = I', (n) => {
    const a = randomSymmetric(n, n);
    expectDecomposed(a);
    expectClose(symmetricEigen(flat(a), n).values, naiveEigenvalues(a), { atol: 1e-12 });
  });

  test('any symmetric matrix is decomposed, at any scale', () => {
    const symmetric = size
      .chain((n) => matrix(n, n))
      .map((a) => make(a.length, a.length, (i, j) => a[Math.max(i, j)][Math.min(i, j)]));
    fc.assert(fc.property(symmetric, expectDecomposed), { numRuns: 300, seed: 1 });
    for (const scale of [1e-300, 1e-150, 1e150, 1e300]) {
      expectDecomposed(randomSymmetric(5, 1).map((row) => row.map((x) => x * scale)));
    }
  });

  test('reads the lower triangle; nothing is an answer for nothing; NaN for what is not finite', () => {
    expectClose(symmetricEigen(Float64Array.of(2, NaN, 1, 2), 2).values, [1, 3], { rtol: 1e-14 });
    expect(symmetricEigen(new Float64Array(0), 0).values).toHaveLength(0);
    for (const bad of [NaN, Infinity, -Infinity]) {
      const { values, vectors } = symmetricEigen(Float64Array.of(1, 0, bad, 1), 2);
      expect([...values, ...vectors].every(Number.isNaN)).toBe(true);
    }
  });
});

describe('thinSvd', () => {
  function expectDecomposed(a: Rows): void {
    const [m, n] = [a.length, a[0].length];
    const input = flat(a);
    const parts = thinSvd(input, m, n);
    expect(Array.from(input)).toEqual(a.flat());
    const [u, v] = [rows(parts.u, m), rows(parts.v, n)];
    const k = Math.min(m, n);
    expect([u.length, v.length, parts.s.length]).toEqual([k, k, k]);
    const scaled = v.map((row, i) => row.map((x) => x * parts.s[i]));
    expectClose(multiply(transpose(u), scaled), a, { atol: 1e-13 * (m + n) * largest(a) + DENORMAL });
    expectClose(multiply(u, transpose(u)), identity(k), { atol: 1e-13 * m });
    expectClose(multiply(v, transpose(v)), identity(k), { atol: 1e-13 * n });
    expect(Array.from(parts.s)).toEqual(Array.from(parts.s).sort((x, y) => y - x));
    expect(parts.s.every((value) => value >= 0)).toBe(true);
  }

  test('any matrix is decomposed, at any scale', () => {
    const any = fc.tuple(size, size).chain(([m, n]) => matrix(m, n));
    fc.assert(fc.property(any, expectDecomposed), { numRuns: 300, seed: 1 });
    for (const scale of [1e-300, 1e-150, 1e150, 1e300]) {
      expectDecomposed(randomRows(5, 3, 1).map((row) => row.map((x) => x * scale)));
    }
  });

  test.each([
    ['zeros between couplings', make(6, 6, (i, j) => (j === i ? i % 2 : j === i + 1 ? 1 : 0))],
    ['a last column of zeros', make(5, 5, (i, j) => (j === 4 ? 0 : i + j + (i * j) % 3))], // prettier-ignore
    ['rank 2', multiply(randomRows(12, 2, 1), randomRows(2, 9, 2))],
    ['nothing but zeros', make(3, 4, () => 0)],
    ['Hilbert, singular values down to 1e-16', make(12, 12, (i, j) => 1 / (i + j + 1))],
    ['tall', randomRows(200, 5, 3)],
  ])('%s', (_, a) => expectDecomposed(a));

  test('its squares are the eigenvalues of AᵀA', () => {
    const a = randomRows(9, 6, 5);
    const squares = Array.from(thinSvd(flat(a), 9, 6).s, (value) => value * value).reverse();
    expectClose(squares, naiveEigenvalues(multiply(transpose(a), a)), { rtol: 1e-11 });
  });

  test('NaN for what is not finite', () => {
    for (const bad of [NaN, Infinity]) {
      const { u, s, v } = thinSvd(Float64Array.of(1, 2, bad, 4, 5, 6), 3, 2);
      expect([...u, ...s, ...v].every(Number.isNaN)).toBe(true);
      expect([u.length, s.length, v.length]).toEqual([6, 2, 4]);
    }
  });
});
