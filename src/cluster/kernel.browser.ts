/** Stands for kernel.ts in a browser's bundle (`browser` in package.json): native kernels are Node's. */
import type * as native from './kernel.js';

export const kernelPasses: typeof native.kernelPasses = () => {
  throw new Error('K-means: no native kernels in a browser.');
};
