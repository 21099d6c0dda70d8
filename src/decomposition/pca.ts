/**
 * Principal component analysis: z = W (x - m), the orthogonal directions of largest variance.
 *
 * Rows x [N, D], components W [M, D] orthonormal, mean m [D], variances λ [M], noise σ² the mean of the variances left out.
 * Tipping and Bishop, Probabilistic principal component analysis, JRSS B 1999; Halko, Martinsson and Tropp 2011 (randomized);
 * Minka 2000 ('mle'). scikit-learn's counterpart: sklearn.decomposition.PCA.
 */
import {
  add,
  div,
  matMul,
  mul,
  sub,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
  type io,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { accurateMean } from '../core/accurateMean.js';
import * as checks from '../core/checks.js';
import { InputError, NumericalError } from '../core/errors.js';
import { pacer, type Pace } from '../core/iterate.js';
import { op } from '../core/op.js';
import { Owned } from '../core/owned.js';
import { anySeed, RandomState } from '../core/random.js';
import { readMatrix, readVector } from '../core/given.js';
import { mapRows, rowsOf, type ShiftedRows } from '../core/rows.js';
import { sourceOf, type Matrix, type Source } from '../core/source.js';
import { describe } from '../graph/record.js';
import { openModel, saveModel, type ModelTarget } from '../graph/stores.js';
import { covarianceSpectrum } from './covariance.js';
import { logDensity } from './density.js';
import { chooseDimension } from './dimension.js';
import { fromRecord, SETTINGS, toRecord, type Params, type PCASettings } from './file.js';
import { fullSpectrum } from './full.js';
import { randomizedSpectrum } from './randomized.js';
import { firstSkewed, fixSigns, spectralMatrix, type Spectrum } from './spectrum.js';

/** Options of {@link PCA.fit}; the defaults are scikit-learn's. */
export interface PCAOptions {
  /** How many components; in (0, 1) the share of the variance that they must reach; 'mle' for Minka's choice. Default all. */
  nComponents?: number | 'mle';
  /** transform divides each component by its standard deviation. Default false. */
  whiten?: boolean;
  /** Default 'auto': covariance for N >= 10 D and D <= 1000, else by size. */
  solver?: 'auto' | 'covariance' | 'full' | 'randomized';
  /** Directions beyond nComponents that 'randomized' follows. Default 10. */
  nOversamples?: number;
  /** Power iterations of 'randomized'. Default 'auto': 7 for less than a tenth of min(N, D) components, else 4. */
  nPowerIter?: number | 'auto';
  /** 0 … 2³² - 1, for 'randomized'. */
  seed?: number;
  /** [D] Names of the features: kept with the model, and saved. */
  featureNames?: readonly string[];
  /** Ends the fit with its reason. */
  signal?: AbortSignal;
}

const RULES: Record<string, checks.Rule> = {
  ...SETTINGS,
  solver: checks.oneOf('auto', 'covariance', 'full', 'randomized'),
  featureNames: checks.names,
  signal: checks.abortSignal,
};

/** Numbers that float32 holds. One below SMALLEST, whose inverse it does not hold, counts as 0 where it is divided by. */
const LARGEST = 1e38;
const SMALLEST = 1e-38;
const VARIANCE = checks.from(0, LARGEST);

const PARAM_RULES: Record<string, checks.Rule> = {
  components: checks.matrix,
  mean: checks.something,
  explainedVariance: checks.something,
  noiseVariance: VARIANCE,
  whiten: checks.bool,
};

/** A whitened component's deviation counts as at least this share of the largest one: float32's rounding. */
const LEAST_DEVIATION = 2 ** -23;

/**
 * The rows' coordinates along the components, (x - mean) Wᵀ. Differentiable in `x` and every param.
 *
 * @param x [N, D]
 * @param params components W [M, D], mean [D]
 * @returns [N, M]
 * @throws InputError for another shape or dtype
 * @example
 * const z = pcaTransform(tf.tensor2d([[3, 1]]), { components: tf.tensor2d([[1, 0]]), mean: tf.tensor1d([1, 1]) });
 */
export const pcaTransform = op(
  'pcaTransform',
  (x: Tensor2D, params: { components: Tensor2D; mean: Tensor1D }): Tensor2D => {
    checks.check('pcaTransform: the params', params, checks.record);
    const { components, mean } = params;
    checks.checkTensor('pcaTransform: x', x, ['N', 'D']);
    checks.checkTensor('pcaTransform: components', components, ['M', x.shape[1]]);
    checks.checkTensor('pcaTransform: mean', mean, [x.shape[1]]);
    return matMul(sub(x, mean), transpose(components)) as Tensor2D;
  },
);

/** A fitted principal component analysis. Immutable; its tensors live until `dispose()`. */
export class PCA {
  readonly nComponents: number;
  readonly nFeatures: number;
  readonly whiten: boolean;
  /** [D] The mean is held relative to it and reported as origin + mean. */
  readonly origin: Float64Array;
  /** [nComponents, D] Orthonormal; of a fit, the largest entry of each row is positive. */
  readonly components: Tensor2D;
  /** [D], in the data's units */
  readonly mean: Tensor1D;
  /** [nComponents] Variances along the components, divided by N - 1; descending. */
  readonly explainedVariance: Tensor1D;
  /** [nComponents] Their shares of the total variance (0 where there is none); null from params. */
  readonly explainedVarianceRatio: Tensor1D | null;
  /** [nComponents] Singular values of the centred rows; null from params. */
  readonly singularValues: Tensor1D | null;
  /** The mean of the variances left out, 0 where none is. */
  readonly noiseVariance: number;
  /** What it was fitted with; null from params. */
  readonly options: PCASettings | null;
  readonly #owned = new Owned('PCA');
  readonly #params: Params;
  readonly #mean: Tensor1D; // relative to origin
  readonly #deviations: Tensor1D; // what transform divides by: 1 unless whitened

  private constructor(params: Params) {
    const { origin, mean, components, variances, ratio, singular, whiten } = params;
    const [m, d] = [variances.length, origin.length];
    const vector = (values: Float64Array) => this.#owned.hold(() => tensor1d(Float32Array.from(values)));
    this.#params = params;
    this.nComponents = m;
    this.nFeatures = d;
    this.whiten = whiten;
    this.origin = origin;
    this.components = this.#owned.hold(() => tensor2d(Float32Array.from(components), [m, d]));
    this.mean = vector(mean.map((value, j) => value + origin[j]));
    this.explainedVariance = vector(variances);
    this.explainedVarianceRatio = ratio && vector(ratio);
    this.singularValues = singular && vector(singular);
    this.noiseVariance = params.noise;
    this.options = params.options;
    describe(this, () => toRecord(params, deviations(params.variances)));
    this.#mean = vector(mean);
    this.#deviations = vector(whiten ? deviations(variances) : variances.map(() => 1));
  }

  /**
   * Finds the principal components of the rows of `x`.
   *
   * @param x [N, D], N >= 2
   * @throws InputError for bad data or options, more components than min(N, D), 'mle' with N < D, a share or 'mle' with
   *   'randomized'; the signal's reason when it is aborted
   * @example
   * const model = await PCA.fit([[0, 0], [1, 2], [2, 4], [3, 7]], { nComponents: 1 });
   * model.transform([[1, 1]]).print();
   */
  static async fit(x: Matrix, options: PCAOptions = {}): Promise<PCA> {
    checks.checkOptions('PCA.fit', options, RULES);
    const source = sourceOf('PCA.fit: x', x);
    const { nRows, nFeatures } = source;
    const { nComponents = Math.min(nRows, nFeatures), whiten = false } = options;
    const { nOversamples = 10, nPowerIter = 'auto', seed = anySeed() } = options;
    const solver = chooseSolver(options.solver ?? 'auto', nComponents, nRows, nFeatures);
    refuse(nComponents, solver, nRows, nFeatures);
    const pace = pacer(options.signal);
    await pace();
    const featureNames = checks.featureNamesOf('PCA.fit', options.featureNames, nFeatures);
    const settings: PCASettings = {
      nComponents,
      whiten,
      solver,
      nOversamples,
      nPowerIter,
      seed,
      featureNames,
    };
    const { rows, spectrum } = await decompose(source, settings, pace);
    await pace();
    return new PCA({ ...keep(spectrum, rows, nComponents), whiten, options: settings });
  }

  /**
   * A model of given parameters.
   *
   * @param given components [M, D] orthonormal, mean [D], explainedVariance [M], noiseVariance (0), whiten (false)
   * @throws InputError for bad shapes or values, or components that are not orthonormal
   * @example
   * const model = await PCA.fromParams({ components: [[0.6, 0.8]], mean: [1, 2], explainedVariance: [3] });
   */
  static async fromParams(given: {
    components: Matrix;
    mean: ArrayLike<number>;
    explainedVariance: ArrayLike<number>;
    noiseVariance?: number;
    whiten?: boolean;
  }): Promise<PCA> {
    const what = 'PCA.fromParams';
    checks.check(`${what}: the params`, given, checks.record);
    checks.checkOptions(what, given, PARAM_RULES);
    const { nRows: m, nFeatures: d } = sourceOf(`${what}: components`, given.components);
    const components = await readMatrix(`${what}: components`, given.components, new Float64Array(d));
    refuseSkewed(components, m, d);
    const mean = await readVector(`${what}: mean`, given.mean, d);
    const variances = await readVector(`${what}: explainedVariance`, given.explainedVariance, m);
    mean.forEach((value, j) => checks.check(`${what}: mean[${j}]`, value, checks.from(-LARGEST, LARGEST)));
    variances.forEach((value, k) => checks.check(`${what}: explainedVariance[${k}]`, value, VARIANCE));
    const origin = mean.map(Math.fround);
    const relative = mean.map((value, j) => value - origin[j]);
    const noise = given.noiseVariance ?? 0;
    const whiten = given.whiten ?? false;
    const unfitted = { ratio: null, singular: null, options: null };
    return new PCA({ origin, mean: relative, components, variances, noise, whiten, ...unfitted });
  }

  /**
   * Loads a model that `save` wrote: it answers to the last bit as the one that was saved.
   *
   * @param source a folder or model.json in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws ModelFormatError for what is no PCA, or a broken one; InputError where nothing lies
   * @example
   * const model = await PCA.load('models/mnist-pca');
   */
  static async load(source: ModelTarget): Promise<PCA> {
    return new PCA(fromRecord(await openModel('PCA.load', source, 'PCA')));
  }

  /**
   * Saves the model as a GraphModel, that `tf.loadGraphModel` opens too: there `predict(x)` gives `{ coordinates }`, and
   * `execute({ z }, 'reconstruction')` the way back.
   *
   * @param target a folder in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws InputError for a target that is none; the store's own error where it fails
   * @example
   * await model.save('my-model');
   */
  async save(target: ModelTarget): Promise<io.SaveResult> {
    this.#owned.check('save');
    return saveModel('PCA.save', target, toRecord(this.#params, deviations(this.#params.variances)));
  }

  /**
   * Coordinates along the components; differentiable.
   *
   * @param x [N, D]
   * @returns [N, nComponents]
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  transform(x: Matrix): Tensor2D {
    return this.#rows('transform', x, (rows) =>
      div(pcaTransform(rows, { components: this.components, mean: this.#mean }), this.#deviations),
    );
  }

  /**
   * Rows from coordinates; differentiable.
   *
   * @param z [N, nComponents]
   * @returns [N, D], in the data's units
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  inverseTransform(z: Matrix): Tensor2D {
    this.#owned.check('inverseTransform');
    const zero = new Float64Array(this.nComponents);
    return mapRows(
      'PCA.inverseTransform: z',
      z,
      zero,
      this.nFeatures,
      (rows) => add(matMul(mul(rows, this.#deviations) as Tensor2D, this.components), this.mean) as Tensor2D,
    );
  }

  /**
   * Log density of each row under probabilistic PCA, in nats; differentiable.
   *
   * @param x [N, D]
   * @returns [N]
   * @throws NumericalError where some direction has no variance; InputError as transform
   */
  scoreSamples(x: Matrix): Tensor1D {
    return this.#density('scoreSamples', x);
  }

  /**
   * Mean log density; differentiable.
   *
   * @param x [N, D]
   * @returns nats a row
   * @throws NumericalError and InputError as scoreSamples
   */
  score(x: Matrix): Scalar {
    return tidy(() => accurateMean(this.#density('score', x)));
  }

  /** Wᵀ diag(λ - noise) W + noise I, scikit-learn's get_covariance without whitening. @returns [D, D] */
  covariance(): Tensor2D {
    this.#owned.check('covariance');
    return this.#matrix(this.#variances(), this.noiseVariance);
  }

  /** The inverse of `covariance()`, scikit-learn's get_precision. @returns [D, D] @throws NumericalError as scoreSamples */
  precision(): Tensor2D {
    this.#owned.check('precision');
    const inverses = this.#positive('precision').map((value) => 1 / value);
    return this.#matrix(inverses, this.nComponents < this.nFeatures ? 1 / this.noiseVariance : 0);
  }

  /** Frees the model's tensors; twice is fine. */
  dispose(): void {
    this.#owned.dispose();
  }

  #density(method: string, x: Matrix): Tensor1D {
    const density = { components: this.components, mean: this.#mean, noise: this.noiseVariance };
    return this.#rows(method, x, (rows) =>
      logDensity(rows, { ...density, variances: this.#positive(method) }),
    );
  }

  #rows<T extends Tensor1D | Tensor2D>(method: string, x: Matrix, f: (rows: Tensor2D) => T): T {
    this.#owned.check(method);
    return mapRows(`PCA.${method}: x`, x, this.origin, 3 * this.nFeatures, f);
  }

  #matrix(values: Float64Array, base: number): Tensor2D {
    const d = this.nFeatures;
    return tensor2d(Float32Array.from(spectralMatrix(this.#params.components, values, base, d)), [d, d]);
  }

  /** Variances along the components, none below the noise that every direction has. */
  #variances(): Float64Array {
    return this.#params.variances.map((value) => Math.max(value, this.noiseVariance));
  }

  #positive(method: string): Float64Array {
    const variances = this.#variances();
    if (
      (this.nComponents < this.nFeatures && this.noiseVariance < SMALLEST) ||
      variances.some((value) => value < SMALLEST)
    ) {
      throw new NumericalError(
        `PCA.${method}: the covariance is singular (${this.nComponents} of ${this.nFeatures} components, noiseVariance ${this.noiseVariance}): some direction has next to no variance. Keep fewer components, scale x up if it is tiny, or drop features that depend on others.`,
      );
    }
    return variances;
  }
}

type Solver = PCASettings['solver'];

/** scikit-learn's 'auto'. */
function chooseSolver(solver: Solver | 'auto', wanted: number | 'mle', n: number, d: number): Solver {
  if (solver !== 'auto') return solver;
  if (d <= 1000 && n >= 10 * d) return 'covariance';
  if (Math.max(n, d) <= 500 || wanted === 'mle') return 'full';
  return wanted >= 1 && wanted < 0.8 * Math.min(n, d) ? 'randomized' : 'full';
}

function refuse(wanted: number | 'mle', solver: Solver, n: number, d: number): void {
  if (n < 2) throw new InputError(`PCA.fit: x has ${n} row; a variance needs at least 2.`);
  if (wanted === 'mle' && n < d) {
    throw new InputError(
      `PCA.fit: nComponents 'mle' needs at least as many rows as features; x is [${n}, ${d}].`,
    );
  }
  if (solver === 'randomized' && (wanted === 'mle' || wanted < 1)) {
    throw new InputError(
      `PCA.fit: nComponents ${checks.show(wanted)} needs all variances, which solver 'randomized' does not find; use 'full' or 'covariance'.`,
    );
  }
  if (wanted !== 'mle' && wanted > Math.min(n, d)) {
    throw new InputError(
      `PCA.fit: nComponents is ${wanted} and x is [${n}, ${d}]; ask for at most ${Math.min(n, d)}.`,
    );
  }
}

async function decompose(
  source: Source,
  settings: PCASettings,
  pace: Pace,
): Promise<{ rows: ShiftedRows; spectrum: Spectrum }> {
  const { solver, nComponents, nOversamples, nPowerIter, seed } = settings;
  const where = 'PCA.fit: x';
  if (solver === 'covariance') return covarianceSpectrum(where, source, nComponents, pace);
  const rows = await rowsOf(where, source, (d) => 2 * d, pace);
  if (solver === 'full') return { rows, spectrum: await fullSpectrum(rows, pace) };
  const random = new RandomState(seed);
  const powers = { nOversamples, nPowerIter };
  const spectrum = await randomizedSpectrum(rows, nComponents as number, powers, random, pace);
  return { rows, spectrum };
}

/** The leading components, and the mean of what is left. */
function keep(
  spectrum: Spectrum,
  rows: ShiftedRows,
  wanted: number | 'mle',
): Omit<Params, 'whiten' | 'options'> {
  const { nRows: n, nFeatures: d, origin } = rows;
  const most = Math.min(n, d);
  const { mean, total, outside } = spectrum;
  const k = chooseDimension(wanted, spectrum, n, most);
  const components = spectrum.vectors.slice(0, k * d);
  fixSigns(components, d);
  const variances = spectrum.variances.slice(0, k);
  const left = spectrum.variances.subarray(k).reduce((a, b) => a + b, outside);
  return {
    origin,
    mean,
    components,
    variances,
    noise: k < most ? left / (most - k) : 0,
    ratio: variances.map((value) => (total > 0 ? value / total : 0)),
    singular: variances.map((value) => Math.sqrt(value * (n - 1))),
  };
}

function deviations(variances: Float64Array): Float64Array {
  const least = LEAST_DEVIATION ** 2 * Math.max(...variances);
  return variances.map((value) => {
    const variance = Math.max(value, least);
    return variance < SMALLEST ? 1 : Math.sqrt(variance);
  });
}

function refuseSkewed(w: Float64Array, m: number, d: number): void {
  const skewed = firstSkewed(w, m, d);
  if (skewed)
    throw new InputError(
      `PCA.fromParams: components must be orthonormal; ${skewed}. Orthonormalise them first.`,
    );
}
