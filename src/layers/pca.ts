/**
 * Principal components as a layer: rows x [N, D] to coordinates z = W (x - m) [N, M], or to their reconstruction Wᵀ z + m.
 *
 * The weights are any A [M, D] of full rank; the components are its rows made orthonormal, W = L⁻¹ A with L Lᵀ = A Aᵀ
 * (Cholesky QR), so that whatever an optimizer does to A, W Wᵀ = I. Of orthonormal rows W is A itself.
 */
import { add, matMul, serialization, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import * as checks from '../core/checks.js';
import { InputError } from '../core/errors.js';
import { op } from '../core/op.js';
import { mapRows } from '../core/rows.js';
import { PCA, pcaTransform } from '../decomposition/pca.js';
import { recordOf } from '../graph/record.js';
import { cholesky, triangularSolve } from '../linalg/index.js';
import * as layer from './layer.js';

/** Arguments of {@link PrincipalComponents}. */
export interface PrincipalComponentsArgs extends layer.LayerArgs {
  /** M, at most D */
  nComponents: number;
  /** z [N, M], or the rows [N, D] that the components make of it. Default 'coordinates'. */
  output?: 'coordinates' | 'reconstruction';
  /** [D] What rows and mean are taken relative to; 0. */
  origin?: layer.Origin;
}

const RULES: Record<string, checks.Rule> = {
  nComponents: checks.integer(1),
  output: checks.oneOf('coordinates', 'reconstruction'),
};

const orthonormalised = op('orthonormalised', (a: Tensor): Tensor2D => {
  const l = cholesky(matMul(a as Tensor2D, a as Tensor2D, false, true)); // [M, M]
  return triangularSolve(l, a) as Tensor2D; // [M, D]
});

/**
 * The layer. Its weights are A [M, D] and the mean [D], relative to `origin`; with `trainable: false` it keeps those of the
 * model that it comes from. Coordinates are not whitened.
 *
 * @example
 * const pca = await PCA.fit([[0, 0], [1, 2], [2, 4], [3, 7]], { nComponents: 1 });
 * const layer = await PrincipalComponents.fromModel(pca, { output: 'reconstruction' });
 * const near = layer.apply(tf.tensor2d([[1, 1]]));
 */
export class PrincipalComponents extends layers.Layer {
  static readonly className = 'PrincipalComponents';
  readonly nComponents: number;
  readonly outputKind: 'coordinates' | 'reconstruction';
  readonly origin: layer.Origin;
  #directions!: LayerVariable;
  #mean!: LayerVariable;
  #from!: Float64Array;

  /** @throws InputError for an argument that does not keep its rule */
  constructor(args: PrincipalComponentsArgs) {
    super(args);
    const { nComponents, output = 'coordinates', origin = null } = args;
    layer.checkArgs('PrincipalComponents', { nComponents, output, origin }, RULES);
    this.nComponents = nComponents;
    this.outputKind = output;
    this.origin = origin;
  }

  /**
   * A layer with the components and mean of a fitted model. It is yours: `dispose()` frees it, after the models that it is
   * part of.
   *
   * @param args those of the layer, less what the model says
   * @throws InputError for a model that whitens
   */
  static async fromModel(
    model: PCA,
    args: Omit<PrincipalComponentsArgs, 'nComponents' | 'origin' | 'weights'> = {},
  ): Promise<PrincipalComponents> {
    layer.checkModel('PrincipalComponents.fromModel', model, PCA);
    if (model.whiten) {
      throw new InputError(
        'PrincipalComponents.fromModel: the model whitens, which the layer does not; fit with whiten false.',
      );
    }
    const { origin, mean, components } = (await recordOf(model)).params;
    const [nComponents, d] = components.shape as [number, number];
    const given = { inputShape: [d], ...args, nComponents, origin: Array.from(origin.values) };
    return layer.withWeights(new PrincipalComponents(given), d, () => [
      tensor2d(Float32Array.from(components.values), [nComponents, d]),
      tensor1d(Float32Array.from(mean.values)),
    ]);
  }

  /**
   * The PCA of the layer's components.
   *
   * @param variances explainedVariance [M] of the data along them, which the layer does not know; noiseVariance (0)
   * @throws InputError before the layer has weights, and for bad variances
   */
  async toModel(variances: { explainedVariance: ArrayLike<number>; noiseVariance?: number }): Promise<PCA> {
    layer.refuseUnbuilt('PrincipalComponents.toModel', this);
    const components = orthonormalised(this.#directions.read());
    const relative = await this.#mean.read().data<'float32'>();
    try {
      const mean = layer.inDataUnits(relative, this.#from).values;
      return await PCA.fromParams({ ...variances, components, mean });
    } finally {
      components.dispose();
    }
  }

  override build(inputShape: Shape | Shape[]): void {
    const what = 'PrincipalComponents';
    const [m, d] = [this.nComponents, layer.inputShapeOf(what, inputShape)[1]!];
    if (m > d)
      throw new InputError(
        `${what}: nComponents is ${m}, and the rows have ${d} columns; ask for at most ${d}.`,
      );
    this.#from = layer.originOf(what, this.origin, d);
    const normal = initializers.randomNormal({ mean: 0, stddev: 1 });
    this.#directions = this.addWeight('directions', [m, d], 'float32', normal);
    this.#mean = this.addWeight('mean', [d], 'float32', initializers.zeros());
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [n, d] = layer.inputShapeOf('PrincipalComponents', inputShape);
    return [n, this.outputKind === 'coordinates' ? this.nComponents : d];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const mean = this.#mean.read() as Tensor1D;
    const x = layer.rowsOf('PrincipalComponents', inputs);
    return mapRows('PrincipalComponents: the input', x, this.#from, 3 * mean.size, (rows) => {
      const components = orthonormalised(this.#directions.read()); // [M, D]
      const z = pcaTransform(rows, { components, mean }); // [N, M]
      if (this.outputKind === 'coordinates') return z;
      const center = add(mean, tensor1d(Float32Array.from(this.#from)));
      return add(matMul(z, components), center) as Tensor2D;
    });
  }

  override getConfig(): serialization.ConfigDict {
    const { nComponents, outputKind: output, origin } = this;
    return { ...super.getConfig(), nComponents, output, origin: origin && [...origin] };
  }
}

serialization.registerClass(PrincipalComponents, 'tfjs-latent');
