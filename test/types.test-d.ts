/**
 * Types, checked by `npm run types`: nothing here runs. Above, the public names with the types that were committed to, written
 * out by hand: a name may be added, none may change or go. Below, what must not compile.
 */
import type { io, Scalar, Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as latent from '../src/index.js';
import * as node from '../src/node/index.js';
import { GaussianMixture, KMeans, PCA, RandomState } from '../src/index.js';
import type { CanBeConstructed, Expect, Public, Same, WritableKeys } from './support/typeTools.js';

// ── Shared types ───────────────────────────────────────────────────────────────────────────────

type Values = Float32Array | Float64Array | Int32Array | Uint8Array | Uint8ClampedArray;
type Matrix = Tensor2D | readonly ArrayLike<number>[] | { values: Values; shape: readonly [number, number] };
type Numbers = Tensor | readonly unknown[] | { values: Values; shape: readonly number[] };
type Labels = Tensor1D | ArrayLike<number>;
type Weights = Tensor1D | ArrayLike<number>;
type CovarianceType = 'full' | 'tied' | 'diag' | 'spherical';
type CovarianceForm = { covariances: Numbers } | { precisions: Numbers } | { precisionsCholesky: Numbers };

interface FitEvents {
  onIteration?: (state: {
    init: number;
    iteration: number;
    objective: number;
    change: number;
    params(): Record<string, Float32Array>;
  }) => void | Promise<void>;
  onInit?: (state: {
    init: number;
    converged: boolean;
    iterations: number;
    objective: number;
  }) => void | Promise<void>;
  signal?: AbortSignal;
}

export type SharedTypes = Expect<
  [
    Same<latent.Values, Values>,
    Same<latent.Matrix, Matrix>,
    Same<latent.Labels, Labels>,
    Same<latent.Weights, Weights>,
    Same<latent.FitEvents, FitEvents>,
    Same<latent.ModelTarget, ModelTarget>,
    Same<latent.CovarianceType, CovarianceType>,
    Same<latent.CovarianceForm, CovarianceForm>,
  ]
>;

// ── K-means ────────────────────────────────────────────────────────────────────────────────────

interface KMeansOptions extends FitEvents {
  nClusters?: number;
  init?: 'k-means++' | 'random' | 'random-swap' | Matrix;
  nInit?: number | 'auto';
  maxIter?: number;
  tol?: number;
  algorithm?: 'auto' | 'lloyd' | 'elkan';
  sampleWeight?: Weights;
  seed?: number;
  featureNames?: readonly string[];
}

type ModelTarget = string | io.IOHandler;

interface KMeansSettings {
  readonly nClusters: number;
  readonly init: 'k-means++' | 'random' | 'random-swap' | 'given';
  readonly nInit: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly algorithm: 'auto' | 'lloyd' | 'elkan';
  readonly seed: number;
  readonly featureNames: readonly string[] | null;
}

interface KMeansModel {
  readonly nClusters: number;
  readonly nFeatures: number;
  readonly origin: Float64Array;
  readonly clusterCenters: Tensor2D;
  readonly labels: Tensor1D | null;
  readonly inertia: number | null;
  readonly nIter: number | null;
  readonly converged: boolean | null;
  readonly history: readonly number[] | null;
  readonly options: KMeansSettings | null;
  save: (target: ModelTarget, options?: { labels?: boolean }) => Promise<io.SaveResult>;
  predict: (x: Matrix) => Tensor1D;
  transform: (x: Matrix) => Tensor2D;
  predictProba: (x: Matrix, temperature?: number) => Tensor2D;
  score: (x: Matrix) => Scalar;
  dispose: () => void;
}

export type KMeansTypes = Expect<
  [
    Same<latent.KMeansOptions, KMeansOptions>,
    Same<latent.KMeansSettings, KMeansSettings>,
    Same<Public<KMeans>, KMeansModel>,
    Same<typeof KMeans.fit, (x: Matrix, options?: KMeansOptions) => Promise<KMeans>>,
    Same<typeof KMeans.fromParams, (params: { clusterCenters: Matrix }) => Promise<KMeans>>,
    Same<typeof KMeans.load, (source: ModelTarget) => Promise<KMeans>>,
    Same<WritableKeys<KMeans>, never>,
    Same<CanBeConstructed<typeof KMeans>, false>,
  ]
>;

// ── Gaussian mixture ───────────────────────────────────────────────────────────────────────────

interface GaussianMixtureOptions extends FitEvents {
  nComponents?: number;
  covarianceType?: CovarianceType;
  tol?: number;
  regCovar?: number;
  maxIter?: number;
  nInit?: number;
  init?:
    | 'kmeans'
    | 'k-means++'
    | 'random'
    | 'random_from_data'
    | ({ weights?: Weights; means?: Matrix } & Partial<CovarianceForm>);
  sampleWeight?: Weights;
  seed?: number;
  featureNames?: readonly string[];
}

interface GaussianMixtureSettings {
  readonly nComponents: number;
  readonly covarianceType: CovarianceType;
  readonly tol: number;
  readonly regCovar: number;
  readonly maxIter: number;
  readonly nInit: number;
  readonly init: 'kmeans' | 'k-means++' | 'random' | 'random_from_data' | 'given';
  readonly seed: number;
  readonly featureNames: readonly string[] | null;
}

interface GaussianMixtureModel {
  readonly nComponents: number;
  readonly nFeatures: number;
  readonly covarianceType: CovarianceType;
  readonly origin: Float64Array;
  readonly weights: Tensor1D;
  readonly means: Tensor2D;
  readonly precisionsCholesky: Tensor;
  readonly covariances: Tensor;
  readonly precisions: Tensor;
  readonly converged: boolean | null;
  readonly nIter: number | null;
  readonly lowerBound: number | null;
  readonly history: readonly number[] | null;
  readonly options: GaussianMixtureSettings | null;
  save: (target: ModelTarget) => Promise<io.SaveResult>;
  predict: (x: Matrix) => Tensor1D;
  predictProba: (x: Matrix) => Tensor2D;
  scoreSamples: (x: Matrix) => Tensor1D;
  score: (x: Matrix) => Scalar;
  bic: (x: Matrix) => Promise<number>;
  aic: (x: Matrix) => Promise<number>;
  sample: (n?: number, seed?: number) => { x: Tensor2D; labels: Tensor1D };
  dispose: () => void;
}

type MixtureParams = { weights: Weights; means: Matrix } & CovarianceForm;

export type GaussianMixtureTypes = Expect<
  [
    Same<latent.GaussianMixtureOptions, GaussianMixtureOptions>,
    Same<Public<GaussianMixture>, GaussianMixtureModel>,
    Same<
      typeof GaussianMixture.fit,
      (x: Matrix, options?: GaussianMixtureOptions) => Promise<GaussianMixture>
    >,
    Same<
      typeof GaussianMixture.fromParams,
      (params: MixtureParams, covarianceType?: CovarianceType) => Promise<GaussianMixture>
    >,
    Same<latent.GaussianMixtureSettings, GaussianMixtureSettings>,
    Same<typeof GaussianMixture.load, (source: ModelTarget) => Promise<GaussianMixture>>,
    Same<WritableKeys<GaussianMixture>, never>,
    Same<CanBeConstructed<typeof GaussianMixture>, false>,
  ]
>;

// ── PCA ────────────────────────────────────────────────────────────────────────────────────────

interface PCAOptions {
  nComponents?: number | 'mle';
  whiten?: boolean;
  solver?: 'auto' | 'covariance' | 'full' | 'randomized';
  nOversamples?: number;
  nPowerIter?: number | 'auto';
  seed?: number;
  featureNames?: readonly string[];
  signal?: AbortSignal;
}

interface PCASettings {
  readonly nComponents: number | 'mle';
  readonly whiten: boolean;
  readonly solver: 'covariance' | 'full' | 'randomized';
  readonly nOversamples: number;
  readonly nPowerIter: number | 'auto';
  readonly seed: number;
  readonly featureNames: readonly string[] | null;
}

interface PCAModel {
  readonly nComponents: number;
  readonly nFeatures: number;
  readonly whiten: boolean;
  readonly origin: Float64Array;
  readonly components: Tensor2D;
  readonly mean: Tensor1D;
  readonly explainedVariance: Tensor1D;
  readonly explainedVarianceRatio: Tensor1D | null;
  readonly singularValues: Tensor1D | null;
  readonly noiseVariance: number;
  readonly options: PCASettings | null;
  save: (target: ModelTarget) => Promise<io.SaveResult>;
  transform: (x: Matrix) => Tensor2D;
  inverseTransform: (z: Matrix) => Tensor2D;
  scoreSamples: (x: Matrix) => Tensor1D;
  score: (x: Matrix) => Scalar;
  covariance: () => Tensor2D;
  precision: () => Tensor2D;
  dispose: () => void;
}

interface PCAParams {
  components: Matrix;
  mean: ArrayLike<number>;
  explainedVariance: ArrayLike<number>;
  noiseVariance?: number;
  whiten?: boolean;
}

export type PCATypes = Expect<
  [
    Same<latent.PCAOptions, PCAOptions>,
    Same<Public<PCA>, PCAModel>,
    Same<typeof PCA.fit, (x: Matrix, options?: PCAOptions) => Promise<PCA>>,
    Same<latent.PCASettings, PCASettings>,
    Same<typeof PCA.fromParams, (params: PCAParams) => Promise<PCA>>,
    Same<typeof PCA.load, (source: ModelTarget) => Promise<PCA>>,
    Same<WritableKeys<PCA>, never>,
    Same<CanBeConstructed<typeof PCA>, false>,
  ]
>;

// ── Functions, random draws, data, errors ──────────────────────────────────────────────────────

interface Mixture {
  weights: Tensor1D;
  means: Tensor2D;
  precisionsCholesky: Tensor;
}

interface BlobsOptions {
  nSamples?: number | number[];
  nFeatures?: number;
  centers?: number | number[][];
  clusterStd?: number | number[];
  shuffle?: boolean;
  seed?: number;
}

interface Random {
  randomSample: (n: number) => Float64Array;
  uniform: (low: number, high: number, n: number) => Float64Array;
  standardNormal: (n: number) => Float64Array;
  normal: (mean: number, std: number, n: number) => Float64Array;
  randint: (high: number, n: number) => Int32Array;
  shuffle: <T>(items: T[]) => void;
  permutation: (n: number) => Int32Array;
}

interface Linalg {
  cholesky: (a: Tensor) => Tensor;
  triangularSolve: (l: Tensor, b: Tensor, options?: { lower?: boolean; adjoint?: boolean }) => Tensor;
  logDet: (a: Tensor) => Tensor;
  inverse: (a: Tensor) => Tensor;
  eigh: (a: Tensor) => { values: Tensor; vectors: Tensor };
  svd: (a: Tensor) => { u: Tensor; s: Tensor; v: Tensor };
}

/** Every name that is a value, and what it may be called with and gives. */
interface Contract {
  KMeans: unknown;
  GaussianMixture: unknown;
  PCA: unknown;
  Pipeline: unknown;
  pipeline: <S extends latent.Steps>(steps: S) => latent.Pipeline<S>;
  softAssign: (x: Tensor2D, clusterCenters: Tensor2D, temperature?: number) => Tensor2D;
  gaussianMixtureLogProb: (x: Tensor2D, params: Mixture, covarianceType?: CovarianceType) => Tensor2D;
  pcaTransform: (x: Tensor2D, params: { components: Tensor2D; mean: Tensor1D }) => Tensor2D;
  implicitGrads: unknown;
  silhouetteSamples: (x: Matrix, labels: Labels) => Promise<Tensor1D>;
  silhouetteScore: (
    x: Matrix,
    labels: Labels,
    options?: { sampleSize?: number; seed?: number },
  ) => Promise<number>;
  silhouetteScores: (x: Matrix, labelings: Labels[]) => Promise<number[]>;
  adjustedRandScore: (a: Labels, b: Labels) => Promise<number>;
  normalizedMutualInfoScore: (a: Labels, b: Labels) => Promise<number>;
  linalg: Linalg;
  RandomState: new (seed: number) => Random;
  makeBlobs: (options: BlobsOptions) => {
    x: { values: Float64Array; shape: [number, number] };
    labels: Int32Array;
    centers: number[][];
  };
  loadIris: () => { x: number[][]; labels: Int32Array; featureNames: string[]; targetNames: string[] };
  InputError: new (message?: string) => Error & { readonly name: 'InputError' };
  NumericalError: new (message?: string) => Error & { readonly name: 'NumericalError' };
  ModelFormatError: new (
    message?: string,
    options?: ErrorOptions,
  ) => Error & { readonly name: 'ModelFormatError' };
}

interface NodeContract {
  useBestBackend: (prefer?: 'tensorflow' | 'wasm' | 'cpu') => Promise<{
    backend: string;
    device: 'gpu' | 'cpu';
    version: string;
    hint: string | null;
  }>;
  loadMnist: (options?: { split?: 'train' | 'test'; dir?: string; nRows?: number }) => Promise<{
    x: { values: Uint8Array; shape: [number, 784] };
    labels: Uint8Array;
  }>;
  loadImage: (
    path: string,
  ) => Promise<{ x: { values: Uint8Array; shape: [number, 3] }; height: number; width: number }>;
}

export const names = latent satisfies Contract;
export const nodeNames = node satisfies NodeContract;

export type FunctionTypes = Expect<
  [
    Same<keyof typeof latent, keyof Contract>,
    Same<keyof typeof latent.linalg, keyof Linalg>,
    Same<keyof typeof node, keyof NodeContract>,
    Same<Public<RandomState>, Random>,
    Same<latent.BlobsOptions, BlobsOptions>,
    Same<Parameters<typeof latent.silhouetteScore>, Parameters<Contract['silhouetteScore']>>,
    Same<Parameters<typeof latent.softAssign>, Parameters<Contract['softAssign']>>,
    Same<Parameters<typeof latent.linalg.triangularSolve>[2], Parameters<Linalg['triangularSolve']>[2]>,
  ]
>;

// ── What compiles ──────────────────────────────────────────────────────────────────────────────

declare const x: number[][];
declare const tensor: Tensor2D;
declare const kmeans: KMeans;
declare const mixture: GaussianMixture;
declare const pca: PCA;

export const good = () => [
  KMeans.fit(x),
  KMeans.fit(tensor, { nClusters: 3, init: 'random', nInit: 'auto', algorithm: 'elkan' }),
  KMeans.fit({ values: new Uint8Array(4), shape: [2, 2] }, { init: tensor }),
  KMeans.fit([new Float64Array(2), [1, 2]] as const, { init: x, sampleWeight: new Float32Array(2) }),
  KMeans.fit(x, { signal: AbortSignal.timeout(1), onIteration: async ({ params }) => void params() }),
  KMeans.load('models/blobs-kmeans').then((model) => model.save('other', { labels: false })),
  GaussianMixture.fit(x, { covarianceType: 'tied', init: { means: tensor } }),
  GaussianMixture.fit(x, { init: { weights: [1], precisions: [[[1]]] } }),
  GaussianMixture.fromParams({ weights: [1], means: [[0]], covariances: [1] }, 'spherical'),
  latent.pipeline([pca, mixture]).predictProba(tensor),
  PCA.fit(x, { nComponents: 'mle' }),
  PCA.fit(x, { nComponents: 0.98, solver: 'full', whiten: true }),
  PCA.fromParams({ components: [[1]], mean: [0], explainedVariance: new Float32Array(1) }),
];

// ── What does not ──────────────────────────────────────────────────────────────────────────────

export const bad = () => [
  // @ts-expect-error the option's name is nClusters
  KMeans.fit(x, { k: 3 }),
  // @ts-expect-error a number
  KMeans.fit(x, { nClusters: '3' }),
  // @ts-expect-error no such start
  KMeans.fit(x, { init: 'kmeans' }),
  // @ts-expect-error no such algorithm
  KMeans.fit(x, { algorithm: 'full' }),
  // @ts-expect-error a number or 'auto'
  KMeans.fit(x, { nInit: 'best' }),
  // @ts-expect-error one list of numbers is no matrix
  KMeans.fit([1, 2, 3]),
  // @ts-expect-error text is no matrix
  KMeans.fit([['1', '2']]),
  // @ts-expect-error a vector is no matrix
  KMeans.fit(kmeans.labels!),
  // @ts-expect-error two lengths
  KMeans.fit({ values: new Float32Array(4), shape: [4] }),
  // @ts-expect-error an option of mixtures
  KMeans.fit(x, { regCovar: 1 }),
  // @ts-expect-error the field's name
  KMeans.fromParams({ centers: x }),
  // @ts-expect-error a handler loads or saves
  KMeans.load({ path: 'models/blobs-kmeans' }),
  // @ts-expect-error no such option
  kmeans.save('model', { weights: false }),
  // @ts-expect-error no such covariance type
  GaussianMixture.fit(x, { covarianceType: 'round' }),
  // @ts-expect-error no 'auto' for mixtures
  GaussianMixture.fit(x, { nInit: 'auto' }),
  // @ts-expect-error centres are not a start of mixtures
  GaussianMixture.fit(x, { init: x }),
  // @ts-expect-error no such part
  GaussianMixture.fit(x, { init: { centers: x } }),
  // @ts-expect-error no form of the covariance
  GaussianMixture.fromParams({ weights: [1], means: [[0]] }),
  // @ts-expect-error no such covariance type
  GaussianMixture.fromParams({ weights: [1], means: [[0]], covariances: [1] }, 'round'),
  // @ts-expect-error no such choice
  PCA.fit(x, { nComponents: 'all' }),
  // @ts-expect-error only the last step may be no PCA
  latent.pipeline([kmeans, pca]),
  // @ts-expect-error a pipeline of nothing
  latent.pipeline([]),
  // @ts-expect-error scikit-learn's name
  PCA.fit(x, { n_components: 2 }),
  // @ts-expect-error no such solver
  PCA.fit(x, { solver: 'arpack' }),
  // @ts-expect-error there are no iterations to watch
  PCA.fit(x, { onIteration: () => undefined }),
  // @ts-expect-error the mean is missing
  PCA.fromParams({ components: x, explainedVariance: [1] }),
  // @ts-expect-error a number
  new RandomState('7'),
  // @ts-expect-error the option's name
  latent.makeBlobs({ n: 3 }),
  // @ts-expect-error an option of linalg.triangularSolve
  latent.linalg.triangularSolve(tensor, tensor, { upper: true }),
  // @ts-expect-error rows are no tensor
  latent.pcaTransform(x, pca),
  // @ts-expect-error no such backend
  node.useBestBackend('webgl'),
];

export const privateConstructors = () => [
  // @ts-expect-error models come from fit and fromParams
  new KMeans(),
  // @ts-expect-error models come from fit and fromParams
  new GaussianMixture(),
  // @ts-expect-error models come from fit and fromParams
  new PCA(),
];

export function immutable() {
  // @ts-expect-error a model is not changed
  kmeans.inertia = 1;
  // @ts-expect-error a model is not changed
  kmeans.clusterCenters = tensor;
  // @ts-expect-error nor is its history
  kmeans.history?.push(1);
  // @ts-expect-error a model is not changed
  mixture.means = tensor;
  // @ts-expect-error a getter
  mixture.covariances = tensor;
  // @ts-expect-error a model is not changed
  pca.components = tensor;
  // @ts-expect-error null in a model from params
  pca.explainedVarianceRatio.dispose();
}
