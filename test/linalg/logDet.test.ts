import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { inverse, logDet } from '../../src/linalg/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { identity, naiveSolve, randomPositiveDefinite } from '../support/naive-linalg.js';

describe.each(backends)('logDet on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([1, 2, 6])('of size %d is the logarithm of the determinant', (n) => {
    const a = randomPositiveDefinite(n, n);
    expectClose(logDet(tf.tensor2d(a)), Math.log(naiveSolve(a, identity(n)).determinant), {
      rtol: 1e-5,
      atol: 1e-6,
    });
  });

  test('of a matrix whose determinant float32 cannot hold', () => {
    expectClose(logDet(tf.mul(tf.eye(40), 1e-4)), 40 * Math.log(1e-4), { rtol: 1e-6 });
  });

  test('has the leading dimensions as its shape, and a matrix that fails is NaN alone', () => {
    const a = tf.tensor4d([[[[4]], [[-1]], [[NaN]]], [[[1]], [[0]], [[2]]]]); // prettier-ignore
    expectClose(logDet(a), [[Math.log(4), NaN, NaN], [0, NaN, Math.log(2)]], { atol: 1e-6 }); // prettier-ignore
    expect(logDet(tf.zeros([0, 2, 2])).shape).toEqual([0]);
  });

  test('its gradient is the inverse, its second derivative that of central differences', () => {
    const a = tf.tensor3d([randomPositiveDefinite(4, 1), randomPositiveDefinite(4, 2)]);
    const slope = (x: tf.Tensor): tf.Tensor => tf.grad((y) => logDet(y))(x);
    expectClose(slope(a), inverse(a), { rtol: 1e-4, atol: 1e-5 });
    expectGradient((x) => logDet(x), [a], { symmetric: true });
    expectGradient(slope, [a], { symmetric: true });
  });

  test('its third derivative is that of the logarithm', () => {
    const third = tf.grad((x) => tf.grad((y) => tf.grad((z) => logDet(z))(y))(x))(tf.tensor2d([[2]]));
    expectClose(third, [[2 / 2 ** 3]]);
  });

  test('leaves one tensor, and its gradient one', async () => {
    const a = tf.tensor2d(randomPositiveDefinite(4, 1));
    logDet(a);
    expect(await leaves(() => logDet(a))).toBe(1);
    expect(await leaves(() => tf.grad((x) => logDet(x))(a))).toBe(1);
  });

  test('a matrix that is not square is an InputError that shows it', () => {
    expect(() => logDet(tf.zeros([2, 3]))).toThrow(InputError);
    expect(() => logDet(tf.zeros([2, 3]))).toThrow(/logDet.*\[2, 3\]/);
  });
});
