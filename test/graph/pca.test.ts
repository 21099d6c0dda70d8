/** PCA saved and loaded: by tf.loadGraphModel alone, and as our own class to the last bit. */
import * as tf from '@tensorflow/tfjs';
import { memory, type Tensor2D } from '@tensorflow/tfjs-core';
import { PCA, RandomState } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { contents, inMemory } from '../support/models.js';

/** Rows in D dimensions that fill M of them, `away` from the origin. */
function data(n: number, d: number, m: number, away: number): number[][] {
  const random = new RandomState(d);
  const basis = Array.from({ length: m }, (_, k) => Array.from(random.normal(0, 1 + k, d)));
  return Array.from({ length: n }, () => {
    const z = random.standardNormal(m);
    return Array.from(
      { length: d },
      (_, j) => away + basis.reduce((total, row, k) => total + z[k] * row[j], 0),
    );
  });
}

const SOLVERS = ['covariance', 'full', 'randomized'] as const;

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each([
    { whiten: false, away: 0 },
    { whiten: true, away: 1e4 },
  ])('plain tfjs gives the coordinates and the way back: $whiten, at $away', async ({ whiten, away }) => {
    const rows = data(60, 7, 5, away);
    const model = await PCA.fit(rows, { nComponents: 3, whiten, seed: 1 });
    const store = inMemory();
    await model.save(store);
    const before = memory().numTensors;
    const graph = await tf.loadGraphModel(store);
    const x = tf.tensor2d(rows);
    const { coordinates } = graph.predict(x) as unknown as { coordinates: Tensor2D };
    const own = model.transform(x);
    expectClose(coordinates, own, { rtol: 1e-6, atol: 1e-6 });
    const back = graph.execute({ z: coordinates }, 'reconstruction') as Tensor2D;
    const ownBack = model.inverseTransform(own);
    expectClose(back, ownBack, { rtol: 1e-6, atol: 1e-5 });
    for (const each of [x, coordinates, own, back, ownBack, graph]) each.dispose();
    expect(memory().numTensors).toBe(before);
    model.dispose();
  });

  it.each(SOLVERS)('loads as the class, every field and answer to the last bit: %s', async (solver) => {
    // Fewer dimensions than components are asked for: the last ones are of no variance.
    const rows = data(40, 6, 3, 100);
    const options = { nComponents: 4, whiten: true, solver, nOversamples: 2, nPowerIter: 3, seed: 5 };
    const model = await PCA.fit(rows, options);
    const store = inMemory();
    await model.save(store);
    const loaded = await PCA.load(store);
    expect(loaded.options).toEqual({ ...options, featureNames: null });
    expect(await contents(loaded)).toEqual(await contents(model));
    const [a, b] = [model.transform(rows), loaded.transform(rows)];
    expect(Array.from(b.dataSync())).toEqual(Array.from(a.dataSync()));
    const [c, d] = [model.covariance(), loaded.covariance()];
    expect(Array.from(d.dataSync())).toEqual(Array.from(c.dataSync()));
    for (const each of [a, b, c, d, model, loaded]) each.dispose();
  });

  it('names of features: one for each, or an InputError', async () => {
    const featureNames = ['a', 'b'];
    const x = [[0, 1], [2, 5], [3, 3]]; // prettier-ignore
    const model = await PCA.fit(x, { featureNames });
    featureNames.pop();
    expect(model.options!.featureNames).toEqual(['a', 'b']);
    model.dispose();
    await expect(PCA.fit(x, { featureNames })).rejects.toThrow(
      /featureNames has 1 names and x has 2 columns/,
    );
    await expect(PCA.fit(x, { featureNames: ['a', 1] as never })).rejects.toThrow(
      /featureNames must be an array of names/,
    );
  });

  it('from params, by share and by Minka: what is missing stays null, what was asked for comes back', async () => {
    const components = [[0.6, 0.8], [-0.8, 0.6]]; // prettier-ignore
    const params = {
      components,
      mean: [1 / 3, 1e4],
      explainedVariance: [3, 1],
      noiseVariance: 0.1,
      whiten: true,
    };
    const models = [await PCA.fromParams(params)];
    for (const nComponents of [0.9, 'mle', undefined] as const) {
      models.push(await PCA.fit(data(30, 4, 4, 0), { nComponents }));
    }
    for (const model of models) {
      const store = inMemory();
      await model.save(store);
      const loaded = await PCA.load(store);
      expect(await contents(loaded)).toEqual(await contents(model));
      const [a, b] = [model.scoreSamples(model.components), loaded.scoreSamples(model.components)];
      expect(Array.from(b.dataSync())).toEqual(Array.from(a.dataSync()));
      for (const each of [a, b, loaded]) each.dispose();
    }
    expect(models.map(({ options }) => options?.nComponents)).toEqual([undefined, 0.9, 'mle', 4]);
    for (const model of models) model.dispose();
  });
});
