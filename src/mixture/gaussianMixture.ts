/**
 * Gaussian mixture: p(x) = Σ_k w_k N(x | μ_k, Σ_k), fitted by expectation maximisation.
 *
 * Rows x [N, D], weights w [K], means μ [K, D], covariances Σ by type, Σ⁻¹ = P Pᵀ with P upper triangular.
 * Bishop, Pattern Recognition and Machine Learning, 9.2. scikit-learn's counterpart: sklearn.mixture.GaussianMixture.
 */
import {
  add,
  argMax,
  fill,
  isNaN,
  logSumExp,
  softmax,
  sum,
  tensor,
  tensor2d,
  tensor1d,
  transpose,
  where,
  type io,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { accurateMean } from '../core/accurateMean.js';
import * as checks from '../core/checks.js';
import { InputError, NumericalError } from '../core/errors.js';
import { pacer, type FitEvents } from '../core/iterate.js';
import { op } from '../core/op.js';
import { Owned } from '../core/owned.js';
import { anySeed, RandomState } from '../core/random.js';
import { readWeights } from '../core/given.js';
import { fitRows, inDataUnits, mapRows, rowsOf } from '../core/rows.js';
import { sourceOf, type Matrix, type Weights } from '../core/source.js';
import { describe } from '../graph/record.js';
import { openModel, saveModel, type ModelTarget } from '../graph/stores.js';
import { COVARIANCES, type CovarianceType } from './covariance.js';
import {
  centeredOn,
  inFloat64,
  logConstants,
  logDensities,
  logJoint,
  reachOf,
  toTensors,
  type LogDensities,
  type MixtureTensors,
} from './density.js';
import { nativeCode, passWidth, type Problem } from './em.js';
import { fromRecord, SETTINGS, toRecord, type Fitted, type GaussianMixtureSettings } from './file.js';
import { fitsHost } from './host.js';
import * as params from './params.js';
import type { CovarianceForm } from './params.js';
import { bestRun, type GivenStart } from './restarts.js';
import type { Start } from './start.js';

/** Options of {@link GaussianMixture.fit}; the defaults are scikit-learn's. */
export interface GaussianMixtureOptions extends FitEvents {
  /** K. Default 1. */
  nComponents?: number;
  /** Default 'full'. */
  covarianceType?: CovarianceType;
  /** Stops when the mean log-likelihood changes by less. Default 1e-3; below about 1e-8 float32 may not settle. */
  tol?: number;
  /** Added to the variances, in squared units of x. Default 1e-6. */
  regCovar?: number;
  /** Iterations of one restart, at most. Default 100. */
  maxIter?: number;
  /** Restarts, of which the one of highest lower bound is kept. Default 1. */
  nInit?: number;
  /** How a restart begins, or parts of its start. Default 'kmeans', run in the data's units. */
  init?: Start | GivenStart;
  /** [N] Objective Σ w log p / Σ w: integer weights are repeated rows. */
  sampleWeight?: Weights;
  /** 0 … 2³² - 1. The same seed gives the same start as scikit-learn's random_state. */
  seed?: number;
  /** [D] Names of the features: kept with the model, and saved. */
  featureNames?: readonly string[];
}

const RULES: Record<string, checks.Rule> = {
  ...SETTINGS,
  regCovar: checks.from(0, 1e30),
  init: checks.either(checks.oneOf('kmeans', 'k-means++', 'random', 'random_from_data'), checks.record),
  sampleWeight: checks.something,
  featureNames: checks.names,
  ...checks.eventRules,
};

const PART_RULES = { weights: checks.something, means: checks.matrix, ...params.FORM_RULES };

/**
 * Weighted log density of each component, log w_k + log N(x | μ_k, Σ_k); its logsumexp over k is the mixture's log
 * density, its softmax the responsibilities. Differentiable in `x` and every param.
 *
 * @param x [N, D]
 * @param mixture weights [K], means [K, D], precisionsCholesky by type: [K, D, D], [D, D], [K, D] or [K]; only the upper
 *   triangle of a matrix is read, its gradient below the diagonal is exactly 0
 * @returns [N, K]
 * @throws InputError for another shape or dtype, and an unknown covariance type
 * @example
 * const params = { weights: tf.tensor1d([1]), means: tf.tensor2d([[0, 0]]), precisionsCholesky: tf.tensor1d([1]) };
 * const logProb = gaussianMixtureLogProb(tf.tensor2d([[0, 1]]), params, 'spherical');
 */
export const gaussianMixtureLogProb = op(
  'gaussianMixtureLogProb',
  (x: Tensor2D, mixture: MixtureTensors, covarianceType: CovarianceType = 'full'): Tensor2D => {
    const what = 'gaussianMixtureLogProb';
    checks.check(`${what}: covarianceType`, covarianceType, SETTINGS.covarianceType);
    checks.check(`${what}: the params`, mixture, checks.record);
    checks.checkTensor(`${what}: x`, x, ['N', 'D']);
    checks.checkTensor(`${what}: means`, mixture.means, ['K', x.shape[1]]);
    const [k, d] = mixture.means.shape;
    checks.checkTensor(`${what}: weights`, mixture.weights, [k]);
    const shape = COVARIANCES[covarianceType].shape(k, d);
    checks.checkTensor(`${what}: precisionsCholesky`, mixture.precisionsCholesky, shape);
    const covariance = COVARIANCES[covarianceType];
    const y = covariance.whiten(centeredOn(x, mixture.means), mixture.precisionsCholesky); // [K, N, D]
    return transpose(logJoint(y, logConstants(mixture, covariance))); // [N, K]
  },
);

/** A fitted Gaussian mixture. Immutable; its tensors live until `dispose()`. */
export class GaussianMixture {
  readonly nComponents: number;
  readonly nFeatures: number;
  readonly covarianceType: CovarianceType;
  /** [D] Means are held relative to it and reported as origin + mean. */
  readonly origin: Float64Array;
  /** [K], sum 1 */
  readonly weights: Tensor1D;
  /** [K, D] */
  readonly means: Tensor2D;
  /** P of Σ⁻¹ = P Pᵀ, upper triangular: [K, D, D], [D, D], [K, D] or [K] by type. What is kept and saved. */
  readonly precisionsCholesky: Tensor;
  /** Whether the best restart kept `tol`; null from params. */
  readonly converged: boolean | null;
  /** Iterations of the best restart; null from params. */
  readonly nIter: number | null;
  /** Mean log-likelihood before the last M-step, in nats a row (scikit-learn's lower_bound_); null from params. */
  readonly lowerBound: number | null;
  /** Mean log-likelihood before each M-step of the best restart; null from params. */
  readonly history: readonly number[] | null;
  /** What it was fitted with; null from params. */
  readonly options: GaussianMixtureSettings | null;
  readonly #owned = new Owned('GaussianMixture');
  readonly #fitted: Fitted;
  readonly #params: MixtureTensors; // relative to origin
  #covariances?: Tensor;
  #precisions?: Tensor;

  private constructor(fitted: Fitted) {
    const { origin, covarianceType, mixture } = fitted;
    this.nComponents = mixture.weights.length;
    this.nFeatures = origin.length;
    this.covarianceType = covarianceType;
    this.origin = origin;
    this.#fitted = fitted;
    this.#params = this.#owned.holdAll(() => toTensors(mixture, COVARIANCES[covarianceType]));
    this.weights = this.#params.weights;
    this.precisionsCholesky = this.#params.precisionsCholesky;
    this.means = this.#owned.hold(() =>
      tensor2d(inDataUnits(mixture.means, origin), this.#params.means.shape),
    );
    this.converged = fitted.converged;
    this.nIter = fitted.nIter;
    this.lowerBound = fitted.lowerBound;
    this.history = fitted.history;
    this.options = fitted.options;
    describe(this, () => toRecord(fitted));
  }

  /**
   * Fits a mixture to the rows of `x`. Computed by kernels of ours, on the host or by tensor operations, as the guide Backends
   * says: the answer is the same.
   *
   * @param x [N, D]
   * @throws InputError for bad data or options; NumericalError when a component collapses; the signal's reason when it
   *   is aborted
   * @example
   * const model = await GaussianMixture.fit([[0], [0.1], [5], [5.1]], { nComponents: 2, seed: 42 });
   * model.predictProba([[0.2]]).print();
   */
  static async fit(x: Matrix, options: GaussianMixtureOptions = {}): Promise<GaussianMixture> {
    checks.checkOptions('GaussianMixture.fit', options, RULES);
    const {
      nComponents: k = 1,
      covarianceType = 'full',
      tol = 1e-3,
      regCovar = 1e-6,
      maxIter = 100,
    } = options;
    const { nInit = 1, init = 'kmeans', seed = anySeed() } = options;
    if (typeof init !== 'string') checks.checkOptions('GaussianMixture.fit: init', init, PART_RULES);
    const source = sourceOf('GaussianMixture.fit: x', x);
    const { nRows, nFeatures } = source;
    refuseTooMany(k, nRows);
    const featureNames = checks.featureNamesOf('GaussianMixture.fit', options.featureNames, nFeatures);
    const pace = pacer(options.signal);
    await pace();
    const covariance = COVARIANCES[covarianceType];
    const rows = await rowsOf('GaussianMixture.fit: x', source, (d) => passWidth(covariance, k, d), pace);
    const weight = await readWeights('GaussianMixture.fit: sampleWeight', options.sampleWeight, rows.nRows);
    const kernels = nativeCode(covariance);
    const onHost = fitsHost(rows.nRows, k, rows.nFeatures, !!kernels)
      ? await rows.at(Array.from({ length: rows.nRows }, (_, i) => i))
      : null;
    const native = onHost ? null : (kernels?.nativeOf(rows, k, covariance) ?? null);
    const problem: Problem = { rows, onHost, native, weight, covariance, regCovar, pace };
    const restarts = { nComponents: k, nInit, init, seed, tol, maxIter };
    const run = await bestRun(problem, restarts, options).finally(() => native?.dispose());
    const { params: mixture, objective: lowerBound, ...figures } = run;
    const settings = {
      nComponents: k,
      covarianceType,
      tol,
      regCovar,
      maxIter,
      nInit,
      init: typeof init === 'string' ? init : 'given',
      seed,
      featureNames,
    } as const;
    const { origin } = rows;
    return new GaussianMixture({
      origin,
      covarianceType,
      mixture,
      lowerBound,
      ...figures,
      options: settings,
    });
  }

  /**
   * A mixture of given parameters.
   *
   * @param given weights [K] of sum 1, means [K, D] and one of covariances, precisions, precisionsCholesky
   * @throws InputError for bad shapes or values; NumericalError for a matrix that is not positive definite
   * @example
   * const given = { weights: [0.5, 0.5], means: [[0], [4]], covariances: [[1], [2]] };
   * const model = await GaussianMixture.fromParams(given, 'diag');
   */
  static async fromParams(
    given: { weights: Weights; means: Matrix } & CovarianceForm,
    covarianceType: CovarianceType = 'full',
  ): Promise<GaussianMixture> {
    const what = 'GaussianMixture.fromParams';
    checks.check(`${what}: covarianceType`, covarianceType, SETTINGS.covarianceType);
    checks.check(`${what}: the params`, given, checks.record);
    checks.checkOptions(what, given, PART_RULES);
    const { origin, nRows: k } = await fitRows(`${what}: means`, given.means, (d) => d, pacer());
    const covariance = COVARIANCES[covarianceType];
    const means = await params.readMeans(`${what}: means`, given.means, k, origin);
    const weights = await params.readMixtureWeights(`${what}: weights`, given.weights, k);
    const precisionsCholesky = await params.readCovarianceForm(what, given, covariance, k, origin.length);
    if (!precisionsCholesky) {
      throw new InputError(
        `${what}: give covariances, precisions or precisionsCholesky; got ${checks.show(given)}.`,
      );
    }
    const mixture = { weights, means, precisionsCholesky };
    const unfitted = { lowerBound: null, converged: null, nIter: null, history: null, options: null };
    return new GaussianMixture({ origin, covarianceType, mixture, ...unfitted });
  }

  /**
   * Loads a model that `save` wrote: it answers to the last bit as the one that was saved.
   *
   * @param source a folder or model.json in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws ModelFormatError for what is no mixture, or a broken one; InputError where nothing lies
   * @example
   * const model = await GaussianMixture.load('models/iris-gmm');
   */
  static async load(source: ModelTarget): Promise<GaussianMixture> {
    const what = 'GaussianMixture';
    return new GaussianMixture(fromRecord(await openModel(`${what}.load`, source, what)));
  }

  /**
   * Saves the model as a GraphModel, that `tf.loadGraphModel` opens too: there `predict(x)` gives
   * `{ labels, probabilities, logDensity }`.
   *
   * @param target a folder in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws InputError for a target that is none; the store's own error where it fails
   * @example
   * await model.save('my-model');
   */
  async save(target: ModelTarget): Promise<io.SaveResult> {
    this.#owned.check('save');
    return saveModel('GaussianMixture.save', target, await toRecord(this.#fitted));
  }

  /** Σ by type, as scikit-learn's covariances_; made when first asked for. @throws NumericalError beyond float32 */
  get covariances(): Tensor {
    return (this.#covariances ??= this.#ofFactor('covariances'));
  }

  /** Σ⁻¹ by type, as scikit-learn's precisions_; made when first asked for. @throws NumericalError beyond float32 */
  get precisions(): Tensor {
    return (this.#precisions ??= this.#ofFactor('precisions'));
  }

  /**
   * The most probable component of each row; -1 for a row with NaN.
   *
   * @param x [N, D]
   * @returns [N] int32
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  predict(x: Matrix): Tensor1D {
    return this.#rows('predict', x, ({ below }) =>
      where(isNaN(sum(below, 1)), fill([below.shape[0]], -1, 'int32'), argMax(below, 1)),
    );
  }

  /**
   * Responsibilities: the probability of each component given the row; differentiable.
   *
   * @param x [N, D]
   * @returns [N, K], rows sum to 1
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  predictProba(x: Matrix): Tensor2D {
    return this.#rows('predictProba', x, ({ below }) => softmax(below));
  }

  /**
   * Log density of each row; differentiable.
   *
   * @param x [N, D]
   * @returns [N] nats, -Infinity where that is beyond float32
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  scoreSamples(x: Matrix): Tensor1D {
    return this.#logDensity('scoreSamples', x);
  }

  /**
   * Mean log density; differentiable.
   *
   * @param x [N, D]
   * @returns nats a row
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  score(x: Matrix): Scalar {
    return scoreOf(() => this.#logDensity('score', x));
  }

  /**
   * Bayesian information criterion, -2 Σ log p + parameters · log N; summed in float64. Lower is better.
   *
   * @param x [N, D]
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  async bic(x: Matrix): Promise<number> {
    const { total, n } = await this.#logLikelihood('bic', x);
    return -2 * total + this.#parameterCount() * Math.log(n);
  }

  /**
   * Akaike information criterion, -2 Σ log p + 2 parameters; summed in float64. Lower is better.
   *
   * @param x [N, D]
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  async aic(x: Matrix): Promise<number> {
    const { total } = await this.#logLikelihood('aic', x);
    return -2 * total + 2 * this.#parameterCount();
  }

  /**
   * Draws rows from the mixture, grouped by component.
   *
   * @param n how many; 1
   * @param seed 0 … 2³² - 1; another one at each call
   * @returns x [n, D] in the data's units, labels [n] int32
   * @throws InputError for an n that is no integer from 1 on, a bad seed, or after dispose()
   * @example
   * const { x, labels } = model.sample(10, 42);
   */
  sample(n = 1, seed: number = anySeed()): { x: Tensor2D; labels: Tensor1D } {
    this.#owned.check('sample');
    checks.check('GaussianMixture.sample: n', n, checks.integer(1));
    checks.check('GaussianMixture.sample: seed', seed, checks.seed);
    const random = new RandomState(seed);
    const labels = drawComponents(this.#fitted.mixture.weights, n, random);
    const d = this.nFeatures;
    const values = new Float32Array(n * d);
    const { means, precisionsCholesky } = this.#fitted.mixture;
    labels.forEach((k, i) => {
      const z = random.standardNormal(d);
      COVARIANCES[this.covarianceType].unwhiten(precisionsCholesky, k, z);
      for (let j = 0; j < d; j++) values[i * d + j] = z[j] + means[k * d + j] + this.origin[j];
    });
    return { x: tensor2d(values, [n, d]), labels: tensor1d(labels, 'int32') };
  }

  /** Frees the model's tensors; twice is fine. */
  dispose(): void {
    this.#owned.dispose();
  }

  #rows<T extends Tensor>(method: string, x: Matrix, f: (logDensities: LogDensities) => T): T {
    this.#owned.check(method);
    const width = 3 * this.nComponents * this.nFeatures;
    const covariance = COVARIANCES[this.covarianceType];
    const reach = reachOf(this.#fitted.mixture);
    return mapRows(`GaussianMixture.${method}: x`, x, this.origin, width, (rows) =>
      f(logDensities(rows, this.#params, covariance, reach)),
    );
  }

  #logDensity(method: string, x: Matrix): Tensor1D {
    return this.#rows(method, x, ({ below, largest }) => add(logSumExp(below, 1), largest)); // [N]
  }

  #ofFactor(what: 'covariances' | 'precisions'): Tensor {
    this.#owned.check(what);
    const { precisionsCholesky } = inFloat64(this.#fitted.mixture);
    const values = COVARIANCES[this.covarianceType][what](precisionsCholesky, this.nFeatures);
    const held = Float32Array.from(values);
    const bad = held.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) {
      throw new NumericalError(
        `GaussianMixture.${what}: entry ${bad} is ${values[bad]}, which float32 cannot hold; use precisionsCholesky, or scale the data.`,
      );
    }
    return this.#owned.hold(() => tensor(held, this.precisionsCholesky.shape));
  }

  async #logLikelihood(method: string, x: Matrix): Promise<{ total: number; n: number }> {
    const samples = this.#logDensity(method, x);
    const values = await samples.data<'float32'>();
    samples.dispose();
    return { total: values.reduce((a, b) => a + b, 0), n: values.length };
  }

  #parameterCount(): number {
    const [k, d] = [this.nComponents, this.nFeatures];
    return COVARIANCES[this.covarianceType].parameterCount(k, d) + k * d + k - 1;
  }
}

function refuseTooMany(k: number, nRows: number): void {
  if (k <= nRows) return;
  throw new InputError(
    `GaussianMixture.fit: nComponents is ${k} and x has ${nRows} rows; ask for at most ${nRows}.`,
  );
}

const scoreOf = op('score', (samples: () => Tensor1D): Scalar => accurateMean(samples()));

/** n draws of a component, in ascending order: as many uniforms counted against the cumulated weights. */
function drawComponents(weights: Float64Array, n: number, random: RandomState): Int32Array {
  const labels = new Int32Array(n);
  random.randomSample(n).forEach((u, i) => {
    let k = 0;
    for (let below = weights[0]; u >= below && k < weights.length - 1; below += weights[k]) k++;
    labels[i] = k;
  });
  return labels.sort();
}
