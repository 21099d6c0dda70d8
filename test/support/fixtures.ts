import { readFileSync } from 'node:fs';
import path from 'node:path';
import { notebookBlobs, oddShapes } from '../../scripts/shapes.js';
import type { BlobsOptions } from '../../src/datasets/blobs.js';
import { loadIris } from '../../src/datasets/iris.js';
import type { CovarianceType } from '../../src/mixture/covariance.js';

/** scikit-learn's and NumPy's answers, as test/fixtures/make_fixtures.py wrote them: its head says what each means. */
export interface Fixtures {
  random: { sequences: { seed: number; steps: { call: string; args: unknown[]; value: unknown }[] }[] };
  blobs: { cases: BlobsCase[] };
  kmeans: {
    given: KMeansGiven[];
    seeded: KMeansSeeded[];
    empty: KMeansEmpty[];
    queries: KMeansQuery[];
  };
  mixture: {
    given: MixtureGiven[];
    seeded: MixtureSeeded[];
    partial: MixturePartial[];
    collapse: MixtureCollapse[];
  };
  pca: { fits: PCAFit[]; choices: PCAChoice[] };
  metrics: {
    silhouettes: { name: string; x: number[][]; labels: number[]; samples: number[]; score: number }[];
    agreement: {
      name: string;
      a: number[];
      b: number[];
      adjustedRand: number;
      normalizedMutualInfo: number;
    }[];
  };
}

export interface BlobsCase {
  options: BlobsOptions;
  shape: [number, number];
  firstRows: number[][];
  lastRow: number[];
  sums: number[];
  labels: string;
  centers: number[][];
}

interface KMeansResult {
  labels: string;
  inertia: number;
  nIter: number;
}

export interface KMeansGiven extends KMeansResult {
  data: DatasetName;
  nClusters: number;
  /** Rows where the centres begin. */
  start: number[];
  maxIter: number;
  tol: number;
  /** How near any row came to a tie between two centres; near 0, rounding decides where it goes. */
  margin: number;
  sampleWeight: string | null;
  clusterCenters: number[][];
}

export interface KMeansSeeded extends KMeansResult {
  data: DatasetName;
  nClusters: number;
  init: 'k-means++' | 'random';
  nInit: number;
  seed: number;
  sampleWeight: string | null;
  /** Rows drawn for each restart. */
  starts: number[][];
  /** As in {@link KMeansGiven}, of all restarts. */
  margin: number;
  clusterCenters: number[][] | null;
}

export interface KMeansEmpty extends KMeansResult {
  name: string;
  x: number[][];
  init: number[][];
  maxIter: number;
  sampleWeight: number[] | null;
  clusterCenters: number[][];
  /** Clusters that stay empty: their centres may be anywhere. */
  stray: number[];
}

export interface KMeansQuery {
  data: DatasetName;
  clusterCenters: number[][];
  x: number[][];
  labels: string;
  distances: number[][];
  score: number;
}

/** full [K][D][D], tied [D][D], diag [K][D], spherical [K] */
export type CovarianceNumbers = number[] | number[][] | number[][][];

export interface MixtureFit {
  weights: number[];
  means: number[][];
  covariances?: CovarianceNumbers;
  precisionsCholesky?: CovarianceNumbers;
  lowerBound: number;
  nIter: number;
  converged: boolean;
  /** The first 20 at most. */
  history: number[];
  rows: number[];
  predictProba: number[][];
  scoreSamples: number[];
  bic: number;
  aic: number;
  score: number;
}

interface MixtureParams {
  weights: number[];
  means: number[][];
  precisions: CovarianceNumbers;
}

export interface MixtureGiven {
  data: DatasetName;
  covarianceType: CovarianceType;
  regCovar: number;
  init: MixtureParams;
  fits: (MixtureFit & { maxIter: number; tol: number })[];
}

export interface MixtureSeeded extends MixtureFit {
  data: DatasetName;
  covarianceType: CovarianceType;
  nComponents: number;
  init: 'kmeans' | 'k-means++' | 'random' | 'random_from_data';
  nInit: number;
  seed: number;
  /** Of the first restart, after its M-step. */
  start: { weights: number[]; means: number[][] };
}

export interface MixturePartial extends MixtureFit {
  data: DatasetName;
  nComponents: number;
  seed: number;
  init: Partial<MixtureParams>;
}

export interface MixtureCollapse {
  name: string;
  x: number[][];
  nComponents: number;
  covarianceType: CovarianceType;
  regCovar: number;
  init: 'kmeans';
  seed: number;
  /** scikit-learn's message; null where it raises nothing. */
  error: string | null;
}

export interface PCAFit {
  data: DatasetName;
  nComponents: number | 'mle' | null;
  whiten: boolean;
  solver: 'full' | 'covariance' | 'randomized';
  seed?: number;
  nOut: number;
  mean?: number[];
  explainedVariance: number[];
  explainedVarianceRatio: number[];
  singularValues: number[];
  noiseVariance?: number;
  components?: number[][];
  rows: number[];
  transform?: number[][];
  inverseTransform?: number[][];
  scoreSamples?: number[];
  score?: number;
  covariance?: number[][];
  precision?: number[][];
}

export interface PCAChoice {
  shape: [number, number];
  nComponents: number | 'mle' | null;
  /** What 'auto' is for rows of this shape. */
  solver: PCAFit['solver'];
}

const parsed = new Map<string, unknown>();

function read(name: string): unknown {
  if (!parsed.has(name)) {
    parsed.set(name, JSON.parse(readFileSync(path.join('test', 'fixtures', `${name}.json`), 'utf8')));
  }
  return parsed.get(name);
}

/** The answers of one file of test/fixtures. */
export function fixture<K extends keyof Fixtures>(
  name: K,
): Fixtures[K] & { versions: Record<string, string> } {
  return read(name) as Fixtures[K] & { versions: Record<string, string> };
}

/** The numbers of a string of base-36 digits: labels, small weights, pixels. */
export const digits = (text: string): number[] => Array.from(text, (digit) => parseInt(digit, 36));

/** A data set: rows x [N][D] and, where there are any, the true labels. */
export interface Dataset {
  x: number[][];
  labels: number[];
}

interface Stored {
  x?: number[][];
  pixels?: string[];
  labels: string;
}

function stored(name: string): Dataset {
  const { x, pixels, labels } = read(`data/${name}`) as Stored;
  return { x: x ?? pixels!.map(digits), labels: digits(labels) };
}

function made({ x, labels }: ReturnType<typeof oddShapes>): Dataset {
  const [n, d] = x.shape;
  const rows = Array.from({ length: n }, (_, i) => Array.from(x.values.subarray(i * d, (i + 1) * d)));
  return { x: rows, labels: Array.from(labels) };
}

/** What changes each row of a data set. */
const each = ({ x, labels }: Dataset, change: (row: number[]) => number[]): Dataset => ({
  x: x.map(change),
  labels,
});

const DATASETS = {
  iris: (): Dataset => ({ x: loadIris().x, labels: Array.from(loadIris().labels) }), // 150 x 4
  wine: () => stored('wine'), // 178 x 13
  'wine/100': () => each(stored('wine'), (row) => row.map((v) => v / 100)),
  cancer: () => stored('cancer'), // 569 x 30
  cancer4: () => each(stored('cancer'), (row) => row.slice(0, 4)),
  digits: () => stored('digits'), // 1797 x 64
  digits40: () => ({ x: stored('digits').x.slice(0, 40), labels: stored('digits').labels.slice(0, 40) }), // 40 x 64
  blobs: () => made(notebookBlobs()), // 2000 x 2
  odd: () => made(oddShapes()), // 1250 x 2
};

export type DatasetName = keyof typeof DATASETS;

const loaded = new Map<DatasetName, Dataset>();

/** One of the data sets that the fixtures were made on; the same object at each call: do not write into it. */
export function dataset(name: DatasetName): Dataset {
  const found = loaded.get(name) ?? DATASETS[name]();
  loaded.set(name, found);
  return found;
}
