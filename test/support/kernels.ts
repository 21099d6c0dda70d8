import { getKernel, registerKernel, unregisterKernel, type KernelConfig } from '@tensorflow/tfjs-core';
import { kernelName, NATIVE_KERNELS, type KernelName } from '../../src/core/native.js';

const kept = new Map<string, KernelConfig>();

/** Takes TensorFlow's kernels of our own away, as where the set-up built none, or gives them back. */
export function useKernels(used: boolean): void {
  for (const each of Object.keys(NATIVE_KERNELS) as KernelName[]) {
    const name = kernelName(each);
    const here = getKernel(name, 'tensorflow');
    if (here) kept.set(name, here);
    if (used && !here && kept.has(name)) registerKernel(kept.get(name)!);
    if (!used && here) unregisterKernel(name, 'tensorflow');
  }
}
