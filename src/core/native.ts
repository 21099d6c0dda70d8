import {
  engine,
  getBackend,
  getKernel,
  registerKernel,
  tensor2d,
  unregisterKernel,
  type KernelConfig,
  type KernelFunc,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { VERSION } from './version.js';

/**
 * The kernels of our own (`native/*.cc`), with how many outputs each has: the native set-up builds them for TensorFlow on a
 * CPU, which `tfjs-latent/node` registers, and the package has them for WebAssembly, by `tfjs-latent/wasm`. Nothing needs
 * them: where they are not, the same is done by tensor operations.
 */
export const NATIVE_KERNELS = {
  /** x [N] -> the sum of its squares [2], N [1]: tells that a build computes. */
  LatentCheck: 2,
  LatentClusterDistances: 1,
  LatentColumnMoments: 1,
  LatentDistinctRows: 2,
  LatentEigenvectors: 2,
  LatentExactScatter: 2,
  LatentKMeansPass: 2,
  LatentKMeansPlusPlus: 1,
  LatentLloyd: 1,
  LatentMixtureFactors: 1,
  LatentMixturePass: 1,
  LatentMixtureRefine: 3,
  LatentMixtureSharedPass: 3,
  LatentRandomSwap: 2,
  LatentScatter: 2,
  LatentSquaredDistances: 2,
} as const;

export type KernelName = keyof typeof NATIVE_KERNELS;

/** A kernel's name in tfjs-core, whose list all versions of this library in a process share. */
export const kernelName = (name: KernelName): string => `${name}-${VERSION}`;

/** Registered with a kernel: what of an algorithm is of use with it only. */
interface Registered extends KernelConfig {
  readonly code?: unknown;
}

/**
 * Registers all kernels for a backend.
 *
 * @param run what runs the kernel of a name
 * @param code what is only of use with some kernels: a bundle for browsers has it where it registers them
 */
export function registerKernels(
  backendName: string,
  run: (name: KernelName) => KernelFunc,
  code: Partial<Record<KernelName, unknown>>,
): void {
  for (const name of Object.keys(NATIVE_KERNELS) as KernelName[]) {
    const config: Registered = {
      kernelName: kernelName(name),
      backendName,
      kernelFunc: run(name),
      disposeFunc: () => unregisterKernel(kernelName(name), backendName), // they are of the backend that is removed
      code: code[name],
    };
    registerKernel(config);
  }
}

/** Whether a backend has them, registered by whichever copy of this library. */
export const hasKernels = (backendName: string): boolean =>
  Object.keys(NATIVE_KERNELS).every((name) => getKernel(kernelName(name as KernelName), backendName));

/** A kernel: its inputs in their order, under any names. The outputs are the caller's to free, or `tidy`'s. */
export type NativeKernel = (inputs: Record<string, Tensor>) => Tensor[];

/** A native kernel, or null where the backend in use has none. */
export function nativeKernel(name: KernelName): NativeKernel | null {
  const registered = kernelName(name);
  if (!getKernel(registered, getBackend())) return null;
  return (inputs) => engine().runKernel(registered, inputs);
}

/** What was registered with a kernel, or null where the backend in use has none. */
export const kernelCode = <T>(name: KernelName): T | null =>
  ((getKernel(kernelName(name), getBackend()) as Registered | undefined)?.code as T | undefined) ?? null;

/**
 * Numbers as the sum of two float32 each, which keeps 48 bits of them: tfjs has no wider tensors.
 *
 * @returns [2 * n], the high parts before the low ones
 */
export function splitDoubles(values: Float64Array): Float32Array {
  const n = values.length;
  const both = new Float32Array(2 * n);
  both.set(values);
  for (let i = 0; i < n; i++) both[n + i] = Number.isFinite(both[i]) ? values[i] - both[i] : 0;
  return both;
}

/** The same as a tensor [2, n]. */
export const splitTensor = (values: Float64Array): Tensor2D =>
  tensor2d(splitDoubles(values), [2, values.length]);

/** What {@link splitDoubles} took apart, of the parts one after the other. */
export const joinHalves = (both: Float32Array): Float64Array =>
  joinDoubles(both.subarray(0, both.length / 2), both.subarray(both.length / 2));

/** What {@link splitDoubles} took apart. */
export function joinDoubles(high: Float32Array, low: Float32Array): Float64Array {
  const values = new Float64Array(high);
  for (let i = 0; i < values.length; i++) values[i] += low[i];
  return values;
}

/** Float64 numbers where they lie, each in the place of two float32: for kernels that take them so. */
export const asFloats = (values: Float64Array): Float32Array =>
  new Float32Array(values.buffer, values.byteOffset, 2 * values.length);

/** Float64 numbers where they lie, of a kernel that wrote them so. */
export const asDoubles = (values: Float32Array): Float64Array =>
  new Float64Array(values.buffer, values.byteOffset, values.length / 2);
