import * as tf from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { hostKernels } from '../../src/linalg/hostKernels.js';
import { cholesky, eigh, inverse, svd, triangularSolve } from '../../src/linalg/index.js';
import { isTensorFlow } from '../../src/linalg/tensorflowKernels.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';

const NAMES = ['Cholesky', 'MatrixTriangularSolve', 'MatrixInverse', 'SelfAdjointEigV2', 'Svd'];

describe.each(backends)('kernels on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  test('are registered when they first run, and once', () => {
    const warn = jest.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(NAMES.filter((name) => tf.getKernel(name, backend))).toEqual([]);
    const a = tf.tensor2d([[2, 1], [1, 2]]); // prettier-ignore
    for (let time = 0; time < 2; time++) {
      [cholesky, (x: tf.Tensor) => triangularSolve(x, a), inverse, eigh, svd].forEach((f) => f(a));
    }
    expect(NAMES.filter((name) => tf.getKernel(name, backend))).toEqual(NAMES);
    expect(warn.mock.calls.flat().filter((text) => /already registered/.test(String(text)))).toEqual([]);
    warn.mockRestore();
  });

  test('only the backend of TensorFlow is taken for one', () => {
    expect(isTensorFlow(tf.backend())).toBe(backend === 'tensorflow');
  });

  test('a kernel that the backend has already is the one that is used', () => {
    const ours = tf.getKernel('Cholesky', backend);
    tf.unregisterKernel('Cholesky', backend);
    const theirs = jest.fn(({ inputs }) => tf.zerosLike(inputs.input));
    tf.registerKernel({ kernelName: 'Cholesky', backendName: backend, kernelFunc: theirs });
    expectClose(cholesky(tf.tensor2d([[4]])), [[0]]);
    expect(theirs).toHaveBeenCalledTimes(1);
    tf.unregisterKernel('Cholesky', backend);
    tf.registerKernel(ours);
    expectClose(cholesky(tf.tensor2d([[4]])), [[2]]);
  });
});

describe('a backend that cannot read a tensor back synchronously', () => {
  test.each([
    ['throws', () => { throw new Error('OffscreenCanvas is not defined'); }, /OffscreenCanvas is not defined/], // prettier-ignore
    ['hands out nothing', () => undefined, /no numbers/],
  ])('and %s is an InputError that names x.data() and the cpu backend', (_, readSync, cause) => {
    const input = { dataId: {}, shape: [2, 2], dtype: 'float32' as const };
    const call = (): unknown => hostKernels.Cholesky({ inputs: { input }, backend: { readSync } });
    expect(call).toThrow(InputError);
    expect(call).toThrow(cause);
    expect(call).toThrow(/\[2, 2\].*await x\.data\(\).*cpu backend/);
  });
});
