/**
 * tfjs-latent/layers: K-means, Gaussian mixtures and PCA as layers of tfjs that train, and losses for them. Importing it registers
 * the layers, so that `loadLayersModel` knows them.
 *
 * @packageDocumentation
 */
export { SoftKMeans, type SoftKMeansArgs } from './softKMeans.js';
export {
  GaussianMixtureLogProb,
  GaussianMixtureResponsibilities,
  type FromMixtureArgs,
  type GaussianMixtureArgs,
} from './mixture.js';
export { PrincipalComponents, type PrincipalComponentsArgs } from './pca.js';
export { clusteringLoss, clusteringTarget, kMeansDistortion, negativeLogLikelihood } from './losses.js';
export type { LayerArgs, Origin } from './layer.js';
