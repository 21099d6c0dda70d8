import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { inverse } from '../../src/linalg/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { identity, make, naiveSolve, randomRows, type Rows } from '../support/naive-linalg.js';

/** Not symmetric, and with zeros on the diagonal, so that rows must be exchanged. */
function invertible(n: number, seed: number): Rows {
  const entries = randomRows(n, n, seed);
  return make(n, n, (i, j) => Math.fround(entries[i][j] * (i === j ? 0 : 0.3) + ((i + 1) % n === j ? 2 : 0)));
}

describe.each(backends)('inverse on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test.each([2, 5, 20])('of size %d is what elimination finds, and A A⁻¹ = I', (n) => {
    const a = invertible(n, n);
    const y = inverse(tf.tensor2d(a));
    expectClose(y, naiveSolve(a, identity(n)).x, { rtol: 1e-4, atol: 1e-5 });
    expectClose(tf.matMul(tf.tensor2d(a), y), identity(n), { atol: 1e-5 });
  });

  test('of one number is one over it', () => {
    expectClose(inverse(tf.tensor2d([[-4]])), [[-0.25]]);
  });

  test('keeps leading dimensions', () => {
    const batch = [[invertible(3, 1)], [invertible(3, 2)]];
    const expected = batch.map((inner) => inner.map((a) => naiveSolve(a, identity(3)).x));
    expectClose(inverse(tf.tensor4d(batch)), expected, { rtol: 1e-4, atol: 1e-5 });
    expect(inverse(tf.zeros([0, 3, 3])).shape).toEqual([0, 3, 3]);
  });

  test.each([
    ['singular', [1, 2, 2, 4]],
    ['zero', [0, 0, 0, 0]],
    ['with a NaN', [1, 0, NaN, 1]],
    ['infinite', [Infinity, 0, 0, 1]],
  ])('a matrix that is %s gives NaN, and only it', (_, bad) => {
    const a = tf.tensor3d([0, 2, 1, 0, ...bad, 0, 2, 1, 0], [3, 2, 2]);
    const good = [[0, 1], [0.5, 0]]; // prettier-ignore
    expectClose(inverse(a), [
      good,
      [
        [NaN, NaN],
        [NaN, NaN],
      ],
      good,
    ]);
    expectClose(inverse(tf.tensor2d(bad, [2, 2])), [[NaN, NaN], [NaN, NaN]]); // prettier-ignore
  });

  test('gradient and second derivative are those of central differences', () => {
    const a = tf.tensor3d([invertible(3, 1), invertible(3, 2)]);
    expectGradient((x) => inverse(x), [a]);
    expectGradient((x) => tf.grad((y) => tf.sum(tf.square(inverse(y))))(x), [a]);
  });

  test('leaves one tensor, and its gradient one, singular matrices or not', async () => {
    const a = tf.tensor3d([1, 2, 2, 4, 1, 0, 0, 1], [2, 2, 2]);
    inverse(a);
    expect(await leaves(() => inverse(a))).toBe(1);
    expect(await leaves(() => tf.grad((x) => inverse(x))(a))).toBe(1);
  });

  test('a matrix that is not square is an InputError that shows it', () => {
    expect(() => inverse(tf.zeros([2, 3]))).toThrow(InputError);
    expect(() => inverse(tf.zeros([2, 3]))).toThrow(/inverse.*\[2, 3\]/);
  });
});
