/** Types of pipelines, as test/types.test-d.ts has those of the models: nothing here runs. */
import type { io, Scalar, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import type * as latent from '../../src/index.js';
import type { GaussianMixture, KMeans, PCA } from '../../src/index.js';
import type { CanBeConstructed, Expect, Public, Same } from '../support/typeTools.js';

type Steps = readonly [...PCA[], KMeans | GaussianMixture | PCA];

interface PipelineModel<S extends Steps> {
  readonly steps: S;
  readonly nFeatures: number;
  predict: (x: latent.Matrix) => Tensor1D;
  predictProba: (x: latent.Matrix) => Tensor2D;
  transform: (x: latent.Matrix) => Tensor2D;
  inverseTransform: (z: latent.Matrix) => Tensor2D;
  scoreSamples: (x: latent.Matrix) => Tensor1D;
  score: (x: latent.Matrix) => Scalar;
  save: (target: latent.ModelTarget) => Promise<io.SaveResult>;
  dispose: () => void;
}

export type PipelineTypes = Expect<
  [
    Same<latent.Steps, Steps>,
    Same<Public<latent.Pipeline<[PCA, KMeans]>>, PipelineModel<[PCA, KMeans]>>,
    Same<typeof latent.Pipeline.load, (source: latent.ModelTarget) => Promise<latent.Pipeline>>,
    Same<CanBeConstructed<typeof latent.Pipeline>, false>,
  ]
>;
