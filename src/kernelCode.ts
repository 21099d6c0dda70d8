/** What is only of use with the native kernels, by the kernel that it calls: whoever registers them imports this. */
import * as kMeans from './cluster/kernel.js';
import * as seeding from './cluster/kernelSeeding.js';
import * as laidRows from './cluster/laidRows.js';
import * as pca from './decomposition/kernels.js';
import * as distances from './metrics/kernelDistances.js';
import * as mixture from './mixture/native.js';
import * as sharedMixture from './mixture/shared.js';

export const KERNEL_CODE = {
  LatentClusterDistances: distances,
  LatentDistinctRows: laidRows,
  LatentEigenvectors: pca,
  LatentExactScatter: pca,
  LatentKMeansPass: kMeans,
  LatentMixturePass: mixture,
  LatentMixtureRefine: mixture,
  LatentMixtureSharedPass: sharedMixture,
  LatentScatter: pca,
  LatentSquaredDistances: seeding,
};
