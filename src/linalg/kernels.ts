/**
 * The factorisations as kernels of whatever backend is in use, under TensorFlow's names. tfjs has none of them: each is
 * registered for a backend when it first runs there. (A registration at import would be dropped by bundlers, and done
 * twice where a program loads this package as ESM and as CommonJS.)
 */
import { backend, engine, getBackend, getKernel, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import { hostKernels } from './hostKernels.js';
import { isTensorFlow, tensorflowKernels } from './tensorflowKernels.js';

/** The kernels, by the names of TensorFlow's ops. Every input is [..., M, N]; a matrix that fails is NaN throughout. */
export type KernelName = 'Cholesky' | 'MatrixTriangularSolve' | 'MatrixInverse' | 'SelfAdjointEigV2' | 'Svd';

/** @returns [..., M, M], lower; only the lower triangle of `input` is read */
export function runCholesky(input: Tensor): Tensor {
  return run('Cholesky', { input });
}

/** @returns X of T X = B, or of Tᵀ X = B (adjoint); one triangle of `matrix` is read */
export function runTriangularSolve(matrix: Tensor, rhs: Tensor, lower: boolean, adjoint: boolean): Tensor {
  return run('MatrixTriangularSolve', { matrix, rhs }, { lower, adjoint });
}

/** @returns [..., M, M] */
export function runInverse(input: Tensor): Tensor {
  return run('MatrixInverse', { input }, { adjoint: false });
}

/** @returns values [..., M] ascending and vectors [..., M, M] in columns; only the lower triangle of `input` is read */
export function runEigh(input: Tensor): [values: Tensor, vectors: Tensor] {
  return run('SelfAdjointEigV2', { input }, { compute_v: true });
}

/** @returns s [..., K] descending, u [..., M, K], v [..., N, K] */
export function runSvd(input: Tensor): [s: Tensor, u: Tensor, v: Tensor] {
  return run('Svd', { input }, { compute_uv: true, full_matrices: false });
}

function run<T extends Tensor | Tensor[]>(
  kernelName: KernelName,
  inputs: Record<string, Tensor>,
  attrs: Record<string, boolean> = {},
): T {
  const backendName = getBackend();
  if (!getKernel(kernelName, backendName)) {
    const kernels = isTensorFlow(backend()) ? tensorflowKernels : hostKernels;
    registerKernel({ kernelName, backendName, kernelFunc: kernels[kernelName] });
  }
  return engine().runKernel(kernelName, inputs, attrs);
}
