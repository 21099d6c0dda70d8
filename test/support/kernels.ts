import { getKernel, registerKernel, unregisterKernel, type KernelConfig } from '@tensorflow/tfjs-core';
import { kernelName, NATIVE_KERNELS, type KernelName } from '../../src/core/native.js';
import { backends } from './backends.js';

/** Whether the tests of our kernels run: the test line leaves them out where they could not be built. */
export const hasKernels = backends.includes('tensorflow') && process.env.TFJS_LATENT_KERNELS !== 'none';

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

/** TensorFlow as it is where our kernels are not. */
export async function withoutKernels<T>(f: () => Promise<T>): Promise<T> {
  useKernels(false);
  try {
    return await f();
  } finally {
    useKernels(true);
  }
}
