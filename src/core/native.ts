import { engine, getBackend, getKernel, type Tensor } from '@tensorflow/tfjs-core';
import { VERSION } from './version.js';

/**
 * The kernels that the native set-up builds (`native/*.cc`) and `tfjs-latent/node` registers for TensorFlow on a CPU, with
 * how many outputs each has. Nothing needs them: where they are not, the same is done by tensor operations.
 */
export const NATIVE_KERNELS = {
  /** x [N] -> the sum of its squares [2], N [1]: tells the set-up, and tests, that a build computes. */
  LatentCheck: 2,
  LatentColumnMoments: 1,
  LatentEigenvectors: 4,
  LatentKMeansPass: 2,
  LatentMixturePass: 3,
  LatentMixtureRefine: 2,
  LatentPairDistances: 1,
  LatentScatter: 4,
  LatentSquaredDistances: 1,
} as const;

export type KernelName = keyof typeof NATIVE_KERNELS;

/** A kernel's name in tfjs-core, whose list all versions of this library in a process share. */
export const kernelName = (name: KernelName): string => `${name}-${VERSION}`;

/** A kernel: its inputs in their order, under any names. The outputs are the caller's to free, or `tidy`'s. */
export type NativeKernel = (inputs: Record<string, Tensor>) => Tensor[];

/** A native kernel, or null where the backend in use has none. */
export function nativeKernel(name: KernelName): NativeKernel | null {
  const registered = kernelName(name);
  if (!getKernel(registered, getBackend())) return null;
  return (inputs) => engine().runKernel(registered, inputs);
}

/**
 * Numbers as the sum of two float32 each, which keeps 48 bits of them: tfjs has no wider tensors.
 *
 * @returns [2 * n], the high parts before the low ones
 */
export function splitDoubles(values: Float64Array): Float32Array {
  const n = values.length;
  const both = new Float32Array(2 * n);
  both.set(values);
  for (let i = 0; i < n; i++) both[n + i] = Number.isFinite(values[i]) ? values[i] - both[i] : 0;
  return both;
}

/** What {@link splitDoubles} took apart. */
export function joinDoubles(high: Float32Array, low: Float32Array): Float64Array {
  const values = new Float64Array(high);
  for (let i = 0; i < values.length; i++) values[i] += low[i];
  return values;
}
