/** The types of the gradients of a fit, checked by `npm run types`: nothing here runs. */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as latent from '../../src/index.js';
import type { GaussianMixture, KMeans, Matrix, Numbers, PCA, Weights } from '../../src/index.js';
import type { Expect, Same } from '../support/typeTools.js';

interface KMeansCotangent {
  clusterCenters: Numbers;
}

interface GaussianMixtureCotangent {
  weights?: Numbers;
  means?: Numbers;
  covariances?: Numbers;
  precisionsCholesky?: Numbers;
}

interface ImplicitGradsOptions {
  sampleWeight?: Weights;
  regCovar?: number;
  tol?: number;
  signal?: AbortSignal;
}

interface ImplicitGrads {
  x: Tensor2D;
  sampleWeight: Tensor1D;
}

interface ImplicitGradsFunction {
  (
    model: KMeans,
    x: Matrix,
    dy: KMeansCotangent,
    options?: Omit<ImplicitGradsOptions, 'regCovar'>,
  ): Promise<ImplicitGrads>;
  (
    model: GaussianMixture,
    x: Matrix,
    dy: GaussianMixtureCotangent,
    options?: ImplicitGradsOptions,
  ): Promise<ImplicitGrads>;
}

export type Types = Expect<
  [
    Same<typeof latent.implicitGrads, ImplicitGradsFunction>,
    Same<latent.KMeansCotangent, KMeansCotangent>,
    Same<latent.GaussianMixtureCotangent, GaussianMixtureCotangent>,
    Same<latent.ImplicitGradsOptions, ImplicitGradsOptions>,
    Same<latent.ImplicitGrads, ImplicitGrads>,
  ]
>;

declare const x: number[][];
declare const tensor: Tensor2D;
declare const kmeans: KMeans;
declare const mixture: GaussianMixture;
declare const pca: PCA;

export const good = () => [
  latent.implicitGrads(kmeans, x, { clusterCenters: tensor }, { sampleWeight: [1], tol: 1e-2 }),
  latent.implicitGrads(mixture, tensor, { means: x, covariances: mixture.covariances }, { regCovar: 0 }),
];

export const bad = () => [
  // @ts-expect-error a mixture has no clusterCenters
  latent.implicitGrads(mixture, x, { clusterCenters: tensor }),
  // @ts-expect-error K-means has no means
  latent.implicitGrads(kmeans, x, { means: tensor }),
  // @ts-expect-error nor a ridge
  latent.implicitGrads(kmeans, x, { clusterCenters: tensor }, { regCovar: 0 }),
  // @ts-expect-error of PCA there are gradients without it
  latent.implicitGrads(pca, x, { components: tensor }),
];
