/** One fit, the same on every backend: what the host does to the last bit, float32 products but for their rounding. */
import { tidy } from '@tensorflow/tfjs-core';
import { PCA, type PCAOptions } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { dataset } from '../support/fixtures.js';

const { x } = dataset('iris');

const CASES: [string, PCAOptions, number][] = [
  ['covariance', { solver: 'covariance' }, 0],
  ['full', { solver: 'full' }, 0],
  ['auto, whitened', { nComponents: 2, whiten: true }, 0],
  ["'mle'", { nComponents: 'mle' }, 0],
  ['a share', { nComponents: 0.95 }, 0],
  ['randomized', { solver: 'randomized', nComponents: 2, nPowerIter: 0, nOversamples: 0, seed: 3 }, 5e-6],
];

interface Fitted {
  params: number[][];
  answers: number[][];
}

async function fitOn(backend: (typeof backends)[number], options: PCAOptions): Promise<Fitted> {
  await useBackend(backend);
  const model = await PCA.fit(x, options);
  const result = tidy(() => {
    const params = [model.components, model.mean, model.explainedVariance, model.explainedVarianceRatio!, model.singularValues!]; // prettier-ignore
    const z = model.transform(x);
    const answers = [z, model.inverseTransform(z), model.covariance()];
    if (model.noiseVariance > 0) answers.push(model.precision());
    const rest = model.noiseVariance > 0 ? [model.scoreSamples(x), model.score(x)] : [];
    const numbers = (tensors: { dataSync(): ArrayLike<number> }[]) => tensors.map((each) => Array.from(each.dataSync())); // prettier-ignore
    return { params: [...numbers(params), [model.noiseVariance]], answers: numbers([...answers, ...rest]) };
  });
  model.dispose();
  return result;
}

it.each(CASES)('%s', async (_, options, tolerance) => {
  const first = await fitOn(backends[0], options);
  expect(first.params.flat().length).toBeGreaterThan(8);
  for (const backend of backends.slice(1)) {
    const other = await fitOn(backend, options);
    if (tolerance === 0) expect(other.params).toEqual(first.params);
    other.params.forEach((each, i) =>
      expectClose(each, first.params[i], { rtol: tolerance, atol: tolerance }),
    );
    other.answers.forEach((each, i) => expectClose(each, first.answers[i], { rtol: 5e-6, atol: 1e-5 })); // prettier-ignore
  }
});
