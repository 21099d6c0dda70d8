import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { cholesky } from '../../src/linalg/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { naiveCholesky, randomPositiveDefinite } from '../support/naive-linalg.js';

const NAN3 = [NaN, NaN, NaN];

describe.each(backends)('cholesky on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([1, 2, 5, 30])('of size %d is the naive factor, and L Lᵀ = A', (n) => {
    const a = randomPositiveDefinite(n, n);
    const l = cholesky(tf.tensor2d(a));
    expectClose(l, naiveCholesky(a), { rtol: 1e-5, atol: 1e-6 });
    expectClose(tf.matMul(l, l, false, true), a, { rtol: 1e-5, atol: 1e-6 });
  });

  test('keeps leading dimensions', () => {
    const batch = [0, 1].map((i) => [0, 1, 2].map((j) => randomPositiveDefinite(3, 10 * i + j)));
    expectClose(
      cholesky(tf.tensor4d(batch)),
      batch.map((inner) => inner.map(naiveCholesky)),
      { atol: 1e-6 },
    );
    expect(cholesky(tf.zeros([0, 3, 3])).shape).toEqual([0, 3, 3]);
  });

  test('reads the lower triangle only', () => {
    expectClose(cholesky(tf.tensor2d([4, NaN, 2, 5], [2, 2])), [[2, 0], [1, 2]]); // prettier-ignore
  });

  test.each([
    ['indefinite', [1, 2, 0, 2, 1, 0, 0, 0, 1]],
    ['semidefinite with a last pivot of 0', [1, 0, 0, 0, 1, 0, 0, 0, 0]],
    ['zero', [0, 0, 0, 0, 0, 0, 0, 0, 0]],
    ['NaN in a corner', [1, 0, 0, 0, 1, 0, NaN, 0, 1]],
    ['infinite', [Infinity, 0, 0, 0, 1, 0, 0, 0, 1]],
  ])('a matrix that is %s is NaN throughout, and only it', (_, bad) => {
    const good = randomPositiveDefinite(3, 1);
    const a = tf.tensor3d([...good.flat(), ...bad, ...good.flat()], [3, 3, 3]);
    const l = naiveCholesky(good);
    expectClose(cholesky(a), [l, [NAN3, NAN3, NAN3], l], { atol: 1e-6 });
    const slope = tf
      .grad((x) => cholesky(x))(a)
      .arraySync() as number[][][];
    expect(slope.map((matrix) => matrix.flat().every(Number.isFinite))).toEqual([true, false, true]);
  });

  test('gradient and second derivative are those of central differences', () => {
    const a = tf.tensor3d([randomPositiveDefinite(4, 1), randomPositiveDefinite(4, 2)]);
    expectGradient((x) => cholesky(x), [a], { symmetric: true });
    const weights = tf.randomUniform([2, 4, 4], -1, 1, 'float32', 3);
    expectGradient((x) => tf.grad((y) => cholesky(y))(x, weights), [a], { symmetric: true });
    const cubes = (x: tf.Tensor): tf.Tensor => tf.sum(tf.pow(cholesky(x), 3));
    expectGradient((x) => tf.grad(cubes)(x), [a], { symmetric: true });
  });

  test('the gradient is symmetric', () => {
    const slope = tf.grad((x) => cholesky(x))(tf.tensor2d(randomPositiveDefinite(4, 1)));
    expectClose(slope, tf.transpose(slope), { rtol: 0 });
  });

  test('leaves one tensor, and its gradient one', async () => {
    const a = tf.tensor2d(randomPositiveDefinite(4, 1));
    cholesky(a);
    expect(await leaves(() => cholesky(a))).toBe(1);
    expect(await leaves(() => tf.grad((x) => cholesky(x))(a))).toBe(1);
    expect(await leaves(() => tf.grad((x) => tf.grad((y) => cholesky(y))(x))(a))).toBe(1);
  });

  test('a wrong shape, dtype or argument is an InputError that shows it', async () => {
    expect(() => cholesky(tf.zeros([2, 3]))).toThrow(InputError);
    expect(() => cholesky(tf.zeros([2, 3]))).toThrow(/square.*\[2, 3\]/);
    expect(() => cholesky(tf.zeros([3]))).toThrow(/\[\.\.\., M, N\].*\[3\]/);
    expect(() => cholesky(tf.zeros([2, 2], 'int32'))).toThrow(/float32.*int32.*tf\.cast/);
    expect(() => cholesky([[1]] as unknown as tf.Tensor)).toThrow(/must be a tensor/);
    const wrong = tf.zeros([2, 3]);
    expect(await leaves(() => expect(() => cholesky(wrong)).toThrow())).toBe(0);
  });
});
