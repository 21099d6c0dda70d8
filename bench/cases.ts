/** The cases: which work, on which data, what counts as the same answer, and the ratios to reach. */
import * as datasets from './datasets.js';
import type { DataSet } from './datasets.js';
import type { Objective } from './judge.js';
import type { Task, Work } from './protocol.js';

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
  /** Takes hours: done only when it is named. */
  long?: boolean;
}

const INERTIA: Objective = { name: 'inertia', better: 'lower', rel: 1e-5 };
const LIKELIHOOD: Objective = { name: 'log-likelihood a row', better: 'higher', abs: 1e-4 };

/** Defaults of both libraries, said aloud. */
const KMEANS = { maxIter: 300, tol: 1e-4, seed: 42 };
const MIXTURE = { maxIter: 100, tol: 1e-3, regCovar: 1e-6, seed: 42 };

export const CASES: readonly Case[] = [
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
    data: [datasets.ladybug, datasets.centersFor(datasets.ladybug, 8)],
    options: { ...KMEANS, nClusters: 8 },
    objective: INERTIA,
    targets: [{ peer: 'scikit-learn float32', ratio: 2 }],
  },
];

/** What the contestants of a case are given. */
export async function workOf(each: Case, size: datasets.Size): Promise<Work> {
  const { task, data, options, quick, given = 'tensor', perIteration } = each;
  return {
    task,
    data: await datasets.open(data, size),
    options: size === 'quick' ? { ...options, ...quick } : options,
    given,
    perIteration,
  };
}
