/**
 * K-means: K centres c_k [D] that make the inertia Σ_i w_i min_k |x_i - c_k|² a local minimum.
 *
 * Rows x [N, D], weights w [N], labels [N]. Each iteration gives every row to its nearest centre and moves every centre
 * to the mean of its rows (Lloyd 1982). scikit-learn's counterpart: sklearn.cluster.KMeans.
 */
import {
  abs,
  add,
  div,
  expandDims,
  fill,
  greater,
  isNaN,
  max,
  min,
  mul,
  onesLike,
  reshape,
  softmax,
  sqrt,
  square,
  step,
  sub,
  sum,
  tensor1d,
  tensor2d,
  where,
  type io,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { accurateMean } from '../core/accurateMean.js';
import * as checks from '../core/checks.js';
import { InputError } from '../core/errors.js';
import { iterate, pacer, type FitEvents, type Pace, type Run } from '../core/iterate.js';
import { op } from '../core/op.js';
import { release } from '../core/read.js';
import { Owned } from '../core/owned.js';
import { RandomState, anySeed } from '../core/random.js';
import { comparable, rowScale } from '../core/rowScale.js';
import { readMatrix, readWeights } from '../core/given.js';
import { fitRows, inDataUnits, mapRows, rowsOf } from '../core/rows.js';
import { sourceOf } from '../core/source.js';
import type { Rows } from '../core/rows.js';
import type { Matrix, Weights } from '../core/source.js';
import { describe } from '../graph/record.js';
import { openModel, saveModel, type ModelTarget } from '../graph/stores.js';
import { fromRecord, SETTINGS, toRecord, type Fitted, type KMeansSettings } from './file.js';
import { nearest, type Centers } from './lloyd.js';
import { lloydStep, passesOf, type Algorithm } from './passes.js';
import { withProblem, type Problem } from './problem.js';
import { isRenamed } from './renamed.js';
import { kMeansPlusPlus, randomRows } from './seeding.js';
import { randomSwap } from './swap.js';

/** Options of {@link KMeans.fit}; the defaults are scikit-learn's. */
export interface KMeansOptions extends FitEvents {
  /** K; 8, or the number of rows of a given `init`. */
  nClusters?: number;
  /**
   * 'k-means++' (greedy), 'random' (rows), 'random-swap' (the better of two searches: k-means++, then K swaps of a
   * centre for a row, kept where up to ten iterations lower the inertia; Fränti 2018), or the centres themselves [K, D].
   * Default 'k-means++': it begins where scikit-learn does.
   */
  init?: 'k-means++' | 'random' | 'random-swap' | Matrix;
  /** Restarts, of which the one of lowest inertia is kept; 'auto': 1, but 10 for 'random'. */
  nInit?: number | 'auto';
  /** Iterations of one restart, at most. Default 300. */
  maxIter?: number;
  /** Stops when Σ |move of a centre|² is at most tol times the mean variance of the features. Default 1e-4. */
  tol?: number;
  /**
   * How passes are done; the clusters are the same. 'lloyd': all distances, in each. 'elkan': those of the rows whose bounds
   * do not show that they stay. 'auto', the default: what is faster, as the guide Backends says. On the host always bounds.
   */
  algorithm?: 'auto' | 'lloyd' | 'elkan';
  /** [N] Weights of the rows, 0 or more. */
  sampleWeight?: Weights;
  /** 0 … 2³² - 1. The same seed gives the same start as scikit-learn's random_state. */
  seed?: number;
  /** [D] Names of the features: kept with the model, and saved. */
  featureNames?: readonly string[];
}

/** A mean within so many deviations of 0 costs distances a digit, and its subtraction most of the time of a pass. */
const NEAR = 3;

const RULES: Record<string, checks.Rule> = {
  ...SETTINGS,
  init: checks.either(checks.oneOf('k-means++', 'random', 'random-swap'), checks.matrix),
  nInit: checks.either(checks.integer(1), checks.oneOf('auto')),
  sampleWeight: checks.something,
  featureNames: checks.names,
  ...checks.eventRules,
};

/** What float32 can divide by. */
const TEMPERATURE = checks.from(1e-38, 1e38);

/** A row farther than this from the centres is measured in larger units: float32 cannot square it. */
const largest = (): number => comparable(1e17);
const scaleOf = (x: Tensor2D, centers: Tensor2D): Tensor2D => rowScale(x, centers, largest());

/** Squared distances by differences, in units of `scale`: right to float32's last digits also where they are small. [N, K] */
const squaredDifferences = (x: Tensor2D, centers: Tensor2D, scale: Tensor2D): Tensor2D =>
  sum(square(div(sub(expandDims(x, 1), expandDims(centers, 0)), expandDims(scale, 2))), 2);

/**
 * Soft assignment of rows to centres: the softmax over k of -|x - c_k|² / temperature. Differentiable in `x` and
 * `clusterCenters`; as the temperature goes to 0 it becomes K-means' labels, one-hot.
 *
 * @param x [N, D]
 * @param clusterCenters [K, D]
 * @param temperature in squared units of x
 * @returns [N, K], rows sum to 1
 * @throws InputError for another shape or dtype, and a temperature that is not above 0
 * @example
 * const p = softAssign(tf.tensor2d([[0, 0], [4, 4]]), tf.tensor2d([[0, 1], [4, 3]]), 0.5);
 */
export const softAssign = op(
  'softAssign',
  (x: Tensor2D, clusterCenters: Tensor2D, temperature: number = 1): Tensor2D => {
    checks.checkTensor('softAssign: x', x, ['N', 'D']);
    checks.checkTensor('softAssign: clusterCenters', clusterCenters, ['K', x.shape[1]]);
    checks.check('softAssign: temperature', temperature, TEMPERATURE);
    const scale = scaleOf(x, clusterCenters); // [N, 1]
    const distances = squaredDifferences(x, clusterCenters, scale); // [N, K]
    // Less the nearest one: their quotients by a low temperature may all be beyond float32.
    const below = mul(mul(sub(min(distances, 1, true), distances), scale), scale);
    return softmax(div(below, temperature));
  },
);

/** √d, with the gradient 0 (not NaN) where d is 0: a row that lies on its centre. */
function safeSqrt(d: Tensor2D): Tensor2D {
  const apart = step(d); // 1 where d > 0, else 0; of gradient 0
  return mul(apart, sqrt(add(d, sub(1, apart))));
}

interface Restart extends Pick<Run<Centers>, 'nIter' | 'converged' | 'history'> {
  readonly centers: Centers;
  /** [M] Of the rows that passes run over. */
  readonly labels: Int32Array;
  readonly inertia: number;
}

interface LloydOptions {
  readonly maxIter: number;
  readonly tol: number;
  readonly algorithm: Algorithm;
}

/** One restart from given centres, to labels and inertia of its final centres. */
async function runLloyd(
  problem: Problem,
  start: Centers,
  { maxIter, tol, algorithm }: LloydOptions,
  init: number,
  events: FitEvents,
): Promise<Restart> {
  const { rows } = problem;
  const passes = passesOf(problem, start.length / rows.nFeatures, algorithm);
  const tolerance = (tol * rows.variances.reduce((a, b) => a + b, 0)) / rows.nFeatures;
  const step = (centers: Centers, most: number) => lloydStep(passes, centers, most, tolerance);
  const report = (centers: Centers) => ({ clusterCenters: inDataUnits(centers, rows.origin) });
  // Passes by tensors or on the host may still look at the last centres.
  const replaced = problem.laid ? release : undefined;
  try {
    const run = await iterate(init, start, step, maxIter, events, report, replaced);
    const inertia = passes.known?.(run.params) ?? (await passes.assign(run.params)).inertia;
    const { params: centers, nIter, converged, history } = run;
    return { centers, labels: await passes.labels(), inertia, nIter, converged, history };
  } finally {
    passes.dispose();
  }
}

/** Of all N rows, where equal ones were clustered as one. */
function ofEachRow(labels: Int32Array, { passRows: { map } }: Problem): Int32Array {
  if (!map) return labels;
  const out = new Int32Array(map.length);
  for (let i = 0; i < out.length; i++) out[i] = labels[map[i]]; // a third of the time that `map` takes
  return out;
}

/** Labels of one K-means restart from k-means++ with its defaults: the start of a mixture. */
export async function kMeansLabels(
  rows: Rows,
  k: number,
  weight: Float64Array | null,
  random: RandomState,
  pace: Pace,
): Promise<Int32Array> {
  return withProblem(rows, k, weight, pace, async (problem) => {
    const start = await rows.at(await kMeansPlusPlus(problem, k, random));
    const { labels } = await runLloyd(problem, start, { maxIter: 300, tol: 1e-4, algorithm: 'auto' }, 0, {});
    return ofEachRow(labels, problem);
  });
}

async function startCenters(
  problem: Problem,
  k: number,
  init: 'k-means++' | 'random' | 'random-swap' | Matrix,
  random: RandomState,
): Promise<Centers> {
  const { rows } = problem;
  if (typeof init !== 'string') return readMatrix('KMeans.fit: init', init, rows.origin);
  if (init === 'random-swap') return randomSwap(problem, k, random);
  const seeding = init === 'random' ? randomRows : kMeansPlusPlus;
  return rows.at(await seeding(problem, k, random));
}

/** K as asked for, held against the start and the data. */
function clusterCount(options: KMeansOptions, nRows: number): number {
  const { init, nClusters } = options;
  const given =
    init === undefined || typeof init === 'string' ? undefined : sourceOf('KMeans.fit: init', init).nRows;
  const k = nClusters ?? given ?? 8;
  if (given !== undefined && given !== k) {
    throw new InputError(
      `KMeans.fit: init has ${given} rows where nClusters is ${k}; give one row for each cluster.`,
    );
  }
  if (k > nRows) {
    throw new InputError(`KMeans.fit: nClusters is ${k} and x has ${nRows} rows; ask for at most ${nRows}.`);
  }
  return k;
}

/** A fitted K-means model. Immutable; its tensors live until `dispose()`. */
export class KMeans {
  readonly nClusters: number;
  readonly nFeatures: number;
  /** [D] Params are held relative to it and reported as origin + params. */
  readonly origin: Float64Array;
  /** [K, D] */
  readonly clusterCenters: Tensor2D;
  /** [N] int32, of the rows it was fitted on; null from params. */
  readonly labels: Tensor1D | null;
  /** Σ w |x - c|² of the final labels, in squared units of x; null from params. */
  readonly inertia: number | null;
  /** Iterations of the best restart; null from params. */
  readonly nIter: number | null;
  /** Whether the best restart stopped before maxIter; null from params. */
  readonly converged: boolean | null;
  /** Inertia after each iteration of the best restart, of its labels about the moved centres; null from params. */
  readonly history: readonly number[] | null;
  /** What it was fitted with; null from params. */
  readonly options: KMeansSettings | null;
  readonly #owned = new Owned('KMeans');
  readonly #fitted: Fitted;
  readonly #centers: Tensor2D; // relative to origin

  private constructor(fitted: Fitted) {
    const { origin, centers, labels } = fitted;
    const shape: [number, number] = [centers.length / origin.length, origin.length];
    [this.nClusters, this.nFeatures] = shape;
    this.origin = origin;
    this.#centers = this.#owned.hold(() => tensor2d(Float32Array.from(centers), shape));
    this.clusterCenters = this.#owned.hold(() => tensor2d(inDataUnits(centers, origin), shape));
    this.labels = labels && this.#owned.hold(() => tensor1d(labels, 'int32'));
    this.inertia = fitted.inertia;
    this.nIter = fitted.nIter;
    this.converged = fitted.converged;
    this.history = fitted.history;
    this.options = fitted.options;
    this.#fitted = fitted;
    describe(this, () => toRecord(fitted, true));
  }

  /**
   * Fits K-means to the rows of `x`.
   *
   * Computed by kernels of ours, on the host or by tensor operations, as the guide Backends says: the answer is the same. A
   * float32 tensor is read where it lies; by tensor operations, if its means are within 3 deviations of 0, and otherwise they
   * are subtracted batch by batch.
   *
   * @param x [N, D]
   * @throws InputError for bad data or options; the signal's reason when it is aborted
   * @example
   * const model = await KMeans.fit([[0, 0], [0, 1], [9, 9], [9, 8]], { nClusters: 2, seed: 42 });
   * model.predict([[1, 1]]).print();
   */
  static async fit(x: Matrix, options: KMeansOptions = {}): Promise<KMeans> {
    checks.checkOptions('KMeans.fit', options, RULES);
    const { init = 'k-means++', nInit = 'auto', maxIter = 300, tol = 1e-4 } = options;
    const { algorithm = 'auto', seed = anySeed() } = options;
    const source = sourceOf('KMeans.fit: x', x);
    const { nRows, nFeatures } = source;
    const k = clusterCount(options, nRows);
    const featureNames = checks.featureNamesOf('KMeans.fit', options.featureNames, nFeatures);
    const pace = pacer(options.signal);
    await pace();
    const rows = await rowsOf('KMeans.fit: x', source, (d) => 2 * d + 3 * k, pace, NEAR);
    const weight = await readWeights('KMeans.fit: sampleWeight', options.sampleWeight, rows.nRows);
    const random = new RandomState(seed);
    const restarts = nInit === 'auto' ? (init === 'random' ? 10 : 1) : nInit;
    const best = await withProblem(rows, k, weight, pace, async (problem) => {
      let best: Restart | undefined;
      for (let i = 0; i < restarts; i++) {
        const start = await startCenters(problem, k, init, random);
        const fitted = await runLloyd(problem, start, { maxIter, tol, algorithm }, i, options);
        if (!best || (fitted.inertia < best.inertia && !isRenamed(fitted.labels, best.labels))) best = fitted;
      }
      return { ...best!, labels: ofEachRow(best!.labels, problem) };
    });
    const settings: KMeansSettings = {
      nClusters: k,
      init: typeof init === 'string' ? init : 'given',
      nInit: restarts,
      maxIter,
      tol,
      algorithm,
      seed,
      featureNames,
    };
    return new KMeans({ ...best, origin: rows.origin, options: settings });
  }

  /**
   * A model of given centres.
   *
   * @param params `clusterCenters` [K, D]
   * @throws InputError for bad centres
   * @example
   * const model = await KMeans.fromParams({ clusterCenters: [[0, 0], [4, 4]] });
   */
  static async fromParams(params: { clusterCenters: Matrix }): Promise<KMeans> {
    checks.check('KMeans.fromParams: the params', params, checks.record);
    checks.checkOptions('KMeans.fromParams', params, { clusterCenters: checks.matrix });
    const where = 'KMeans.fromParams: clusterCenters';
    const rows = await fitRows(where, params.clusterCenters, (d) => d, pacer());
    const centers = await readMatrix(where, params.clusterCenters, rows.origin);
    const unfitted = {
      labels: null,
      inertia: null,
      nIter: null,
      converged: null,
      history: null,
      options: null,
    };
    return new KMeans({ origin: rows.origin, centers, ...unfitted });
  }

  /**
   * Loads a model that `save` wrote: it answers to the last bit as the one that was saved.
   *
   * @param source a folder or model.json in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws ModelFormatError for what is no K-means model, or a broken one; InputError where nothing lies
   * @example
   * const model = await KMeans.load('models/blobs-kmeans');
   */
  static async load(source: ModelTarget): Promise<KMeans> {
    return new KMeans(fromRecord(await openModel('KMeans.load', source, 'KMeans')));
  }

  /**
   * Saves the model as a GraphModel, that `tf.loadGraphModel` opens too: there `predict(x)` gives
   * `{ labels, distances }`.
   *
   * @param target a folder in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @param options `labels`: whether the labels of the rows that it was fitted on are saved too (true)
   * @throws InputError for a target that is none; the store's own error where it fails
   * @example
   * await model.save('my-model');
   */
  async save(target: ModelTarget, options: { labels?: boolean } = {}): Promise<io.SaveResult> {
    this.#owned.check('save');
    checks.checkOptions('KMeans.save', options, { labels: checks.bool });
    return saveModel('KMeans.save', target, toRecord(this.#fitted, options.labels ?? true));
  }

  /**
   * Index of the nearest centre of each row; -1 for a row with NaN.
   *
   * @param x [N, D]
   * @returns [N] int32
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  predict(x: Matrix): Tensor1D {
    return this.#rows('predict', x, (rows) => labelsOf(rows, this.#centers));
  }

  /**
   * Euclidean distances of each row to the centres; differentiable.
   *
   * @param x [N, D]
   * @returns [N, K], in units of x
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  transform(x: Matrix): Tensor2D {
    return this.#rows('transform', x, (rows) => {
      const scale = scaleOf(rows, this.#centers);
      return mul(safeSqrt(squaredDifferences(rows, this.#centers, scale)), scale);
    });
  }

  /**
   * Softmax of minus squared distance over temperature: the differentiable relative of predict.
   *
   * @param x [N, D]
   * @param temperature in squared units of x
   * @returns [N, K], rows sum to 1
   * @throws InputError for another number of columns, a temperature that is not above 0, or after dispose()
   */
  predictProba(x: Matrix, temperature = 1): Tensor2D {
    checks.check('KMeans.predictProba: temperature', temperature, TEMPERATURE);
    return this.#rows('predictProba', x, (rows) => softAssign(rows, this.#centers, temperature));
  }

  /**
   * Minus the inertia of `x` about the centres; differentiable.
   *
   * @param x [N, D]
   * @returns in squared units of x
   * @throws InputError for another number of columns, plain numbers that are not finite, or after dispose()
   */
  score(x: Matrix): Scalar {
    const n = sourceOf('KMeans.score: x', x, this.origin).nRows;
    return scoreOf(() => this.#rows('score', x, (rows) => squaredError(rows, this.#centers)), n);
  }

  /** Frees the model's tensors; twice is fine. */
  dispose(): void {
    this.#owned.dispose();
  }

  #rows<T extends Tensor>(method: string, x: Matrix, f: (rows: Tensor2D) => T): T {
    this.#owned.check(method);
    return mapRows(`KMeans.${method}: x`, x, this.origin, 3 * this.nClusters * this.nFeatures, f);
  }
}

/** Squared distance to the nearest centre [N]; the choice of the centre carries no gradient. */
function squaredError(x: Tensor2D, centers: Tensor2D): Tensor1D {
  const scale = scaleOf(x, centers);
  const least = min(squaredDifferences(x, centers, scale), 1, true); // [N, 1]
  return reshape(mul(mul(least, scale), scale), [-1]);
}

const scoreOf = op('score', (errors: () => Tensor1D, n: number): Scalar => mul(accurateMean(errors()), -n));

/** argMin gives a NaN row some label, which differs between backends: such rows get -1. */
function labelsOf(x: Tensor2D, centers: Tensor2D): Tensor1D {
  const labels = nearest(nearer(x, centers), centers);
  return where(isNaN(sum(x, 1)), fill(labels.shape, -1, 'int32'), labels);
}

/** A row that float32 cannot square is drawn to a thousand times the centres' distance: its direction decides. */
function nearer(x: Tensor2D, centers: Tensor2D): Tensor2D {
  const scale = scaleOf(x, centers); // [N, 1]
  const shrink = div(largest() / 1e3, max(abs(centers)));
  return div(div(x, scale), where(greater(scale, 1), shrink, onesLike(scale)));
}
