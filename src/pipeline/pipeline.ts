/**
 * Models one after the other: each PCA hands its coordinates to the next, the last one answers. scikit-learn's counterpart:
 * sklearn.pipeline.Pipeline.
 */
import { tidy, type io, type Scalar, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { KMeans } from '../cluster/kmeans.js';
import { show } from '../core/checks.js';
import { InputError, ModelFormatError } from '../core/errors.js';
import type { Matrix } from '../core/source.js';
import { PCA } from '../decomposition/pca.js';
import type { ModelFile } from '../graph/read.js';
import { recordOf } from '../graph/record.js';
import { openModel, saveModel, type ModelTarget } from '../graph/stores.js';
import { GaussianMixture } from '../mixture/gaussianMixture.js';

/** What a pipeline ends in. */
export type LastStep = KMeans | GaussianMixture | PCA;
/** PCAs, then any model. */
export type Steps = readonly [...PCA[], LastStep];

const isStep = (value: unknown): value is LastStep =>
  value instanceof PCA || value instanceof KMeans || value instanceof GaussianMixture;

function checkSteps(steps: unknown): asserts steps is Steps {
  if (!Array.isArray(steps) || steps.length === 0) {
    throw new InputError(`pipeline: the steps must be a list of at least one model; got ${show(steps)}.`);
  }
  steps.forEach((step: unknown, i) => {
    const isLast = i === steps.length - 1;
    if (isLast ? !isStep(step) : !(step instanceof PCA)) {
      const must = isLast
        ? 'a PCA, a KMeans or a GaussianMixture'
        : 'a PCA, for only the last step may be another model';
      throw new InputError(`pipeline: step ${i} must be ${must}; got ${show(step)}.`);
    }
    const before = steps[i - 1] as PCA | undefined;
    const { nFeatures } = step as LastStep;
    if (before && before.nComponents !== nFeatures) {
      throw new InputError(
        `pipeline: step ${i} is of ${nFeatures} features and step ${i - 1} gives ${before.nComponents}; fit it on what comes before.`,
      );
    }
  });
}

/**
 * Puts models that are fitted one after the other. They stay yours: `dispose` them yourself.
 *
 * @param steps PCAs, then a PCA, a KMeans or a GaussianMixture that was fitted on the coordinates of the one before
 * @throws InputError for anything else, and widths that do not fit
 * @example
 * const pca = await PCA.fit(x, { nComponents: 2 });
 * const mixture = await GaussianMixture.fit(pca.transform(x), { nComponents: 3 });
 * const model = pipeline([pca, mixture]);
 * model.predictProba(x).print();
 */
export function pipeline<S extends Steps>(steps: S): Pipeline<S> {
  checkSteps(steps);
  return of(steps);
}

/** The class's constructor, which is private. */
let of: <S extends Steps>(steps: S) => Pipeline<S>;

type Answer = 'predict' | 'predictProba' | 'transform' | 'scoreSamples' | 'score';

/** Models one after the other, made by {@link pipeline} or loaded. Each method is the last step's. */
export class Pipeline<S extends Steps = Steps> {
  readonly steps: S;
  readonly nFeatures: number;
  readonly #owns: boolean;

  private constructor(steps: S, owns: boolean) {
    this.steps = Object.freeze([...steps]) as unknown as S;
    this.nFeatures = steps[0].nFeatures;
    this.#owns = owns;
  }

  static {
    of = (steps) => new Pipeline(steps, false);
  }

  /**
   * Loads a pipeline that `save` wrote. Its models belong to it: `dispose` frees them.
   *
   * @param source a folder or model.json in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws ModelFormatError for what is no pipeline, or a broken one; InputError where nothing lies
   * @example
   * const model = await Pipeline.load('models/mnist-gmm');
   */
  static async load(source: ModelTarget): Promise<Pipeline> {
    const file = await openModel('Pipeline.load', source, 'Pipeline');
    const steps: LastStep[] = [];
    try {
      for (const step of file.steps()) steps.push(await loadStep(step));
      checkSteps(steps);
      return new Pipeline(steps as unknown as Steps, true);
    } catch (error) {
      for (const step of steps) step.dispose();
      throw error instanceof InputError ? file.broken(error.message.replace(/\.$/, '')) : error;
    }
  }

  /** Labels of the last step. @param x [N, D] @returns [N] int32 @throws InputError where that is a PCA */
  predict(x: Matrix): Tensor1D {
    return this.#answer('predict', x);
  }

  /** Probabilities of the last step; differentiable. @returns [N, K] @throws InputError where that is a PCA */
  predictProba(x: Matrix): Tensor2D {
    return this.#answer('predictProba', x);
  }

  /** Coordinates or distances of the last step; differentiable. @returns [N, K] @throws InputError where that is a mixture */
  transform(x: Matrix): Tensor2D {
    return this.#answer('transform', x);
  }

  /** Log densities of the last step's input, in nats; differentiable. @returns [N] @throws InputError where that is a KMeans */
  scoreSamples(x: Matrix): Tensor1D {
    return this.#answer('scoreSamples', x);
  }

  /** The last step's score of its input; differentiable. */
  score(x: Matrix): Scalar {
    return this.#answer('score', x);
  }

  /**
   * Rows from coordinates: back through every PCA; differentiable.
   *
   * @param z [N, coordinates of the last PCA]
   * @returns [N, D]
   * @throws InputError where there is no PCA
   */
  inverseTransform(z: Matrix): Tensor2D {
    const back = this.steps.filter((step) => step instanceof PCA).reverse();
    if (back.length === 0)
      throw new InputError('Pipeline.inverseTransform: there is no PCA to go back through.');
    return tidy(() => back.reduce<Matrix>((at, step) => step.inverseTransform(at), z) as Tensor2D);
  }

  /**
   * Saves all of it as one GraphModel, that `tf.loadGraphModel` opens too: `predict(x)` gives what the last step's does, and
   * `execute({ z }, 'reconstruction')` the way back through every PCA.
   *
   * @param target a folder in Node (with `tfjs-latent/node` imported), a URL, or an IO handler of tfjs
   * @throws InputError for a target that is none; the store's own error where it fails
   */
  async save(target: ModelTarget): Promise<io.SaveResult> {
    const steps = await Promise.all(this.steps.map(recordOf));
    return saveModel('Pipeline.save', target, { kind: 'Pipeline', params: {}, meta: {}, steps });
  }

  /** Frees the models of a pipeline that was loaded; those that it was made of stay. */
  dispose(): void {
    if (this.#owns) for (const step of this.steps) step.dispose();
  }

  #answer<T extends Tensor>(method: Answer, x: Matrix): T {
    const last = this.steps[this.steps.length - 1] as LastStep &
      Partial<Record<Answer, (x: Matrix) => Tensor>>;
    if (!last[method]) {
      throw new InputError(`Pipeline.${method}: the last step, a ${kindOf(last)}, has no ${method}.`);
    }
    const before = this.steps.slice(0, -1) as PCA[];
    return tidy(() => last[method]!(before.reduce<Matrix>((at, step) => step.transform(at), x)) as T);
  }
}

const kindOf = (step: LastStep): string =>
  step instanceof PCA ? 'PCA' : step instanceof KMeans ? 'KMeans' : 'GaussianMixture';

function loadStep(file: ModelFile): Promise<LastStep> {
  const source = file as unknown as ModelTarget;
  if (file.kind === 'PCA') return PCA.load(source);
  if (file.kind === 'KMeans') return KMeans.load(source);
  if (file.kind === 'GaussianMixture') return GaussianMixture.load(source);
  throw new ModelFormatError(`${file.where}: there is no model of kind ${show(file.kind)}.`);
}
