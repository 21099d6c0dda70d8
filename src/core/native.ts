import { engine, getBackend, getKernel, type Tensor } from '@tensorflow/tfjs-core';

/**
 * The kernels that the native set-up builds (`native/*.cc`) and `tfjs-latent/node` registers for TensorFlow on a CPU, with
 * how many outputs each has. Nothing needs them: where they are not, the same is done by tensor operations.
 */
export const NATIVE_KERNELS = {
  LatentKMeansPass: 3,
  LatentMixturePass: 3,
  LatentMixtureRefine: 2,
} as const;

/** A kernel: its inputs in their order, under any names. The outputs are the caller's to free, or `tidy`'s. */
export type NativeKernel = (inputs: Record<string, Tensor>) => Tensor[];

/** A native kernel, or null where the backend in use has none. */
export function nativeKernel(name: keyof typeof NATIVE_KERNELS): NativeKernel | null {
  if (!getKernel(name, getBackend())) return null;
  return (inputs) => engine().runKernel(name, inputs);
}
