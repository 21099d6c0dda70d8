/** K-means saved and loaded: by tf.loadGraphModel alone, and as our own class to the last bit. */
import * as tf from '@tensorflow/tfjs';
import { memory, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { KMeans, RandomState } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { contents, inMemory } from '../support/models.js';

/** Rows about K centres, `away` from the origin. */
function data(k: number, d: number, away: number) {
  const random = new RandomState(k + d);
  const centers = Array.from({ length: k }, () => Array.from(random.uniform(away - 3, away + 3, d)));
  return clustered(centers, 0.4, 40, 1).x;
}

/** Root of the mean squared distance from the mean: what errors are measured against. */
function scaleOf(x: number[][]): number {
  const mean = x[0].map((_, j) => x.reduce((total, row) => total + row[j], 0) / x.length);
  const squares = x.map((row) => row.reduce((total, value, j) => total + (value - mean[j]) ** 2, 0));
  return Math.sqrt(squares.reduce((a, b) => a + b, 0) / x.length);
}

type Outputs = { labels: Tensor1D; distances: Tensor2D };

const CASES = [
  { k: 5, d: 2, away: 0 },
  { k: 7, d: 3, away: 1e4 },
  { k: 1, d: 1, away: -2 },
  { k: 12, d: 300, away: 5 },
];

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(CASES)(
    'plain tfjs gives the labels and distances of the class: $k clusters, $d features, at $away',
    async ({ k, d, away }) => {
      const rows = data(k, d, away);
      const model = await KMeans.fit(rows, { nClusters: k, seed: 1 });
      const store = inMemory();
      await model.save(store);
      const before = memory().numTensors;
      const graph = await tf.loadGraphModel(store);
      // Centres themselves are queries too: there the distance is next to 0.
      const x = tf.tidy(() => tf.concat([tf.tensor2d(rows), model.clusterCenters]) as Tensor2D);
      const { labels, distances } = graph.predict(x) as unknown as Outputs;
      const [ownLabels, ownDistances] = [model.predict(x), model.transform(x)];
      expect([labels.dtype, Array.from(labels.dataSync())]).toEqual([
        'int32',
        Array.from(ownLabels.dataSync()),
      ]);
      expectClose(distances, ownDistances, { rtol: 0, atol: 1e-3 * scaleOf(rows) });
      const nearest = (all: Tensor) => tf.tidy(() => tf.min(all, 1));
      const [near, ownNear] = [nearest(distances), nearest(ownDistances)];
      expectClose(near, ownNear, { rtol: 1e-5, atol: 1e-6 * (scaleOf(rows) + Math.abs(away)) });
      const only = graph.execute(x, 'labels') as Tensor1D;
      expect(only.dataSync()).toEqual(labels.dataSync());
      for (const each of [x, labels, distances, ownLabels, ownDistances, near, ownNear, only, graph])
        each.dispose();
      expect(memory().numTensors).toBe(before);
      model.dispose();
    },
  );

  it('loads as the class, every field and answer to the last bit', async () => {
    const rows = data(4, 3, 1e4);
    const options = {
      nClusters: 4,
      init: 'random',
      nInit: 3,
      maxIter: 50,
      tol: 1e-5,
      algorithm: 'elkan',
      seed: 7,
      featureNames: ['a', 'β', '__proto__'],
    } as const;
    const model = await KMeans.fit(rows, options);
    const store = inMemory();
    await model.save(store);
    const loaded = await KMeans.load(store);
    expect(loaded).toBeInstanceOf(KMeans);
    expect(loaded.options).toEqual(options);
    expect(await contents(loaded)).toEqual(await contents(model));
    for (const method of ['predict', 'transform', 'predictProba', 'score'] as const) {
      const [a, b] = [model[method](rows), loaded[method](rows)];
      expect(Array.from(b.dataSync())).toEqual(Array.from(a.dataSync()));
      a.dispose();
      b.dispose();
    }
    const again = inMemory();
    await loaded.save(again);
    expect(JSON.stringify(again.artifacts)).toBe(JSON.stringify(store.artifacts));
    expect(again.artifacts.weightData).toEqual(store.artifacts.weightData);
    model.dispose();
    loaded.dispose();
  });

  it('from params, and saved without labels, what is missing stays null', async () => {
    const given = await KMeans.fromParams({ clusterCenters: [[0.1, 1 / 3], [7, -2], [1, 1]] }); // prettier-ignore
    const store = inMemory();
    await given.save(store);
    const loaded = await KMeans.load(store);
    expect(await contents(loaded)).toEqual(await contents(given));
    const fitted = await KMeans.fit([[0], [1], [5]], { nClusters: 2, seed: 0 }); // prettier-ignore
    await fitted.save(store, { labels: false });
    const bare = await KMeans.load(store);
    expect(await contents(bare)).toEqual({ ...(await contents(fitted)), labels: null });
    for (const model of [given, loaded, fitted, bare]) model.dispose();
  });

  it('leaves no tensor, saved or loaded', async () => {
    const before = memory().numTensors;
    const model = await KMeans.fromParams({ clusterCenters: [[0], [1]] }); // prettier-ignore
    const held = memory().numTensors;
    const store = inMemory();
    await model.save(store);
    expect(memory().numTensors).toBe(held);
    const loaded = await KMeans.load(store);
    loaded.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
    await expect(model.save(store)).rejects.toThrow(/KMeans.save: this model was disposed/);
  });
});
