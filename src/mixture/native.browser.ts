/** Stands for native.ts in a browser's bundle (`browser` in package.json): native kernels are Node's. */
import type * as native from './native.js';

const none = () => {
  throw new Error('GaussianMixture: no native kernels in a browser.');
};

export const passKernel: typeof native.passKernel = () => null;
export const refineKernel: typeof native.refineKernel = () => null;
export const nativeWidth: typeof native.nativeWidth = none;
export const nativePass: typeof native.nativePass = none;
export const nativeRefine: typeof native.nativeRefine = none;
