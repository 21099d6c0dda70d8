import { getKernel, registerKernel, unregisterKernel, type KernelConfig } from '@tensorflow/tfjs-core';
import { kernelName, NATIVE_KERNELS, type KernelName } from '../../src/core/native.js';

const kept = new Map<string, KernelConfig>();

/** Takes the kernels of every backend away, as where there are none, or gives them back. */
export function useKernels(used: boolean): void {
  for (const backend of ['tensorflow', 'wasm']) {
    for (const each of Object.keys(NATIVE_KERNELS) as KernelName[]) {
      const name = kernelName(each);
      const here = getKernel(name, backend);
      if (here) kept.set(backend + name, here);
      if (used && !here && kept.has(backend + name)) registerKernel(kept.get(backend + name)!);
      if (!used && here) unregisterKernel(name, backend);
    }
  }
}

/** The backend in use as it is where our kernels are not. */
export async function withoutKernels<T>(f: () => Promise<T>): Promise<T> {
  useKernels(false);
  try {
    return await f();
  } finally {
    useKernels(true);
  }
}
