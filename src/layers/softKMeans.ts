/**
 * Soft K-means as a layer: rows x [N, D] to their shares q [N, K] in K trainable centres c [K, D].
 *
 * gaussian: q_k ∝ exp(-|x - c_k|² / τ), which becomes K-means' labels as τ goes to 0. studentT: q_k ∝ 1 / (1 + |x - c_k|² / τ),
 * the kernel of Xie, Girshick and Farhadi, Unsupervised deep embedding for clustering analysis, ICML 2016, (1), with τ = 1.
 */
import {
  add,
  div,
  expandDims,
  reciprocal,
  serialization,
  square,
  sub,
  sum,
  tensor2d,
} from '@tensorflow/tfjs-core';
import type { Tensor, Tensor2D } from '@tensorflow/tfjs-core';
import { initializers, layers, type LayerVariable, type Shape } from '@tensorflow/tfjs-layers';
import { KMeans, softAssign } from '../cluster/kmeans.js';
import * as checks from '../core/checks.js';
import { op } from '../core/op.js';
import { mapRows } from '../core/rows.js';
import { recordOf } from '../graph/record.js';
import * as layer from './layer.js';

/** Arguments of {@link SoftKMeans}. */
export interface SoftKMeansArgs extends layer.LayerArgs {
  /** K */
  nClusters: number;
  /** τ, in squared units of the input. Default 1. */
  temperature?: number;
  /** How a share falls with the distance. Default 'gaussian'. */
  kernel?: 'gaussian' | 'studentT';
  /** Shares, or |x - c_k|² for {@link kMeansDistortion}. Default 'probabilities'. */
  output?: 'probabilities' | 'squaredDistances';
  /** [D] What rows and centres are taken relative to; 0. */
  origin?: layer.Origin;
}

const RULES: Record<string, checks.Rule> = {
  nClusters: checks.integer(1),
  temperature: checks.from(1e-38, 1e38),
  kernel: checks.oneOf('gaussian', 'studentT'),
  output: checks.oneOf('probabilities', 'squaredDistances'),
};

/** By differences: right to float32's last digits also where they are small. [N, K] */
const squaredDifferences = op('squaredDifferences', (x: Tensor2D, centers: Tensor2D): Tensor2D =>
  sum(square(sub(expandDims(x, 1), expandDims(centers, 0))), 2),
);

const studentAssign = op('studentAssign', (x: Tensor2D, centers: Tensor2D, temperature: number): Tensor2D => {
  const kernel = reciprocal(add(div(squaredDifferences(x, centers), temperature), 1)); // [N, K]
  return div(kernel, sum(kernel, 1, true));
});

/**
 * The layer. Its one weight is the centres [K, D], relative to `origin`; a new layer draws them from a standard normal
 * distribution, {@link SoftKMeans.fromModel} takes those of a fitted K-means. Give it to tf.sequential or tf.model as any
 * other; `loadLayersModel` knows it once this module is imported.
 *
 * @example
 * const kmeans = await KMeans.fit([[0, 0], [0, 1], [9, 9], [9, 8]], { nClusters: 2, seed: 42 });
 * const layer = await SoftKMeans.fromModel(kmeans, { temperature: 2 });
 * const shares = layer.apply(tf.tensor2d([[1, 1]]));
 */
export class SoftKMeans extends layers.Layer {
  static readonly className = 'SoftKMeans';
  readonly nClusters: number;
  readonly temperature: number;
  readonly kernel: 'gaussian' | 'studentT';
  readonly outputKind: 'probabilities' | 'squaredDistances';
  readonly origin: layer.Origin;
  #centers!: LayerVariable;
  #from!: Float64Array;

  /** @throws InputError for an argument that does not keep its rule */
  constructor(args: SoftKMeansArgs) {
    super(args);
    const { nClusters, temperature = 1, kernel = 'gaussian', output = 'probabilities', origin = null } = args;
    layer.checkArgs('SoftKMeans', { nClusters, temperature, kernel, output, origin }, RULES);
    this.nClusters = nClusters;
    this.temperature = temperature;
    this.kernel = kernel;
    this.outputKind = output;
    this.origin = origin;
  }

  /**
   * A layer with the centres of a fitted model. It is yours: `dispose()` frees it, after the
   * models that it is part of.
   *
   * @param args those of the layer, less what the model says
   */
  static async fromModel(
    model: KMeans,
    args: Omit<SoftKMeansArgs, 'nClusters' | 'origin' | 'weights'> = {},
  ): Promise<SoftKMeans> {
    layer.checkModel('SoftKMeans.fromModel', model, KMeans);
    const { origin, clusterCenters } = (await recordOf(model)).params;
    const [nClusters, d] = clusterCenters.shape as [number, number];
    const given = { inputShape: [d], ...args, nClusters, origin: Array.from(origin.values) };
    const centers = Float32Array.from(clusterCenters.values);
    return layer.withWeights(new SoftKMeans(given), d, () => [tensor2d(centers, [nClusters, d])]);
  }

  /** K-means of the layer's centres. @throws InputError before the layer has weights */
  async toModel(): Promise<KMeans> {
    layer.refuseUnbuilt('SoftKMeans.toModel', this);
    const centers = await this.#centers.read().data<'float32'>();
    return KMeans.fromParams({ clusterCenters: layer.inDataUnits(centers, this.#from) });
  }

  override build(inputShape: Shape | Shape[]): void {
    const d = layer.inputShapeOf('SoftKMeans', inputShape)[1]!;
    this.#from = layer.originOf('SoftKMeans', this.origin, d);
    const normal = initializers.randomNormal({ mean: 0, stddev: 1 });
    this.#centers = this.addWeight('clusterCenters', [this.nClusters, d], 'float32', normal);
    this.built = true;
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    return [layer.inputShapeOf('SoftKMeans', inputShape)[0], this.nClusters];
  }

  override call(inputs: Tensor | Tensor[]): Tensor {
    const centers = this.#centers.read() as Tensor2D;
    const x = layer.rowsOf('SoftKMeans', inputs);
    return mapRows('SoftKMeans: the input', x, this.#from, 3 * centers.size, (rows) => {
      if (this.outputKind === 'squaredDistances') return squaredDifferences(rows, centers);
      const assign = this.kernel === 'gaussian' ? softAssign : studentAssign;
      return assign(rows, centers, this.temperature); // [N, K]
    });
  }

  override getConfig(): serialization.ConfigDict {
    const { nClusters, temperature, kernel, outputKind: output, origin } = this;
    return { ...super.getConfig(), nClusters, temperature, kernel, output, origin: origin && [...origin] };
  }
}

serialization.registerClass(SoftKMeans, 'tfjs-latent');
