/** A K-means model as the plain record that is saved, and back. */
import * as checks from '../core/checks.js';
import type { ModelFile } from '../graph/read.js';
import { vector, type ModelRecord } from '../graph/record.js';
import type { Centers } from './lloyd.js';

/** What a model was fitted with: the options as they were taken, the seed also where none was given. */
export interface KMeansSettings {
  readonly nClusters: number;
  /** 'given': centres. */
  readonly init: 'k-means++' | 'random' | 'random-swap' | 'given';
  /** Restarts. */
  readonly nInit: number;
  readonly maxIter: number;
  readonly tol: number;
  readonly algorithm: 'auto' | 'lloyd' | 'elkan';
  readonly seed: number;
  /** [D], null where none were given. */
  readonly featureNames: readonly string[] | null;
}

/** All that a model consists of. */
export interface Fitted {
  /** [D] */
  readonly origin: Float64Array;
  /** [K * D] relative to the origin */
  readonly centers: Centers;
  readonly labels: Int32Array | null;
  readonly inertia: number | null;
  readonly nIter: number | null;
  readonly converged: boolean | null;
  readonly history: readonly number[] | null;
  readonly options: KMeansSettings | null;
}

/** What they may be. */
export const SETTINGS: Record<keyof KMeansSettings, checks.Rule> = {
  nClusters: checks.integer(1),
  init: checks.oneOf('k-means++', 'random', 'random-swap', 'given'),
  nInit: checks.integer(1),
  maxIter: checks.integer(1),
  tol: checks.nonNegative,
  algorithm: checks.oneOf('auto', 'lloyd', 'elkan'),
  seed: checks.seed,
  featureNames: checks.nullOr(checks.names),
};

/** @param withLabels whether the labels of the rows that it was fitted on are kept */
export function toRecord(model: Fitted, withLabels: boolean): ModelRecord {
  const { origin, centers, labels, history, inertia, nIter, converged, options } = model;
  const d = origin.length;
  return {
    kind: 'KMeans',
    params: {
      origin: vector(origin),
      clusterCenters: { values: centers, shape: [centers.length / d, d] },
      ...(history && { history: vector(history) }),
      ...(labels && withLabels && { labels: { values: labels, shape: [labels.length] } }),
    },
    meta: { inertia, nIter, converged, options: options && { ...options } },
  };
}

/** @throws ModelFormatError for what no K-means model holds */
export function fromRecord(file: ModelFile): Fitted {
  const origin = file.origin();
  const centers = file.relative('clusterCenters', [null, origin.length]);
  const k = centers.length / origin.length;
  return {
    origin,
    centers,
    labels: file.has('labels') ? file.integers('labels', [null], k).values : null,
    history: file.has('history') ? Array.from(file.floats('history', [null]).values) : null,
    inertia: file.meta('inertia', checks.nullOr(checks.nonNegative)),
    nIter: file.meta('nIter', checks.nullOr(checks.integer(1))),
    converged: file.meta('converged', checks.nullOr(checks.bool)),
    options: file.settings('options', SETTINGS),
  };
}
