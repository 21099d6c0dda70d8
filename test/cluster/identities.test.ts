/** What holds for K-means on any data. */
import { grad, sum, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { KMeans, RandomState } from '../../src/index.js';
import { paths, usePath } from '../support/paths.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { naiveInertia, naiveLabels, naiveMeans } from '../support/naive-kmeans.js';

const around = [[0, 0, 0], [2, 1, -1], [-1, 3, 1], [1, -2, 2]]; // prettier-ignore
/** Clusters that overlap, so that fits take many iterations. */
const { x } = clustered(around, 1.1, 75, 8);
const weights = Array.from(new RandomState(3).randint(4, x.length));
const ones = x.map(() => 1);

/** Fits by name, and frees the models at the end of each test. */
const models: KMeans[] = [];
async function fit(...args: Parameters<typeof KMeans.fit>): Promise<KMeans> {
  const model = await KMeans.fit(...args);
  models.push(model);
  return model;
}
afterEach(() => models.splice(0).forEach((model) => model.dispose()));

const labelsOf = async (model: KMeans): Promise<number[]> => Array.from(await model.labels!.data());

describe.each(paths)('K-means on %s', (path) => {
  beforeAll(() => usePath(path));

  it('lowers the inertia at every iteration, to that of the final centres', async () => {
    for (const seed of [0, 1, 2, 3]) {
      for (const sampleWeight of [undefined, weights]) {
        const { history, inertia, nIter } = await fit(x, { nClusters: 9, tol: 0, seed, sampleWeight });
        expect(history).toHaveLength(nIter!);
        expect(nIter).toBeGreaterThan(3);
        const rises = history!.slice(1).map((value, i) => value / history![i] - 1);
        expect(Math.max(...rises)).toBeLessThan(1e-6);
        expectClose(inertia!, history!.at(-1)!, { rtol: 1e-6 });
      }
    }
  });

  it('reports inertia and labels of the centres that it reports, also when cut short', async () => {
    for (const maxIter of [1, 2, 300]) {
      for (const sampleWeight of [undefined, weights]) {
        const model = await fit(x, { nClusters: 5, maxIter, seed: 4, sampleWeight });
        const centers = await model.clusterCenters.array();
        const labels = naiveLabels(x, centers);
        expect(await labelsOf(model)).toEqual(labels);
        expectClose(model.inertia!, naiveInertia(x, labels, centers, sampleWeight ?? ones), { rtol: 1e-6 });
        expect(model.converged).toBe(maxIter === 300);
        const predicted = model.predict(x);
        expect(Array.from(await predicted.data())).toEqual(labels);
        if (!sampleWeight) expectClose(model.score(x), -model.inertia!, { rtol: 1e-6 });
      }
    }
  });

  it('ends with every centre at the weighted mean of its rows', async () => {
    for (const sampleWeight of [undefined, weights]) {
      const model = await fit(x, { nClusters: 6, tol: 0, seed: 5, sampleWeight });
      const means = naiveMeans(x, await labelsOf(model), x.slice(0, 6), sampleWeight ?? ones);
      expect(model.converged).toBe(true);
      expectClose(model.clusterCenters, means, { rtol: 1e-6, atol: 1e-6 });
    }
  });

  it('takes an integer weight for as many copies of the row', async () => {
    const copies = x.flatMap((row, i) => Array<number[]>(weights[i]).fill(row));
    const labelsOfCopies = (labels: number[]) => labels.flatMap((l, i) => Array<number>(weights[i]).fill(l));
    const options = { init: x.slice(10, 15), tol: 0 };
    const [weighted, repeated] = [
      await fit(x, { ...options, sampleWeight: weights }),
      await fit(copies, options),
    ];
    expect(await labelsOf(repeated)).toEqual(labelsOfCopies(await labelsOf(weighted)));
    expectClose(repeated.clusterCenters, weighted.clusterCenters, { rtol: 1e-6, atol: 1e-6 });
    expectClose(repeated.inertia!, weighted.inertia!, { rtol: 1e-6 });
    expectClose([...repeated.history!], [...weighted.history!], { rtol: 1e-5 });
  });

  it('does not mind the size of the weights', async () => {
    const options = { nClusters: 5, seed: 2 };
    const small = await fit(x, { ...options, sampleWeight: weights.map((w) => w * 2 ** -20) });
    const plain = await fit(x, { ...options, sampleWeight: weights });
    expect(await labelsOf(small)).toEqual(await labelsOf(plain));
    expectClose(small.clusterCenters, plain.clusterCenters, { rtol: 1e-6, atol: 1e-6 });
    expectClose(small.inertia! * 2 ** 20, plain.inertia!, { rtol: 1e-6 });
  });

  it('moves its centres with the data, and nothing else', async () => {
    const by = [1e4, -3e5, 0.5];
    const move = (rows: number[][]) => rows.map((row) => row.map((value, j) => value + by[j]));
    const options = { nClusters: 5, seed: 6, sampleWeight: weights };
    const [near, far] = [await fit(x, options), await fit(move(x), options)];
    expect(await labelsOf(far)).toEqual(await labelsOf(near));
    expect(far.nIter).toBe(near.nIter);
    expectClose(far.inertia!, near.inertia!, { rtol: 1e-5 });
    // Reported in float32: 300,000 is held to 0.016.
    expectClose(far.clusterCenters, move(await near.clusterCenters.array()), { rtol: 1e-7, atol: 1e-5 });
    expectClose(far.transform(move(x)), near.transform(x), { rtol: 1e-5, atol: 1e-5 });
    expectClose(far.score(move(x)), near.score(x), { rtol: 1e-5 });
  });

  it('predicts the centre at the least distance, and one-hot as the temperature goes to 0', async () => {
    const model = await fit(x, { nClusters: 6, seed: 1 });
    const rows = x.slice(0, 50);
    const labels = Array.from(await model.predict(rows).data());
    expectClose(model.transform(rows).argMin(1), labels, { rtol: 0 });
    const hot = labels.map((label) => Array.from({ length: 6 }, (_, k) => (k === label ? 1 : 0)));
    const apart = [2, 0.1, 1e-6].map((temperature) => {
      const p = model.predictProba(rows, temperature);
      expectClose(sum(p, 1), Array(50).fill(1), { rtol: 1e-6 });
      return Math.max(...p.sub(tensor2d(hot)).abs().dataSync());
    });
    expect(apart[0]).toBeGreaterThan(apart[1]);
    expect(apart[2]).toBeLessThan(1e-6);
    expectClose(model.predictProba(rows, 1e6), Array(50).fill(Array(6).fill(1 / 6)), { atol: 1e-4 });
  });

  it('lets no row pull at a centre that rests: the slopes of score cancel in each cluster', async () => {
    const model = await fit(x, { nClusters: 4, tol: 0, seed: 3 });
    const slopes = grad((rows) => model.score(rows as Tensor2D))(tensor2d(x)).arraySync() as number[][];
    const centers = await model.clusterCenters.array();
    const labels = await labelsOf(model);
    const expected = x.map((row, i) => row.map((value, j) => -2 * (value - centers[labels[i]][j])));
    expectClose(slopes, expected, { rtol: 1e-5, atol: 1e-5 });
    for (let k = 0; k < 4; k++) {
      const pull = [0, 1, 2].map((j) =>
        slopes.reduce((total, slope, i) => total + (labels[i] === k ? slope[j] : 0), 0),
      );
      expectClose(pull, [0, 0, 0], { atol: 1e-4 });
    }
  });
});
