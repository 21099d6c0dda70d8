/**
 * A fit as a differentiable step: how fitted params depend on the rows and their weights, by implicit differentiation at the
 * fixed point that the fit ended at. Nothing is unrolled and no iteration is remembered.
 */
import { tensor1d, tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { kMeansGrads } from '../cluster/implicit.js';
import { KMeans } from '../cluster/kmeans.js';
import * as checks from '../core/checks.js';
import { InputError, NumericalError } from '../core/errors.js';
import { pacer } from '../core/iterate.js';
import { readMatrix, readWeights } from '../core/given.js';
import type { Matrix, Weights } from '../core/source.js';
import { recordOf } from '../graph/record.js';
import { COVARIANCES } from '../mixture/covariance.js';
import { GaussianMixture } from '../mixture/gaussianMixture.js';
import { mixtureGrads, type Cotangent } from '../mixture/implicit.js';
import { readNumbers, type Numbers } from '../mixture/params.js';

/** The cotangent of a K-means model's params: the slope of whatever is made of them. */
export interface KMeansCotangent {
  /** [K, D] */
  clusterCenters: Numbers;
}

/** The cotangent of a mixture's params, of those that something is made of; each has the shape of the model's field. */
export interface GaussianMixtureCotangent {
  /** [K] */
  weights?: Numbers;
  /** [K, D] */
  means?: Numbers;
  /** [K, D, D], [D, D], [K, D] or [K] by type */
  covariances?: Numbers;
  /** The same shape; of matrices only the upper triangle is read. */
  precisionsCholesky?: Numbers;
}

/** Options of {@link implicitGrads}. */
export interface ImplicitGradsOptions {
  /** [N] The weights that the model was fitted with. Default 1. */
  sampleWeight?: Weights;
  /** Of a mixture; what it was fitted with, or 1e-6, the default of `fit`, where it comes from params. */
  regCovar?: number;
  /** How far from its fixed point the fit may be: what one more iteration would move it by. Default 1e-3. */
  tol?: number;
  /** Rejects with the signal's reason. */
  signal?: AbortSignal;
}

/** What {@link implicitGrads} gives. */
export interface ImplicitGrads {
  /** [N, D] */
  x: Tensor2D;
  /** [N] */
  sampleWeight: Tensor1D;
}

const NAME = 'implicitGrads';

const RULES: Record<string, checks.Rule> = {
  sampleWeight: checks.something,
  tol: checks.nonNegative,
  signal: checks.abortSignal,
};
const MIXTURE_RULES = { ...RULES, regCovar: checks.from(0, 1e30) };

/**
 * Gradients of a fit, by implicit differentiation: the product of `dy`, the cotangent of the fitted params θ (the slopes of a
 * number L made of them), with the Jacobian of θ in the rows x and in their weights w. At the fixed point θ = T(θ, x, w) of EM
 * or of Lloyd's iteration,
 *
 *     ∂L/∂(x, w) = (∂T/∂(x, w))ᵀ (I - ∂T/∂θ)⁻ᵀ dy
 *
 * As `tf.grads(f)(args, dy)`, of an f that tf.grads cannot see into. It is the slope of refitting to convergence from where the
 * fit is now, `regCovar` and `sampleWeight` included. For K-means the Jacobian is exact and closed (labels stay; where a row
 * lies as near to two centres there is none). For a mixture it is solved for in float64 on the host, by conjugate residuals: each of a few
 * to a few dozen passes costs about what a pass of EM costs there, and N K numbers are held besides the rows.
 *
 * The error is of the order of how far the fit is from its fixed point, times the number of iterations that EM still needs by
 * itself; `fit` with its default tol stops too early: use a `tol` of 1e-8 or smaller (0 for K-means) and a larger `maxIter`. PCA needs
 * none of this: `linalg.eigh` and `pcaTransform` have gradients.
 *
 * @param model fitted; its rows and weights are not kept, so they are given again
 * @param x [N, D] the rows that it was fitted on
 * @param dy the cotangent of the params, shaped as the model's fields of those names
 * @returns the gradients in `x` [N, D] and in `sampleWeight` [N], yours to free
 * @throws InputError for bad arguments, and where one more iteration would move the model by more than `tol`: it was not
 *   fitted to convergence, or not on these rows with these weights; NumericalError for a component without rows, and where
 *   the fixed point is not isolated; the signal's reason when it is aborted
 * @example
 * const x = [[0], [0.1], [0.3], [5], [5.1], [5.4]];
 * const model = await GaussianMixture.fit(x, { nComponents: 2, tol: 1e-10, maxIter: 1000, seed: 42 });
 * const { sampleWeight } = await implicitGrads(model, x, { means: [[1], [0]] });
 * sampleWeight.print(); // how the first mean moves as a row gains weight
 */
export function implicitGrads(
  model: KMeans,
  x: Matrix,
  dy: KMeansCotangent,
  options?: Omit<ImplicitGradsOptions, 'regCovar'>,
): Promise<ImplicitGrads>;
export function implicitGrads(
  model: GaussianMixture,
  x: Matrix,
  dy: GaussianMixtureCotangent,
  options?: ImplicitGradsOptions,
): Promise<ImplicitGrads>;
export async function implicitGrads(
  model: KMeans | GaussianMixture,
  x: Matrix,
  dy: KMeansCotangent | GaussianMixtureCotangent,
  options: ImplicitGradsOptions = {},
): Promise<ImplicitGrads> {
  checkModel(model);
  checks.checkOptions(NAME, options, model instanceof KMeans ? RULES : MIXTURE_RULES);
  const cotangent = await readCotangent(model, dy);
  const { tol = 1e-3, signal } = options;
  const pace = pacer(signal);
  await pace();
  const rows = await readMatrix(`${NAME}: x`, x, model.origin);
  const n = rows.length / model.nFeatures;
  const weight = await readWeights(`${NAME}: sampleWeight`, options.sampleWeight, n);
  const { params, derived } = await recordOf(model);
  const given = { x: rows, weight, pace };
  const grads =
    model instanceof KMeans
      ? await kMeansGrads(
          NAME,
          { ...given, centers: params.clusterCenters.values as Float64Array, d: model.nFeatures },
          cotangent.clusterCenters!,
          tol,
        )
      : await mixtureGrads(
          NAME,
          {
            ...given,
            mixture: {
              weights: params.weights.values as Float64Array,
              means: params.means.values as Float64Array,
              precisionsCholesky: derived!.factor.values as Float64Array,
            },
            covarianceType: model.covarianceType,
            regCovar: options.regCovar ?? model.options?.regCovar ?? 1e-6,
          },
          cotangent,
          tol,
        );
  return {
    x: tensor2d(rounded(grads.x), [n, model.nFeatures]),
    sampleWeight: tensor1d(rounded(grads.sampleWeight)),
  };
}

/** As float32 holds them. */
function rounded(values: Float64Array): Float32Array {
  const bad = beyondFloat32(values);
  if (bad < 0) return Float32Array.from(values);
  throw new NumericalError(
    `${NAME}: entry ${bad} of the gradient is ${values[bad]}, which float32 cannot hold; scale dy, or the data.`,
  );
}

function checkModel(model: unknown): void {
  if (!(model instanceof KMeans || model instanceof GaussianMixture)) {
    throw new InputError(
      `${NAME}: the model must be a fitted KMeans or GaussianMixture; got ${checks.show(model)}.`,
    );
  }
  const { isDisposed } = model instanceof KMeans ? model.clusterCenters : model.means;
  if (isDisposed) throw new InputError(`${NAME}: the model was disposed; fit or load it again.`);
}

type ReadCotangent = Cotangent & { clusterCenters?: Float64Array };

async function readCotangent(model: KMeans | GaussianMixture, dy: object): Promise<ReadCotangent> {
  const { nFeatures: d } = model;
  const shapes: Record<string, number[]> =
    model instanceof KMeans
      ? { clusterCenters: [model.nClusters, d] }
      : {
          weights: [model.nComponents],
          means: [model.nComponents, d],
          covariances: COVARIANCES[model.covarianceType].shape(model.nComponents, d),
          precisionsCholesky: COVARIANCES[model.covarianceType].shape(model.nComponents, d),
        };
  checks.check(`${NAME}: dy`, dy, checks.record);
  checks.checkOptions(
    `${NAME}: dy`,
    dy,
    Object.fromEntries(Object.keys(shapes).map((name) => [name, checks.something])),
  );
  const given = Object.entries(dy).filter(([, value]) => value !== undefined);
  if (given.length === 0) {
    throw new InputError(`${NAME}: dy is empty; give the cotangent of ${Object.keys(shapes).join(' or ')}.`);
  }
  const read: Record<string, Float64Array> = {};
  for (const [name, value] of given) {
    const what = `${NAME}: dy.${name}`;
    read[name] = await readNumbers(what, value, shapes[name]);
    const bad = beyondFloat32(read[name]);
    if (bad >= 0) {
      throw new InputError(
        `${what}: entry ${bad} is ${read[name][bad]}, which float32 cannot hold; scale it.`,
      );
    }
  }
  return read;
}

const beyondFloat32 = (values: Float64Array): number =>
  values.findIndex((value) => !Number.isFinite(Math.fround(value)));
