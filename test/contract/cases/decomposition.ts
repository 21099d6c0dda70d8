/** PCA: fits of every solver, and what a model answers. */
import { grad, mul, sum, tensor1d, tensor2d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { loadIris, PCA, pcaTransform, RandomState, type PCAOptions } from '../../../src/index.js';
import type { Case } from '../case.js';

const iris = loadIris().x;
const random = new RandomState(8);
/** Fewer rows than features, of falling spread: components that are apart. */
const wide = Array.from({ length: 12 }, () => Array.from(random.standardNormal(30), (v, j) => v * 0.8 ** j));
const tall = Array.from({ length: 90 }, () => Array.from(random.standardNormal(30), (v, j) => v * 0.8 ** j));

const fit = (name: string, options: PCAOptions, x: number[][] = iris, within?: number): Case => ({
  name: `PCA: ${name}`,
  isFit: true,
  within,
  compute: async () => {
    const model = await PCA.fit(x, { seed: 3, ...options });
    const answers = tidy(() => {
      const rows = tensor2d(x.slice(0, 9));
      const z = model.transform(rows);
      const all: Record<string, Tensor> = {
        components: model.components.clone(),
        mean: model.mean.clone(),
        explainedVariance: model.explainedVariance.clone(),
        explainedVarianceRatio: model.explainedVarianceRatio!.clone(),
        singularValues: model.singularValues!.clone(),
        coordinates: z,
        reconstruction: model.inverseTransform(z),
        covariance: model.covariance(),
      };
      if (model.noiseVariance === 0) return all;
      const density = { logDensity: model.scoreSamples(rows), score: model.score(rows) };
      return { ...all, ...density, precision: model.precision() };
    });
    const { noiseVariance } = model;
    model.dispose();
    return { ...answers, noiseVariance };
  },
});

const slopes: Case = {
  name: 'PCA: slopes',
  compute: async () => {
    const model = await PCA.fit(iris, { nComponents: 2 });
    const answers = tidy(() => {
      const rows = tensor2d(iris.slice(40, 60));
      const along = tensor1d([1, -2]);
      const components = model.components.clone();
      return {
        transform: grad((x) => sum(mul(model.transform(x as Tensor2D), along)))(rows),
        score: grad((x) => model.score(x as Tensor2D))(rows),
        components: grad((c) =>
          sum(mul(pcaTransform(rows, { components: c as Tensor2D, mean: model.mean }), along)),
        )(components),
      };
    });
    model.dispose();
    return answers;
  },
};

export const decomposition: Case[] = [
  fit('covariance', { solver: 'covariance' }),
  fit('full', { solver: 'full', nComponents: 3 }),
  fit('full, more features than rows', { solver: 'full', nComponents: 8 }, wide),
  fit('randomized', { solver: 'randomized', nComponents: 4 }, tall),
  fit('whitened', { nComponents: 2, whiten: true }),
  fit("'mle'", { nComponents: 'mle' }),
  fit('a share of the variance', { nComponents: 0.95 }),
  slopes,
];
