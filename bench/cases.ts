/** The cases: which work, on which data, what counts as the same answer, and the ratios to reach. */
import { open, type DataSet, type Size } from './dataset.js';
import * as datasets from './datasets.js';
import { GROWTH } from './growth.js';
import type { Objective } from './judge.js';
import * as mnist from './mnist.js';
import type { Task, Work } from './protocol.js';
import { centersFor, mixtureFor } from './starts.js';

/** A peer's time over ours, to be reached: on the native backend, where no other is named. */
export interface Target {
  peer: string;
  ratio: number;
  on?: 'wasm';
}

export interface Case {
  name: string;
  title: string;
  task: Task;
  data: readonly DataSet[];
  options: Record<string, unknown>;
  /** Less work, for a look at whether it works. */
  quick?: Record<string, unknown>;
  given?: Work['given'];
  perIteration?: boolean;
  objective: Objective;
  targets?: readonly Target[];
  /** On wasm too. */
  wasm?: boolean;
  /** Peers that take minutes here: they take part with --slow only. */
  slow?: readonly string[];
  /** Takes hours: done only when its whole name is given. */
  long?: boolean;
}

const INERTIA: Objective = { name: 'inertia', better: 'lower', rel: 1e-5 };
const RATIOS: Objective = { name: 'explained variance ratio', better: 'equal', abs: 1e-5 };
const SILHOUETTES: Objective = { name: 'silhouettes', better: 'equal', abs: 1e-5 };
const LIKELIHOOD: Objective = { name: 'log-likelihood a row', better: 'higher', abs: 1e-4 };

/** Defaults of both libraries, said aloud. */
const KMEANS = { maxIter: 300, tol: 1e-4, seed: 42 };
const MIXTURE = { maxIter: 100, tol: 1e-3, regCovar: 1e-6, seed: 42 };

/** A target of our wasm. */
const on = (peer: string, ratio: number): Target => ({ peer, ratio, on: 'wasm' });

const NAMED: readonly Case[] = [
  {
    name: 'blobs',
    title: 'K-means on 2,000 x 2 blobs, k = 5, 10 restarts of k-means++ from one seed',
    task: 'kmeans',
    data: [datasets.blobs],
    options: { ...KMEANS, nClusters: 5, nInit: 10 },
    given: 'numbers',
    objective: INERTIA,
    targets: [{ peer: 'scikit-learn float64', ratio: 1 }],
  },
  {
    name: 'blobs-start',
    title: 'K-means on 2,000 x 2 blobs, k = 5, from given centres',
    task: 'kmeans',
    data: [datasets.blobs, centersFor(datasets.blobs, 5)],
    options: { ...KMEANS, nClusters: 5 },
    given: 'numbers',
    wasm: true,
    objective: INERTIA,
    targets: [on('ml-kmeans', 5), on('scikitjs', 5)],
  },
  {
    name: 'iris',
    title: 'Mixture of 3 full Gaussians on iris, 150 x 4, from one seed',
    task: 'mixture',
    data: [datasets.iris],
    options: { ...MIXTURE, nComponents: 3 },
    given: 'numbers',
    objective: LIKELIHOOD,
    targets: [{ peer: 'scikit-learn float64', ratio: 1 }],
  },
  {
    name: 'ladybug',
    title: 'K-means on the colours of the ladybug, 426,400 x 3, k = 8, to convergence',
    task: 'kmeans',
    data: [datasets.ladybug, centersFor(datasets.ladybug, 8)],
    options: { ...KMEANS, nClusters: 8 },
    objective: INERTIA,
    wasm: true,
    targets: [
      { peer: 'scikit-learn float32', ratio: 2 },
      { peer: 'ml-kmeans', ratio: 20 },
      on('ml-kmeans', 5),
      on('scikitjs', 5),
    ],
  },
  {
    name: 'mnist-pca',
    title: 'PCA that keeps 98 % of MNIST, 50,000 x 784',
    task: 'pca',
    data: [mnist.pixels],
    options: { nComponents: 0.98, solver: 'covariance' },
    objective: RATIOS,
    wasm: true,
    slow: ['ml-pca'],
    targets: [{ peer: 'scikit-learn float32', ratio: 0.8 }, on('ml-pca', 5)],
  },
  {
    name: 'mnist-kmeans-10',
    title: 'K-means on MNIST, 50,000 x 261, k = 10, to convergence',
    task: 'kmeans',
    data: [mnist.reduced, centersFor(mnist.reduced, 10)],
    options: { ...KMEANS, nClusters: 10 },
    wasm: true,
    objective: INERTIA,
    targets: [
      { peer: 'scikit-learn float32', ratio: 3 },
      { peer: 'faiss', ratio: 5 },
      on('ml-kmeans', 5),
      on('scikitjs', 5),
    ],
  },
  {
    name: 'mnist-kmeans-256',
    title: 'K-means on MNIST, 50,000 x 261, k = 256, to convergence',
    task: 'kmeans',
    data: [mnist.reduced, centersFor(mnist.reduced, 256)],
    options: { ...KMEANS, nClusters: 256 },
    wasm: true,
    slow: ['ml-kmeans', 'scikitjs'],
    objective: INERTIA,
    targets: [
      { peer: 'scikit-learn float32', ratio: 2 },
      { peer: 'faiss', ratio: 1.5 },
      on('ml-kmeans', 5),
      on('scikitjs', 5),
    ],
  },
  {
    name: 'mnist-mixture-unit',
    title: 'An EM iteration of 10 full Gaussians on MNIST, pixels 0..1, 50,000 x 261, from a given mixture',
    task: 'mixture',
    data: [mnist.reducedUnit, mixtureFor(mnist.reducedUnit, 10)],
    options: { ...MIXTURE, nComponents: 10, tol: 0, maxIter: 10 },
    perIteration: true,
    objective: LIKELIHOOD,
    targets: [
      { peer: 'scikit-learn float32', ratio: 5 },
      { peer: 'scikit-learn float64', ratio: 15 },
    ],
  },
  {
    name: 'mnist-mixture',
    title: 'An EM iteration of 10 full Gaussians on MNIST, pixels 0..255, 50,000 x 261, from a given mixture',
    task: 'mixture',
    data: [mnist.reduced, mixtureFor(mnist.reduced, 10)],
    options: { ...MIXTURE, nComponents: 10, tol: 0, maxIter: 10 },
    perIteration: true,
    // Float32's share: eigenvalues of a component's covariance are 3e-12 apart. A NumPy run stayed within 1.2e-3.
    objective: { ...LIKELIHOOD, abs: 3e-3 },
    targets: [{ peer: 'scikit-learn float64', ratio: 15 }],
  },
  ...(['tied', 'diag', 'spherical'] as const).map((covarianceType): Case => ({
    name: `mnist-mixture-${covarianceType}`,
    title: `An EM iteration of 10 ${covarianceType} Gaussians on MNIST, pixels 0..1, 50,000 x 261, from a given mixture`,
    task: 'mixture',
    data: [mnist.reducedUnit, mixtureFor(mnist.reducedUnit, 10, covarianceType)],
    options: { ...MIXTURE, nComponents: 10, covarianceType, tol: 0, maxIter: 10 },
    perIteration: true,
    objective: LIKELIHOOD,
  })),
  {
    name: 'mnist-mixture-restarts',
    title: "The notebook's mixture of MNIST, 50,000 x 261: 10 restarts to convergence, from one seed",
    task: 'mixture',
    data: [mnist.reduced],
    options: { ...MIXTURE, nComponents: 10, nInit: 10, maxIter: 600 },
    quick: { nInit: 2, maxIter: 20 },
    // Ten maxima of many: the same seed begins with the same rows, and rounding may part the ways.
    objective: { ...LIKELIHOOD, abs: 0.5 },
    targets: [{ peer: 'scikit-learn float64', ratio: 15 }],
    long: true,
  },
  {
    name: 'mnist-silhouettes',
    title: 'Silhouettes of five labelings of MNIST, 50,000 x 261, k = 2 to 18',
    task: 'silhouettes',
    data: [mnist.reduced, mnist.labelings],
    options: {},
    objective: SILHOUETTES,
    slow: ['scikit-learn float32'],
    targets: [{ peer: 'scikit-learn float64', ratio: 15 }],
  },
];

/** How often one restart finds the best clustering: time and share together. Ours also from random swaps. */
const seedsOf = (data: DataSet, size: string, nClusters: number, swaps: boolean): Case => ({
  name: `seeds-${data.name}-${nClusters}${swaps ? '-swaps' : ''}`,
  title: `K-means on ${size} ${data.name}, k = ${nClusters}, one restart from each of 100 seeds${swaps ? ": ours by 'random-swap'" : ''}`,
  task: 'seeds',
  data: [data],
  options: {
    nClusters,
    nSeeds: 100,
    nInit: 1,
    maxIter: 300,
    tol: 1e-4,
    ...(swaps && { startOfOurs: 'random-swap' }),
  },
  quick: { nSeeds: 5 },
  given: 'numbers',
  objective: { name: 'share of the seeds', better: 'higher', abs: 0.05 },
  targets: [{ peer: 'scikit-learn float64', ratio: 1 }],
});

const SEEDS: readonly Case[] = [
  ...[false, true].flatMap((swaps) => [
    ...[3, 5, 8].map((k) => seedsOf(datasets.blobs, '2,000 x 2', k, swaps)),
    seedsOf(datasets.digits, '1,797 x 64', 10, swaps),
  ]),
];

export const CASES: readonly Case[] = [...NAMED, ...SEEDS, ...GROWTH];

/** What the contestants of a case are given. */
export async function workOf(each: Case, size: Size): Promise<Work> {
  const { task, data, options, quick, given = 'tensor', perIteration } = each;
  return {
    task,
    data: await open(data, size),
    options: size === 'quick' ? { ...options, ...quick } : options,
    given,
    perIteration,
  };
}
