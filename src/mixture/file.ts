/** A Gaussian mixture as the plain record that is saved, and back. */
import { tidy } from '@tensorflow/tfjs-core';
import * as checks from '../core/checks.js';
import type { ModelFile } from '../graph/read.js';
import { vector, type ModelRecord } from '../graph/record.js';
import { COVARIANCES, type Covariance, type CovarianceType } from './covariance.js';
import { inFloat64, logConstants, toTensors, type Mixture, type Numbers } from './density.js';
import type { Start } from './start.js';

/** What a mixture was fitted with: the options as they were taken, the seed also where none was given. */
export interface GaussianMixtureSettings {
  readonly nComponents: number;
  readonly covarianceType: CovarianceType;
  readonly tol: number;
  readonly regCovar: number;
  readonly maxIter: number;
  readonly nInit: number;
  /** 'given': parts of a start. */
  readonly init: Start | 'given';
  readonly seed: number;
  /** [D], null where none were given. */
  readonly featureNames: readonly string[] | null;
}

/** All that a model consists of. */
export interface Fitted {
  /** [D] */
  readonly origin: Float64Array;
  readonly covarianceType: CovarianceType;
  readonly mixture: Numbers;
  readonly converged: boolean | null;
  readonly nIter: number | null;
  readonly lowerBound: number | null;
  readonly history: readonly number[] | null;
  readonly options: GaussianMixtureSettings | null;
}

/** What they may be. */
export const SETTINGS: Record<keyof GaussianMixtureSettings, checks.Rule> = {
  nComponents: checks.integer(1),
  covarianceType: checks.oneOf(...Object.keys(COVARIANCES)),
  tol: checks.nonNegative,
  regCovar: checks.nonNegative,
  maxIter: checks.integer(1),
  nInit: checks.integer(1),
  init: checks.oneOf('kmeans', 'k-means++', 'random', 'random_from_data', 'given'),
  seed: checks.seed,
  featureNames: checks.nullOr(checks.names),
};

/** What float32 holds. */
const LARGEST = 3.4e38;

/** Where P has entries at all: on and above the diagonal of matrices. */
function entriesOf(covariance: Covariance, k: number, d: number): number[] {
  const all = Array.from(covariance.isotropic(k, d, 1).keys());
  return covariance.broadcast ? all : all.filter((at) => Math.floor(at / d) % d <= at % d);
}

/** The numbers of the graph that take work: log w_k + log |P_k| - D/2 log 2π, as the class computes them. */
async function constantsOf(mixture: Mixture, covariance: Covariance): Promise<Float64Array> {
  const constants = tidy(() => logConstants(toTensors(mixture, covariance), covariance));
  const values = Float64Array.from(await constants.data());
  constants.dispose();
  return values;
}

export async function toRecord(model: Fitted): Promise<ModelRecord> {
  const { origin, covarianceType, history, converged, nIter, lowerBound, options } = model;
  const mixture = inFloat64(model.mixture);
  const covariance = COVARIANCES[covarianceType];
  const { weights, means, precisionsCholesky: p } = mixture;
  const [k, d] = [weights.length, origin.length];
  const shape = (covariance.broadcast ?? covariance.shape)(k, d);
  return {
    kind: 'GaussianMixture',
    params: {
      origin: vector(origin),
      weights: vector(weights),
      means: { values: means, shape: [k, d] },
      precisionsCholesky: vector(entriesOf(covariance, k, d).map((at) => p[at])),
      ...(history && { history: vector(history) }),
    },
    meta: { covarianceType, converged, nIter, lowerBound, options: options && { ...options } },
    derived: { factor: { values: p, shape }, logConstants: vector(await constantsOf(mixture, covariance)) },
  };
}

/** P, of which the file holds the entries that are there. How many is checked before there is room made for them. */
function readFactor(file: ModelFile, covariance: Covariance, k: number, d: number): Float64Array {
  const all = covariance.shape(k, d).reduce((a, b) => a * b, 1);
  const { values } = file.floats(
    'precisionsCholesky',
    [covariance.broadcast ? all : (all * (d + 1)) / (2 * d)],
    LARGEST,
  );
  const diagonal = covariance.isotropic(k, d, 1);
  const p = new Float64Array(all);
  entriesOf(covariance, k, d).forEach((at, i) => {
    p[at] = values[i];
    if (diagonal[at] === 1 && !(Math.fround(values[i]) > 0)) {
      throw file.broken(
        `entry ${i} of precisionsCholesky is ${values[i]}, and on a diagonal: it must be above 0`,
      );
    }
  });
  return p;
}

function readWeights(file: ModelFile, k: number): Float64Array {
  const weights = file.nonNegative('weights', [k]);
  const total = weights.reduce((a, b) => a + b, 0);
  if (Math.abs(total - 1) > 1e-6) throw file.broken(`its weights must sum to 1; they sum to ${total}`);
  return weights;
}

/** @throws ModelFormatError for what no mixture holds */
export function fromRecord(file: ModelFile): Fitted {
  const covarianceType = file.meta<CovarianceType>('covarianceType', SETTINGS.covarianceType);
  const origin = file.origin();
  const d = origin.length;
  const means = file.relative('means', [null, d]);
  const k = means.length / d;
  const weights = readWeights(file, k);
  const precisionsCholesky = readFactor(file, COVARIANCES[covarianceType], k, d);
  return {
    origin,
    covarianceType,
    mixture: { weights, means, precisionsCholesky },
    converged: file.meta('converged', checks.nullOr(checks.bool)),
    nIter: file.meta('nIter', checks.nullOr(checks.integer(1))),
    lowerBound: file.meta('lowerBound', checks.nullOr(checks.finite)),
    history: file.has('history') ? Array.from(file.floats('history', [null]).values) : null,
    options: file.settings('options', SETTINGS),
  };
}
