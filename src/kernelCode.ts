/** What is only of use with the native kernels, by the kernel that it calls: whoever registers them imports this. */
import * as kMeans from './cluster/kernel.js';
import * as mixture from './mixture/native.js';

export const KERNEL_CODE = {
  LatentKMeansPass: kMeans,
  LatentMixturePass: mixture,
  LatentMixtureRefine: mixture,
};
