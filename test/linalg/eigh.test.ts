import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { eigh } from '../../src/linalg/index.js';
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
  randomSymmetric,
  transpose,
  type Rows,
} from '../support/naive-linalg.js';

/** V diag(w) Vᵀ */
function rebuild({ values, vectors }: { values: tf.Tensor; vectors: tf.Tensor }): tf.Tensor {
  return tf.matMul(tf.mul(vectors, tf.expandDims(values, -2)), vectors, false, true);
}

/** Qᵀ diag(w) Q for a Q that mixes all axes, in float32 numbers. */
function withEigenvalues(w: number[]): Rows {
  const n = w.length;
  // Hartley's matrix is orthogonal.
  const q = make(
    n,
    n,
    (i, j) => (Math.cos((2 * Math.PI * i * j) / n) + Math.sin((2 * Math.PI * i * j) / n)) / Math.sqrt(n),
  );
  const product = multiply(transpose(q), multiply(make(n, n, (i, j) => (i === j ? w[i] : 0)), q)); // prettier-ignore
  return product.map((row) => row.map(Math.fround));
}

describe.each(backends)('eigh on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([1, 2, 6, 20])('of size %d: A = V diag(w) Vᵀ, VᵀV = I, w ascending and the naive ones', (n) => {
    const a = randomSymmetric(n, n);
    const { values, vectors } = eigh(tf.tensor2d(a));
    expectClose(values, naiveEigenvalues(a), { rtol: 1e-5, atol: 1e-5 });
    expectClose(rebuild({ values, vectors }), a, { atol: 2e-5 });
    expectClose(tf.matMul(vectors, vectors, true), identity(n), { atol: 1e-5 });
  });

  test('reads the lower triangle only', () => {
    const { values } = eigh(tf.tensor2d([2, NaN, 1, 2], [2, 2]));
    expectClose(values, [1, 3]);
  });

  test('keeps leading dimensions', () => {
    const batch = [0, 1].map((i) => [0, 1, 2].map((j) => randomSymmetric(3, 3 * i + j)));
    const { values, vectors } = eigh(tf.tensor4d(batch));
    expectClose(values, batch.map((inner) => inner.map(naiveEigenvalues)), { atol: 1e-5 }); // prettier-ignore
    expectClose(rebuild({ values, vectors }), batch, { atol: 1e-5 });
    const none = eigh(tf.zeros([0, 3, 3]));
    expect([none.values.shape, none.vectors.shape]).toEqual([[0, 3], [0, 3, 3]]); // prettier-ignore
  });

  test.each([
    ['equal', [2, 2, 2, 2]],
    ['zero', [0, 0, 0, 0]],
    ['in pairs', [1, 1, 5, 5]],
    ['far apart', [1e-6, 1e-3, 1, 1e3]],
    ['negative and positive', [-3, -1, 1, 3]],
    ['huge', [1e30, 2e30, 3e30, 4e30]],
  ])('eigenvalues that are %s', (_, w) => {
    const a = withEigenvalues(w);
    const largest = Math.max(...w.map(Math.abs));
    const { values, vectors } = eigh(tf.tensor2d(a));
    expectClose(values, w, { atol: 1e-6 * largest });
    expectClose(rebuild({ values, vectors }), a, { atol: 3e-6 * largest });
    expectClose(tf.matMul(vectors, vectors, true), identity(4), { atol: 1e-5 });
  });

  test.each([
    ['NaN', [NaN, 0, 0, 1]],
    ['NaN beside the diagonal', [1, 0, NaN, 1]],
    ['infinite', [Infinity, 0, 0, 1]],
  ])('a matrix that is %s gives NaN, and only it', (_, bad) => {
    const a = tf.tensor3d([2, 0, 0, 1, ...bad, 2, 0, 0, 1], [3, 2, 2]);
    const { values, vectors } = eigh(a);
    expectClose(values, [[1, 2], [NaN, NaN], [1, 2]]); // prettier-ignore
    const good = [[0, 1], [1, 0]]; // prettier-ignore
    expectClose(tf.abs(vectors), [
      good,
      [
        [NaN, NaN],
        [NaN, NaN],
      ],
      good,
    ]);
    const slope = tf
      .grad((x) => eigh(x).values)(a)
      .arraySync() as number[][][];
    expect(slope.map((matrix) => matrix.flat().every(Number.isFinite))).toEqual([true, false, true]);
  });

  test('gradients and second derivatives of the eigenvalues are those of central differences', () => {
    const a = tf.tensor3d([withEigenvalues([-1, 0.5, 1, 3]), withEigenvalues([1, 2, 4, 8])]);
    expectGradient((x) => eigh(x).values, [a], { symmetric: true });
    const cubes = (x: tf.Tensor): tf.Tensor => tf.sum(tf.pow(eigh(x).values, 3));
    expectGradient((x) => tf.grad(cubes)(x), [a], { symmetric: true });
  });

  test('gradients and second derivatives of the eigenvectors are those of central differences, up to sign', () => {
    const a = tf.tensor2d(withEigenvalues([-1, 0.5, 1, 3]));
    // Products of two entries of one vector do not know its sign.
    const products = (x: tf.Tensor): tf.Tensor => {
      const { vectors } = eigh(x);
      return tf.mul(tf.expandDims(vectors, 0), tf.expandDims(vectors, 1));
    };
    expectGradient(products, [a], { symmetric: true });
    const weights = tf.randomUniform([4, 4, 4], -1, 1, 'float32', 5);
    expectGradient((x) => tf.grad(products)(x, weights), [a], { symmetric: true });
  });

  test('perturbation theory gives the eigenvectors of a matrix close by', () => {
    const w = [-1, 0.5, 1, 3];
    const a = withEigenvalues(w);
    const { vectors } = eigh(tf.tensor2d(a));
    const step = randomSymmetric(4, 9).map((row) => row.map((v) => 1e-3 * v));
    const moved = eigh(tf.add(tf.tensor2d(a), tf.tensor2d(step))).vectors;
    const v = vectors.arraySync() as number[][];
    const coupling = multiply(transpose(v), multiply(step, v));
    const turn = make(4, 4, (i, j) => (i === j ? 1 : coupling[i][j] / (w[j] - w[i])));
    const expected = multiply(v, turn);
    const signs = tf.sign(tf.sum(tf.mul(moved, tf.tensor2d(expected)), 0));
    expectClose(tf.mul(moved, signs), expected, { atol: 5e-6 });
  });

  test('pairs of equal eigenvalues contribute 0 to the gradient', () => {
    const w = [1, 1, 1, 4];
    const a = tf.tensor2d(withEigenvalues(w));
    const weights = randomRows(4, 4, 2);
    const v = eigh(a).vectors.arraySync() as number[][];
    const along = multiply(transpose(v), weights);
    const inner = make(4, 4, (i, j) => (w[i] === w[j] ? 0 : along[i][j] / (w[j] - w[i])));
    const slope = multiply(v, multiply(inner, transpose(v)));
    const expected = make(4, 4, (i, j) => (slope[i][j] + slope[j][i]) / 2);
    expectClose(tf.grad((x) => eigh(x).vectors)(a, tf.tensor2d(weights)), expected, { atol: 1e-5 });
    expectClose(tf.grad((x) => tf.sum(eigh(x).values))(a), identity(4), { atol: 1e-5 });
  });

  test('the gradient of an eigenspace does not mind equal eigenvalues inside or outside it', () => {
    const a = tf.tensor2d(withEigenvalues([1, 1, 4, 4]));
    const projector = (x: tf.Tensor): tf.Tensor => {
      const top = tf.slice(eigh(x).vectors, [0, 2]);
      return tf.matMul(top, top, false, true);
    };
    expectGradient(projector, [a], { symmetric: true });
  });

  test('the gradient is symmetric', () => {
    const slope = tf.grad((x) => eigh(x).vectors)(tf.tensor2d(withEigenvalues([1, 2, 3, 4])));
    expectClose(slope, tf.transpose(slope), { rtol: 0 });
  });

  test('leaves two tensors, and its gradient one', async () => {
    const a = tf.tensor2d(randomSymmetric(4, 1));
    eigh(a);
    expect(await leaves(() => eigh(a))).toBe(2);
    expect(await leaves(() => tf.grad((x) => eigh(x).vectors)(a))).toBe(1);
    expect(await leaves(() => tf.grad((x) => tf.grad((y) => eigh(y).values)(x))(a))).toBe(1);
  });

  test('a matrix that is not square is an InputError that shows it', () => {
    expect(() => eigh(tf.zeros([2, 3]))).toThrow(InputError);
    expect(() => eigh(tf.zeros([2, 3]))).toThrow(/eigh.*\[2, 3\]/);
    expect(() => eigh(tf.zeros([2, 2], 'bool'))).toThrow(/bool/);
  });
});
