/** Stands for tensorflowKernels.ts in a browser's bundle (`browser` in package.json): no TensorFlow runs there. */
import type * as native from './tensorflowKernels.js';

export const isTensorFlow = (() => false) as unknown as typeof native.isTensorFlow;
export { hostKernels as tensorflowKernels } from './hostKernels.js';
