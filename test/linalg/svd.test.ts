import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { svd } from '../../src/linalg/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import {
  identity,
  make,
  multiply,
  naiveEigenvalues,
  randomRows,
  transpose,
  type Rows,
} from '../support/naive-linalg.js';

type Svd = ReturnType<typeof svd>;

/** U diag(s) Vᵀ */
function rebuild({ u, s, v }: Svd): tf.Tensor {
  return tf.matMul(tf.mul(u, tf.expandDims(s, -2)), v, false, true);
}

function expectOrthonormal(x: tf.Tensor): void {
  expectClose(tf.matMul(x, x, true), identity(x.shape[1]!), { atol: 1e-5 });
}

/** Singular values as the square roots of AᵀA's eigenvalues: half of the digits, of an independent method. */
function naiveSingularValues(a: Rows): number[] {
  const gram = a.length > a[0].length ? multiply(transpose(a), a) : multiply(a, transpose(a));
  return naiveEigenvalues(gram).reverse().map((value) => Math.sqrt(Math.max(value, 0))); // prettier-ignore
}

/** Products that do not know the signs of a pair of vectors. */
function withoutSigns({ u, s, v }: Svd): tf.Tensor {
  const pairs = tf.mul(tf.expandDims(u, -2), tf.expandDims(v, -3)); // [M, N, K]
  return tf.concat([tf.reshape(pairs, [-1]), tf.reshape(s, [-1])]);
}

const SHAPES = [[1, 1], [3, 1], [1, 3], [4, 4], [7, 3], [3, 7], [30, 20]]; // prettier-ignore

describe.each(backends)('svd on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(SHAPES)('of %d x %d: A = U diag(s) Vᵀ, orthonormal, s descending and the naive ones', (m, n) => {
    const a = randomRows(m, n, m * n);
    const parts = svd(tf.tensor2d(a));
    expect([parts.u.shape, parts.v.shape]).toEqual([[m, Math.min(m, n)], [n, Math.min(m, n)]]); // prettier-ignore
    expectClose(parts.s, naiveSingularValues(a), { atol: 1e-5 });
    expectClose(rebuild(parts), a, { atol: 1e-5 });
    expectOrthonormal(parts.u);
    expectOrthonormal(parts.v);
  });

  test.each([
    ['rank 1', multiply(randomRows(5, 1, 1), randomRows(1, 4, 2)), 1],
    ['rank 2, wide', multiply(randomRows(4, 2, 1), randomRows(2, 6, 2)), 2],
    ['zero', make(4, 3, () => 0), 0],
    ['nilpotent', make(5, 5, (i, j) => (j === i + 1 ? 1 : 0)), 4],
    ['all ones', make(6, 3, () => 1), 1],
  ])('a matrix that is of %s has complete, orthonormal vectors', (_, rows, rank) => {
    const a = rows.map((row) => row.map(Math.fround));
    const parts = svd(tf.tensor2d(a));
    expectClose(rebuild(parts), a, { atol: 1e-5 });
    expectOrthonormal(parts.u);
    expectOrthonormal(parts.v);
    const s = Array.from(parts.s.dataSync());
    expect(s.filter((value) => value > 1e-6)).toHaveLength(rank);
    expect(s.every((value) => value >= 0)).toBe(true);
  });

  test('keeps leading dimensions', () => {
    const batch = [0, 1].map((i) => [0, 1].map((j) => randomRows(3, 2, 2 * i + j)));
    expectClose(rebuild(svd(tf.tensor4d(batch))), batch, { atol: 1e-5 });
    const none = svd(tf.zeros([0, 2, 3]));
    expect([none.u.shape, none.s.shape, none.v.shape]).toEqual([[0, 2, 2], [0, 2], [0, 3, 2]]); // prettier-ignore
  });

  test.each([
    ['NaN', NaN],
    ['infinite', Infinity],
  ])('a matrix that is %s gives NaN, and only it', (_, bad) => {
    const good = [3, 0, 0, 4, 0, 0];
    const a = tf.tensor3d([...good, 1, 2, 3, bad, 5, 6, ...good], [3, 3, 2]);
    const { u, s, v } = svd(a);
    const nan = [NaN, NaN];
    const flip = [[0, 1], [1, 0]]; // prettier-ignore
    expectClose(s, [[4, 3], nan, [4, 3]]);
    expectClose(
      tf.abs(u),
      [
        [...flip, [0, 0]],
        [nan, nan, nan],
        [...flip, [0, 0]],
      ],
      { atol: 1e-7 },
    );
    expectClose(tf.abs(v), [flip, [nan, nan], flip], { atol: 1e-7 });
    const slope = tf
      .grad((x) => svd(x).s)(a)
      .arraySync() as number[][][];
    expect(slope.map((matrix) => matrix.flat().every(Number.isFinite))).toEqual([true, false, true]);
  });

  // Well separated singular values, or central differences in float32 say nothing.
  const graded = (m: number, n: number): tf.Tensor =>
    tf.tensor2d(make(m, n, (i, j) => (i === j ? 4 / (i + 1) : 0) + randomRows(m, n, 4)[i][j] / 4));

  test.each([
    [4, 4],
    [5, 3],
    [3, 5],
    [1, 3],
  ])('%d x %d: gradients are those of central differences, up to sign', (m, n) => {
    // prettier-ignore
    expectGradient((x) => withoutSigns(svd(x)), [graded(m, n)]);
  });

  test.each([
    [3, 3],
    [4, 2],
    [2, 4],
  ])('%d x %d: so are second derivatives', (m, n) => {
    // prettier-ignore
    const a = graded(m, n);
    const k = Math.min(m, n);
    const weights = tf.randomUniform([m * n * k + k], -1, 1, 'float32', 5);
    expectGradient((x) => tf.grad((y) => withoutSigns(svd(y)))(x, weights), [a], { step: 0.01 });
  });

  test('values that are equal, or 0, contribute 0 to the gradient instead of an infinity', () => {
    const nuclear = (x: tf.Tensor): tf.Tensor => tf.sum(svd(x).s);
    expectClose(tf.grad(nuclear)(tf.eye(3)), identity(3), { atol: 1e-6 });
    const rank2 = multiply(randomRows(5, 2, 1), randomRows(2, 4, 2));
    for (const a of [tf.tensor2d(rank2), tf.tensor2d(transpose(rank2)), tf.eye(4), tf.zeros([3, 2])]) {
      const { u, s, v } = svd(a);
      const weights = tf.randomUniform([u.size * v.shape[0] + s.size], -1, 1, 'float32', 6);
      const slope = tf.grad((x) => withoutSigns(svd(x)))(a, weights);
      // Of the order of 1 / s² for the values that count; 2⁻²³ in its place would give 1e6 and more.
      expect(tf.max(tf.abs(slope)).arraySync()).toBeLessThan(100);
    }
  });

  test('leaves three tensors, and its gradient one', async () => {
    const a = tf.tensor2d(randomRows(4, 3, 1));
    svd(a);
    expect(await leaves(() => svd(a))).toBe(3);
    expect(await leaves(() => tf.grad((x) => svd(x).u)(a))).toBe(1);
    expect(await leaves(() => tf.grad((x) => tf.grad((y) => svd(y).s)(x))(a))).toBe(1);
  });

  test('a vector is an InputError that shows it', () => {
    expect(() => svd(tf.zeros([3]))).toThrow(InputError);
    expect(() => svd(tf.zeros([3]))).toThrow(/svd.*\[\.\.\., M, N\].*\[3\]/);
  });
});
