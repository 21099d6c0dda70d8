import module from '#wasm-kernels';
import { getBackend } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { hasKernels, registerKernels } from '../core/native.js';
import { KERNEL_CODE } from '../kernelCode.js';
import { instantiate } from './instantiate.js';

/**
 * Makes this library's own kernels known to TensorFlow.js' WebAssembly backend, which is to be the one in use: the loops of
 * K-means, mixtures, PCA and silhouettes as WebAssembly with SIMD, in one thread. Fits are then several times faster, in
 * browsers and in Node, where `useBestBackend` does this for you. All else stays as it is.
 *
 * @throws InputError when another backend is in use, when it runs in several threads, or where there is no SIMD
 * @example
 * import * as tf from '@tensorflow/tfjs';
 * import '@tensorflow/tfjs-backend-wasm';
 * import { useWasmKernels } from 'tfjs-latent/wasm';
 *
 * await tf.setBackend('wasm');
 * await useWasmKernels();
 */
export async function useWasmKernels(): Promise<void> {
  const backend = getBackend();
  if (backend !== 'wasm') {
    throw new InputError(
      `useWasmKernels: the backend in use is '${backend}'; call await tf.setBackend('wasm') before.`,
    );
  }
  if (hasKernels('wasm')) return;
  registerKernels('wasm', await instantiate(module), KERNEL_CODE);
}
