/** A PCA as the plain record that is saved, and back. */
import * as checks from '../core/checks.js';
import type { ModelFile } from '../graph/read.js';
import { vector, type ModelRecord } from '../graph/record.js';
import { firstSkewed } from './spectrum.js';

/** What a model was fitted with: the options as they were taken. */
export interface PCASettings {
  /** As asked for; the model's own `nComponents` is how many that made. */
  readonly nComponents: number | 'mle';
  readonly whiten: boolean;
  readonly solver: 'covariance' | 'full' | 'randomized';
  readonly nOversamples: number;
  readonly nPowerIter: number | 'auto';
  /** Also where none was given. */
  readonly seed: number;
  /** [D], null where none were given. */
  readonly featureNames: readonly string[] | null;
}

/** All that a model consists of: parameters in float64, the mean relative to the origin. */
export interface Params {
  readonly origin: Float64Array;
  readonly mean: Float64Array;
  readonly components: Float64Array;
  readonly variances: Float64Array;
  readonly noise: number;
  /** Null from params, as are the singular values and the options. */
  readonly ratio: Float64Array | null;
  readonly singular: Float64Array | null;
  readonly whiten: boolean;
  readonly options: PCASettings | null;
}

/** What they may be. */
export const SETTINGS: Record<keyof PCASettings, checks.Rule> = {
  nComponents: checks.either(checks.integer(1), checks.between(0, 1), checks.oneOf('mle')),
  whiten: checks.bool,
  solver: checks.oneOf('covariance', 'full', 'randomized'),
  nOversamples: checks.integer(0),
  nPowerIter: checks.either(checks.integer(0), checks.oneOf('auto')),
  seed: checks.seed,
  featureNames: checks.nullOr(checks.names),
};

/** @param deviations what the coordinates of a whitened model are divided by */
export function toRecord(model: Params, deviations: Float64Array): ModelRecord {
  const { origin, mean, components, variances, ratio, singular, noise, whiten, options } = model;
  return {
    kind: 'PCA',
    params: {
      origin: vector(origin),
      mean: vector(mean),
      components: { values: components, shape: [variances.length, origin.length] },
      explainedVariance: vector(variances),
      ...(ratio && { explainedVarianceRatio: vector(ratio) }),
      ...(singular && { singularValues: vector(singular) }),
    },
    meta: { noiseVariance: noise, whiten, options: options && { ...options } },
    derived: whiten ? { deviations: vector(deviations) } : {},
  };
}

/** @throws ModelFormatError for what no PCA holds */
export function fromRecord(file: ModelFile): Params {
  const origin = file.origin();
  const d = origin.length;
  const variances = file.nonNegative('explainedVariance', [null]);
  const m = variances.length;
  const components = file.relative('components', [m, d]);
  const skewed = m <= d ? firstSkewed(components, m, d) : 'has more rows than columns';
  if (skewed) throw file.broken(`its components must be orthonormal, and ${skewed}`);
  return {
    origin,
    mean: file.relative('mean', [d]),
    components,
    variances,
    noise: file.meta('noiseVariance', checks.from(0, 1e38)),
    ratio: file.has('explainedVarianceRatio') ? file.nonNegative('explainedVarianceRatio', [m]) : null,
    singular: file.has('singularValues') ? file.nonNegative('singularValues', [m]) : null,
    whiten: file.meta('whiten', checks.bool),
    options: file.settings('options', SETTINGS),
  };
}
