/**
 * A Gaussian mixture as layers, of weights that any optimizer may move freely: log-weights a [K] with w = softmax(a), means
 * μ [K, D], and the precisions' Cholesky factors P (Σ⁻¹ = P Pᵀ, upper triangular) with the logarithms of their diagonals.
 */
import {
  add,
  cast,
  exp,
  logSoftmax,
  mul,
  ones,
  serialization,
  softmax,
  tensor,
  tidy,
  where,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import * as checks from '../core/checks.js';
import { mapRows } from '../core/rows.js';
import { recordOf } from '../graph/record.js';
import { COVARIANCES, type CovarianceType } from '../mixture/covariance.js';
import { GaussianMixture, gaussianMixtureLogProb } from '../mixture/gaussianMixture.js';
import * as layer from './layer.js';

/** Arguments of {@link GaussianMixtureLogProb} and {@link GaussianMixtureResponsibilities}. */
export interface GaussianMixtureArgs extends layer.LayerArgs {
  /** K */
  nComponents: number;
  /** Default 'full'. */
  covarianceType?: CovarianceType;
  /** [D] What rows and means are taken relative to; 0. */
  origin?: layer.Origin;
}

/** Arguments beside what a fitted model says. */
export type FromMixtureArgs = Omit<
  GaussianMixtureArgs,
  'nComponents' | 'covarianceType' | 'origin' | 'weights'
>;

const RULES: Record<string, checks.Rule> = {
  nComponents: checks.integer(1),
  covarianceType: checks.oneOf(...Object.keys(COVARIANCES)),
};

/**
 * Weighted log densities of the components, log w_k + log N(x | μ_k, Σ_k): rows [N, D] to [N, K]. Their logsumexp is the
 * mixture's log density, and minus that the loss `negativeLogLikelihood`.
 *
 * Three weights, in this order: log-weights [K] (any, of which the softmax is taken), means [K, D] relative to `origin`, and
 * the factors by covariance type with log P_jj on their diagonals: [K, D, D] or [D, D] (what lies below the diagonal is not
 * read), [K, D] or [K]. A new layer has equal weights, unit covariances, and means from a standard normal distribution.
 *
 * @example
 * const mixture = await GaussianMixture.fit([[0], [0.1], [5], [5.1]], { nComponents: 2, seed: 42 });
 * const layer = await GaussianMixtureLogProb.fromModel(mixture);
 * const logProb = layer.apply(tf.tensor2d([[0.2]]));
 */
export class GaussianMixtureLogProb extends layers.Layer {
  static readonly className: string = 'GaussianMixtureLogProb';
  readonly nComponents: number;
  readonly covarianceType: CovarianceType;
  readonly origin: layer.Origin;
  #logWeights!: LayerVariable;
  #means!: LayerVariable;
  #factors!: LayerVariable;
  #from!: Float64Array;

  /** @throws InputError for an argument that does not keep its rule */
  constructor(args: GaussianMixtureArgs) {
    super(args);
    const { nComponents, covarianceType = 'full', origin = null } = args;
    layer.checkArgs(this.getClassName(), { nComponents, covarianceType, origin }, RULES);
    this.nComponents = nComponents;
    this.covarianceType = covarianceType;
    this.origin = origin;
  }

  /**
   * A layer with the parameters of a fitted model; a component of weight 0 has the log-weight -Infinity, and keeps it. It is yours: `dispose()` frees it, after the
   * models that it is part of.
   *
   * @param args those of the layer, less what the model says
   */
  static async fromModel<L extends GaussianMixtureLogProb>(
    this: new (args: GaussianMixtureArgs) => L,
    model: GaussianMixture,
    args: FromMixtureArgs = {},
  ): Promise<L> {
    layer.checkModel('fromModel', model, GaussianMixture);
    const { covarianceType } = model;
    const { params, derived } = await recordOf(model);
    const [k, d] = params.means.shape as [number, number];
    const { shape, isotropic } = COVARIANCES[covarianceType];
    const diagonal = isotropic(k, d, 1);
    const factors = Float32Array.from(derived!.factor.values, (p, at) => (diagonal[at] ? Math.log(p) : p));
    const origin = Array.from(params.origin.values);
    const given = { inputShape: [d], ...args, nComponents: k, covarianceType, origin };
    return layer.withWeights(new this(given), d, () => [
      tensor(Float32Array.from(params.weights.values, Math.log), [k]),
      tensor(Float32Array.from(params.means.values), [k, d]),
      tensor(factors, shape(k, d)),
    ]);
  }

  /** The mixture of the layer's parameters. @throws InputError before the layer has weights */
  async toModel(): Promise<GaussianMixture> {
    layer.refuseUnbuilt(`${this.getClassName()}.toModel`, this);
    const [k, d] = this.#means.shape as [number, number];
    const { shape, isotropic } = COVARIANCES[this.covarianceType];
    const diagonal = isotropic(k, d, 1);
    const read = (variable: LayerVariable) => variable.read().data<'float32'>();
    const logWeights = await read(this.#logWeights);
    const factors = await read(this.#factors);
    const largest = logWeights.reduce((a, b) => Math.max(a, b));
    const shares = Float64Array.from(logWeights, (a) => Math.exp(a - largest));
    const total = shares.reduce((a, b) => a + b, 0);
    const values = Float64Array.from(factors, (p, at) => (diagonal[at] ? Math.exp(p) : p));
    const params = {
      weights: shares.map((share) => share / total),
      means: layer.inDataUnits(await read(this.#means), this.#from),
      precisionsCholesky: { values, shape: shape(k, d) },
    };
    return GaussianMixture.fromParams(params, this.covarianceType);
  }

  override build(inputShape: Shape | Shape[]): void {
    const what = this.getClassName();
    const d = layer.inputShapeOf(what, inputShape)[1]!;
    const k = this.nComponents;
    const shape = COVARIANCES[this.covarianceType].shape(k, d);
    const normal = initializers.randomNormal({ mean: 0, stddev: 1 });
    this.#from = layer.originOf(what, this.origin, d);
    this.#logWeights = this.addWeight('logWeights', [k], 'float32', initializers.zeros());
    this.#means = this.addWeight('means', [k, d], 'float32', normal);
    this.#factors = this.addWeight('factors', shape, 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [layer.inputShapeOf(this.getClassName(), inputShape)[0], this.nComponents];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const what = this.getClassName();
    const logWeights = this.#logWeights.read() as Tensor1D;
    const means = this.#means.read() as Tensor2D;
    const raw = this.#factors.read();
    return mapRows(`${what}: the input`, layer.rowsOf(what, inputs), this.#from, 3 * means.size, (rows) => {
      const precisionsCholesky = positiveDiagonal(raw, this.covarianceType, means.shape);
      // Weights of 1 here, and their logarithms after: one that is 0 in float32 has slopes then too.
      const params = { weights: ones([this.nComponents]) as Tensor1D, means, precisionsCholesky };
      const logDensities = gaussianMixtureLogProb(rows, params, this.covarianceType); // [N, K]
      return add(logDensities, logSoftmax(logWeights)) as Tensor2D;
    });
  }

  override getConfig(): serialization.ConfigDict {
    const { nComponents, covarianceType, origin } = this;
    return { ...super.getConfig(), nComponents, covarianceType, origin: origin && [...origin] };
  }
}

/** P of a factor that is held with the logarithms of its diagonal. */
function positiveDiagonal(raw: Tensor, covarianceType: CovarianceType, [k, d]: [number, number]): Tensor {
  const { isotropic, shape } = COVARIANCES[covarianceType];
  const diagonal = tensor(isotropic(k, d, 1), shape(k, d));
  // What is beside the diagonal is not raised: exp of a large one is infinite, and its slope NaN.
  return where(cast(diagonal, 'bool'), exp(mul(raw, diagonal)), raw);
}

/**
 * Responsibilities, the probability of each component given the row: rows [N, D] to [N, K], each of sum 1. The softmax of
 * {@link GaussianMixtureLogProb}, whose arguments and weights it has.
 *
 * @example
 * const layer = await GaussianMixtureResponsibilities.fromModel(mixture);
 */
export class GaussianMixtureResponsibilities extends GaussianMixtureLogProb {
  static override readonly className: string = 'GaussianMixtureResponsibilities';

  override call(inputs: Tensor | Tensor[]): Tensor {
    return tidy(() => softmax(super.call(inputs)));
  }
}

serialization.registerClass(GaussianMixtureLogProb, 'tfjs-latent');
serialization.registerClass(GaussianMixtureResponsibilities, 'tfjs-latent');
