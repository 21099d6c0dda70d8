/**
 * The kernels of every backend but TensorFlow's: the float64 routines, on numbers that are read back synchronously.
 * A matrix that cannot be factored becomes NaN throughout; no other matrix of its batch is touched.
 */
import { util, type KernelBackend, type KernelFunc, type TensorInfo } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import type { KernelName } from './kernels.js';
import { choleskyInto } from './routines/cholesky.js';
import { invertInto } from './routines/inverse.js';
import { symmetricEigen } from './routines/symmetricEigen.js';
import { thinSvd } from './routines/thinSvd.js';
import { transposed } from './routines/transpose.js';
import { solveTriangularInto } from './routines/triangular.js';

/** Inputs, attributes and outputs are those of TensorFlow's op of the same name. */
export const hostKernels: Record<KernelName, KernelFunc> = {
  Cholesky: ({ inputs: { input }, backend }) => {
    const [n] = matrixShape(input!);
    return eachMatrix(backend, [input!], [[n, n]], (a) => [choleskyInto(a, n) < 0 ? a : a.fill(NaN)])[0];
  },

  MatrixTriangularSolve: ({ inputs: { matrix, rhs }, attrs, backend }) => {
    const [n, m] = matrixShape(rhs!);
    const form = { lower: attrs!.lower as boolean, transposed: attrs!.adjoint as boolean };
    return eachMatrix(backend, [matrix!, rhs!], [[n, m]], (t, b) => [
      solveTriangularInto(t, n, b, m, form) < 0 ? b : b.fill(NaN),
    ])[0];
  },

  MatrixInverse: ({ inputs: { input }, backend }) => {
    const [n] = matrixShape(input!);
    return eachMatrix(backend, [input!], [[n, n]], (a) => [invertInto(a, n) < 0 ? a : a.fill(NaN)])[0];
  },

  SelfAdjointEigV2: ({ inputs: { input }, backend }) => {
    const [n] = matrixShape(input!);
    return eachMatrix(backend, [input!], [[n], [n, n]], (a) => {
      const { values, vectors } = symmetricEigen(a, n);
      return [values, transposed(vectors, n, n)];
    });
  },

  Svd: ({ inputs: { input }, backend }) => {
    const [m, n] = matrixShape(input!);
    const k = Math.min(m, n);
    return eachMatrix(backend, [input!], [[k], [m, k], [n, k]], (a) => {
      const { u, s, v } = thinSvd(a, m, n);
      return [s, transposed(u, k, m), transposed(v, k, n)];
    });
  },
};

function matrixShape(x: TensorInfo): number[] {
  return x.shape.slice(-2);
}

/** Runs `compute` on each matrix of a batch, in float64, and writes what it returns under the same leading dimensions. */
function eachMatrix(
  backend: object,
  inputs: TensorInfo[],
  outputShapes: number[][],
  compute: (...matrices: Float64Array[]) => Float64Array[],
): TensorInfo[] {
  const lead = inputs[0].shape.slice(0, -2);
  const count = util.sizeFromShape(lead);
  const sizes = inputs.map((x) => util.sizeFromShape(matrixShape(x)));
  const read = inputs.map((x) => readNow(backend as KernelBackend, x));
  const results = outputShapes.map((shape) => new Float32Array(count * util.sizeFromShape(shape)));
  for (let b = 0; b < count; b++) {
    const matrices = read.map((all, i) => Float64Array.from(all.subarray(b * sizes[i], (b + 1) * sizes[i])));
    compute(...matrices).forEach((values, i) => results[i].set(values, b * values.length));
  }
  return results.map((values, i) => {
    const shape = [...lead, ...outputShapes[i]];
    return { dataId: (backend as KernelBackend).write(values, shape, 'float32'), shape, dtype: 'float32' };
  });
}

/** WebGPU outside a browser's page has no synchronous read; it throws, or hands out nothing. */
function readNow(backend: KernelBackend, x: TensorInfo): Float32Array {
  let cause: unknown = 'it returned no numbers';
  try {
    const values = backend.readSync(x.dataId);
    if (ArrayBuffer.isView(values)) return values as Float32Array;
  } catch (error) {
    cause = error instanceof Error ? error.message : error;
  }
  throw new InputError(
    `linalg reads a [${x.shape.join(', ')}] tensor back, and this backend cannot do that synchronously (${String(cause)}). ` +
      "Read it with `await x.data()` and compute on the cpu backend (tf.setBackend('cpu')).",
  );
}
