/** Models one after the other: the same as by hand, differentiable, saved as one graph. */
import * as tf from '@tensorflow/tfjs';
import { memory, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import {
  GaussianMixture,
  InputError,
  KMeans,
  ModelFormatError,
  PCA,
  Pipeline,
  pipeline,
} from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { contents, inMemory } from '../support/models.js';

const CENTERS = [[0, 0, 0, 9, 1], [5, 1, 0, 1, 0], [1, 6, 4, 0, 2]].map((row) => row.map((value) => value + 50)); // prettier-ignore
const rows = clustered(CENTERS, 0.5, 30, 4).x;

interface Fitted {
  pca: PCA;
  mixture: GaussianMixture;
  kmeans: KMeans;
}

async function fit(whiten = false): Promise<Fitted> {
  const pca = await PCA.fit(rows, { nComponents: 3, whiten, seed: 1 });
  const z = pca.transform(rows);
  const mixture = await GaussianMixture.fit(z, { nComponents: 3, seed: 1 });
  const kmeans = await KMeans.fit(z, { nClusters: 3, seed: 1 });
  z.dispose();
  return { pca, mixture, kmeans };
}

const valuesOf = (tensor: Tensor): number[] => {
  const values = Array.from(tensor.dataSync());
  tensor.dispose();
  return values;
};

describe.each(backends)('on %s', (backend) => {
  let fitted: Fitted;
  beforeAll(async () => {
    await useBackend(backend);
    fitted = await fit();
  });
  afterAll(() => Object.values(fitted).forEach((model: PCA) => model.dispose()));

  it('answers as its steps do by hand, from numbers and from tensors, and leaves no tensor', () => {
    const { pca, mixture, kmeans } = fitted;
    const before = memory().numTensors;
    const x = tf.tensor2d(rows);
    for (const given of [rows, x]) {
      const z = pca.transform(given);
      const [soft, hard] = [pipeline([pca, mixture]), pipeline([pca, kmeans])];
      for (const method of ['predict', 'predictProba', 'scoreSamples', 'score'] as const) {
        expect(valuesOf(soft[method](given))).toEqual(valuesOf(mixture[method](z)));
      }
      for (const method of ['predict', 'predictProba', 'transform', 'score'] as const) {
        expect(valuesOf(hard[method](given))).toEqual(valuesOf(kmeans[method](z)));
      }
      expect(valuesOf(pipeline([pca]).transform(given))).toEqual(valuesOf(pca.transform(given)));
      expect(valuesOf(soft.inverseTransform(z))).toEqual(valuesOf(pca.inverseTransform(z)));
      z.dispose();
    }
    x.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('is differentiable in the rows: log density, probabilities, distances', () => {
    const { pca, mixture, kmeans } = fitted;
    const x = tf.tensor2d(rows.slice(0, 4).map((row, i) => row.map((value, j) => value + 0.3 * i - 0.2 * j)));
    // Steps of the clusters' size, 0.5, where the rows are 50 from 0.
    const options = { step: 2e-3 };
    expectGradient((at) => tf.sum(pipeline([pca, mixture]).scoreSamples(at as Tensor2D)), [x], options);
    expectGradient((at) => tf.sum(pipeline([pca, kmeans]).transform(at as Tensor2D)), [x], options);
    x.dispose();
  });

  it('is saved as one graph: rows in, what the last step gives out, and the way back', async () => {
    const { pca, mixture } = fitted;
    const before = memory().numTensors;
    const model = pipeline([pca, mixture]);
    const store = inMemory();
    await model.save(store);
    const graph = await tf.loadGraphModel(store);
    const x = tf.tensor2d(rows);
    const out = graph.predict(x) as unknown as Record<'labels' | 'probabilities' | 'logDensity', Tensor>;
    expect(Object.keys(out)).toEqual(['labels', 'probabilities', 'logDensity']);
    expect(valuesOf(out.labels)).toEqual(valuesOf(model.predict(x)));
    expectClose(valuesOf(out.probabilities), valuesOf(model.predictProba(x)), { rtol: 1e-5, atol: 1e-5 });
    expectClose(valuesOf(out.logDensity), valuesOf(model.scoreSamples(x)), { rtol: 1e-5, atol: 1e-4 });
    const z = pca.transform(x);
    const back = graph.execute({ z }, 'reconstruction') as Tensor2D;
    expectClose(valuesOf(back), valuesOf(model.inverseTransform(z)), { rtol: 1e-6 });
    for (const each of [x, z, graph]) each.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('loads back whole, to the last bit, and frees what it loaded', async () => {
    const { pca, mixture, kmeans } = await fit(true);
    const before = memory().numTensors;
    for (const model of [pipeline([pca, mixture]), pipeline([pca, kmeans]), pipeline([pca])]) {
      const store = inMemory();
      await model.save(store);
      const loaded = await Pipeline.load(store);
      expect(loaded.nFeatures).toBe(5);
      expect(await Promise.all(loaded.steps.map(contents))).toEqual(
        await Promise.all(model.steps.map(contents)),
      );
      expect(valuesOf(loaded.score(rows))).toEqual(valuesOf(model.score(rows)));
      const again = inMemory();
      await loaded.save(again);
      expect(again.artifacts).toEqual(store.artifacts);
      loaded.dispose();
      model.dispose();
      expect(memory().numTensors).toBe(before);
    }
    for (const model of [pca, mixture, kmeans]) model.dispose();
  });

  it('PCA after PCA, in the class and in the graph', async () => {
    const first = fitted.pca;
    const z = first.transform(rows);
    const second = await PCA.fit(z, { nComponents: 2, whiten: true });
    const model = pipeline([first, second]);
    const store = inMemory();
    await model.save(store);
    const graph = await tf.loadGraphModel(store);
    const x = tf.tensor2d(rows);
    const { coordinates } = graph.predict(x) as unknown as { coordinates: Tensor2D };
    const back = graph.execute({ z: coordinates }, 'reconstruction') as Tensor2D;
    expectClose(valuesOf(back), valuesOf(model.inverseTransform(coordinates)), { rtol: 1e-6 });
    expectClose(valuesOf(coordinates), valuesOf(second.transform(z)), { rtol: 1e-5, atol: 1e-5 });
    for (const each of [x, z, second, graph]) each.dispose();
  });
});

describe('what does not fit', () => {
  let fitted: Fitted;
  beforeAll(async () => {
    await useBackend(backends[backends.length - 1]);
    fitted = await fit();
  });

  it('is told, step by step', () => {
    const { pca, mixture, kmeans } = fitted;
    const made = (steps: unknown) => () => pipeline(steps as [PCA]);
    expect(made([])).toThrow(InputError);
    expect(made(pca)).toThrow(/^pipeline: the steps must be a list of at least one model/);
    expect(made([pca, 3])).toThrow(/step 1 must be a PCA, a KMeans or a GaussianMixture; got 3/);
    expect(made([kmeans, mixture])).toThrow(/step 0 must be a PCA, for only the last step may be another/);
    expect(made([pca, pca])).toThrow(/step 1 is of 5 features and step 0 gives 3/);
    expect(() => pipeline([pca]).predict(rows)).toThrow(
      /Pipeline.predict: the last step, a PCA, has no predict/,
    );
    expect(() => pipeline([pca, kmeans]).scoreSamples(rows)).toThrow(/a KMeans, has no scoreSamples/);
    expect(() => pipeline([pca, mixture]).transform(rows)).toThrow(/a GaussianMixture, has no transform/);
    expect(() => pipeline([kmeans]).inverseTransform(rows)).toThrow(/there is no PCA to go back through/);
  });

  it('a file whose steps were put together on purpose is a ModelFormatError, and leaves no tensor', async () => {
    const { pca, mixture } = fitted;
    const before = memory().numTensors;
    const store = inMemory();
    await pca.save(store);
    await expect(Pipeline.load(store)).rejects.toThrow(
      /^Pipeline.load: the model's kind must be 'Pipeline'; it is "PCA"/,
    );
    await pipeline([pca, mixture]).save(store);
    await expect(PCA.load(store)).rejects.toThrow(ModelFormatError);
    expect(memory().numTensors).toBe(before);
  });
});
