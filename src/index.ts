/**
 * tfjs-latent: K-means, Gaussian mixtures and PCA for TensorFlow.js.
 *
 * @packageDocumentation
 */

// Estimators
export { KMeans, softAssign, type KMeansOptions } from './cluster/kmeans.js';
export type { KMeansSettings } from './cluster/file.js';
export {
  GaussianMixture,
  gaussianMixtureLogProb,
  type GaussianMixtureOptions,
} from './mixture/gaussianMixture.js';
export type { GivenStart } from './mixture/restarts.js';
export type { GaussianMixtureSettings } from './mixture/file.js';
export { PCA, pcaTransform, type PCAOptions } from './decomposition/pca.js';
export type { PCASettings } from './decomposition/file.js';
export { Pipeline, pipeline, type LastStep, type Steps } from './pipeline/pipeline.js';
export type { CovarianceType } from './mixture/covariance.js';
export type { CovarianceForm, Numbers } from './mixture/params.js';
export type { MixtureTensors } from './mixture/density.js';
export type { Start } from './mixture/start.js';

// Gradients of a fit
export {
  implicitGrads,
  type GaussianMixtureCotangent,
  type ImplicitGrads,
  type ImplicitGradsOptions,
  type KMeansCotangent,
} from './implicit/implicitGrads.js';

// Metrics
export { silhouetteSamples, silhouetteScore, silhouetteScores } from './metrics/silhouette.js';
export { adjustedRandScore, normalizedMutualInfoScore } from './metrics/agreement.js';

// Random draws and data sets
export { RandomState } from './core/random.js';
export { makeBlobs, type Blobs, type BlobsOptions } from './datasets/blobs.js';
export { loadIris, type Iris } from './datasets/iris.js';

// Linear algebra
export * as linalg from './linalg/index.js';
export type { TriangularSolveOptions } from './linalg/triangularSolve.js';

// Shared types and errors
export { InputError, ModelFormatError, NumericalError } from './core/errors.js';
export type { ModelTarget } from './graph/stores.js';
export type { FitEvents } from './core/iterate.js';
export type { Labels, Matrix, Values, Weights } from './core/source.js';
