import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { triangularSolve, type TriangularSolveOptions } from '../../src/linalg/triangularSolve.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { make, naiveSolve, randomRows, transpose, type Rows } from '../support/naive-linalg.js';

const FORMS: TriangularSolveOptions[] = [
  { lower: true, adjoint: false },
  { lower: true, adjoint: true },
  { lower: false, adjoint: false },
  { lower: false, adjoint: true },
];

/** A full matrix whose triangles both have pivots of 1 to 2, so that reading the wrong one shows. */
function wellPivoted(n: number, seed: number): Rows {
  const entries = randomRows(n, n, seed);
  return make(n, n, (i, j) => (i === j ? 1.5 + entries[i][i] / 2 : entries[i][j]));
}

function naive(t: Rows, b: Rows, { lower, adjoint }: TriangularSolveOptions): Rows {
  const read = make(t.length, t.length, (i, j) => ((lower ? j <= i : j >= i) ? t[i][j] : 0));
  return naiveSolve(adjoint ? transpose(read) : read, b).x;
}

describe.each(backends)('triangularSolve on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each(FORMS)('%p is what elimination finds', (form) => {
    for (const [n, m] of [
      [1, 1],
      [2, 1],
      [5, 3],
      [12, 2],
    ]) {
      // prettier-ignore
      const t = wellPivoted(n, n);
      const b = randomRows(n, m, 7);
      expectClose(triangularSolve(tf.tensor2d(t), tf.tensor2d(b), form), naive(t, b, form), {
        rtol: 1e-4,
        atol: 1e-5,
      });
    }
  });

  test('is lower and not adjoint by default', () => {
    const l = tf.tensor2d([[2, NaN], [1, 4]]); // prettier-ignore
    expectClose(triangularSolve(l, tf.tensor2d([[2], [5]])), [[1], [1]]);
    expectClose(triangularSolve(l, tf.tensor2d([[2], [5]]), { lower: undefined }), [[1], [1]]);
  });

  test('keeps leading dimensions', () => {
    const [t, b] = [[0, 1].map((i) => [wellPivoted(3, i)]), [0, 1].map((i) => [randomRows(3, 2, 9 + i)])];
    const x = t.map((inner, i) => inner.map((matrix, j) => naive(matrix, b[i][j], FORMS[0])));
    expectClose(triangularSolve(tf.tensor4d(t), tf.tensor4d(b)), x, { rtol: 1e-4, atol: 1e-5 });
    expect(triangularSolve(tf.zeros([0, 3, 3]), tf.zeros([0, 3, 2])).shape).toEqual([0, 3, 2]);
    expect(triangularSolve(tf.eye(3), tf.zeros([3, 0])).shape).toEqual([3, 0]);
  });

  test.each([
    ['a zero pivot', [0, 0, 1, 1]],
    ['a NaN pivot', [1, 0, 1, NaN]],
    ['an infinite pivot', [Infinity, 0, 1, 1]],
    ['a NaN beside the diagonal', [1, 0, NaN, 1]],
  ])('a matrix with %s gives NaN, and only it', (_, bad) => {
    const l = tf.tensor3d([1, 0, 2, 1, ...bad, 1, 0, 2, 1], [3, 2, 2]);
    const b = tf.ones([3, 2, 1]);
    const expected = [[[1], [-1]], [[NaN], [NaN]], [[1], [-1]]]; // prettier-ignore
    expectClose(triangularSolve(l, b as tf.Tensor), expected);
    const [dl, db] = tf.grads((t, x) => triangularSolve(t, x))([l, b]);
    expect(tf.slice(db, 2).arraySync()).toEqual([[[-1], [1]]]);
    expect(Array.from(tf.slice(dl, 1, 1).dataSync().slice(0, 1))).toEqual([NaN]);
  });

  test('NaN on the right stays in its column', () => {
    const b = tf.tensor2d([[NaN, 1], [1, 1]]); // prettier-ignore
    expectClose(triangularSolve(tf.tensor2d([[1, 0], [0, 1]]), b), [[NaN, 1], [NaN, 1]]); // prettier-ignore
  });

  test.each(FORMS)('%p: gradients and second derivatives are those of central differences', (form) => {
    const t = tf.tensor3d([wellPivoted(4, 1), wellPivoted(4, 2)]);
    const b = tf.tensor3d([randomRows(4, 2, 3), randomRows(4, 2, 4)]);
    const solve = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => triangularSolve(x, y, form);
    expectGradient(solve, [t, b]);
    const squares = (x: tf.Tensor, y: tf.Tensor): tf.Tensor => tf.sum(tf.square(solve(x, y)));
    expectGradient((x, y) => tf.concat(tf.grads(squares)([x, y]), -1), [t, b]);
  });

  test('the gradient is zero in the triangle that is not read', () => {
    const [l, b] = [tf.tensor2d(wellPivoted(3, 1)), tf.tensor2d(randomRows(3, 2, 3))];
    const above = [0, 1, 1, 0, 0, 1, 0, 0, 0];
    for (const form of FORMS) {
      const mask = tf.tensor2d(above, [3, 3]);
      const slope = tf.grad((t) => triangularSolve(t, b, form))(l);
      expectClose(
        tf.mul(slope, form.lower ? mask : tf.transpose(mask)),
        make(3, 3, () => 0),
      );
    }
  });

  test('leaves one tensor, and its gradients two', async () => {
    const [l, b] = [tf.tensor2d(wellPivoted(3, 1)), tf.tensor2d(randomRows(3, 2, 3))];
    triangularSolve(l, b);
    expect(await leaves(() => triangularSolve(l, b))).toBe(1);
    expect(await leaves(() => tf.grads((x, y) => triangularSolve(x, y))([l, b]))).toBe(2);
  });

  test('wrong shapes and options are InputErrors that show them', () => {
    const l = tf.zeros([2, 3, 3]);
    expect(() => triangularSolve(l, tf.zeros([3, 1]))).toThrow(InputError);
    expect(() => triangularSolve(l, tf.zeros([3, 1]))).toThrow(/\[2, 3, N\].*\[3, 1\]/);
    expect(() => triangularSolve(l, tf.zeros([2, 2, 1]))).toThrow(/\[2, 2, 1\]/);
    expect(() => triangularSolve(tf.zeros([2, 3]), tf.zeros([2, 1]))).toThrow(/square/);
    expect(() => triangularSolve(l, tf.zeros([2, 3, 1]), { lower: 1 as unknown as boolean })).toThrow(
      /lower.*1/,
    );
    expect(() => triangularSolve(l, tf.zeros([2, 3, 1]), { upper: true } as object)).toThrow(/"upper"/);
  });
});
