/**
 * What the harness and a contestant's process say to each other: one JSON object a line, to the process on its standard
 * input, from it on file descriptor 3. First the work, answered by Ready; then any number of turns, each answered by an
 * Outcome. An answer of { error } ends the contestant's part. Arrays go by file.
 */

export type Dtype = 'float32' | 'float64' | 'int32';

/** Numbers in a file: little-endian, row by row. */
export interface ArrayFile {
  file: string;
  dtype: Dtype;
  shape: number[];
}

/** 'seeds': K-means from each of the seeds 0 to `nSeeds` - 1, one restart each. */
export type Task = 'kmeans' | 'seeds' | 'mixture' | 'pca' | 'silhouettes';

/** What every contestant of a case is given. */
export interface Work {
  task: Task;
  /** `x` [N, D] and what the task starts from, under the names of our options. */
  data: Record<string, ArrayFile>;
  /** As our own options; each peer's process knows its library's names for them. */
  options: Record<string, unknown>;
  /** How our library gets x: a float32 tensor, or the numbers themselves, as a user of little data has them. */
  given: 'tensor' | 'numbers';
  /** Of a mixture: the time of an iteration, from the second on, in place of the whole fit's. */
  perIteration?: boolean;
}

export interface Turn {
  /** Fits are repeated until so many seconds have passed; at least one. */
  atLeast: number;
  /** Iterations to do, for a library that cannot tell when it has converged. */
  nIter?: number;
}

export interface Ready {
  /** Of the libraries that do the work. */
  versions: Record<string, string>;
}

export interface Outcome {
  /** Of each fit. */
  seconds: number[];
  /**
   * What the fit reached: see the objectives in judge.ts. For K-means the harness computes it from the centres; of seeds
   * it is the inertia of each.
   */
  objective: number[];
  /** [K * D] */
  clusterCenters?: number[];
  nIter?: number;
  /** Resident memory in bytes: with the data in place before the first fit, and the most in that fit. */
  memory: { before: number; peak: number };
}
