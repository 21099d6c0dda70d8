/** K-means at the ends of what data can be. */
import { KMeans, RandomState } from '../../src/index.js';
import { paths, usePath } from '../support/paths.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { naiveKMeans } from '../support/naive-kmeans.js';

const { x } = clustered([[0.1, 5], [7.3, 1], [-2.7, -4]], 0.9, 20, 4); // prettier-ignore
const mean = [0, 1].map((j) => x.reduce((sum, row) => sum + row[j], 0) / x.length);

interface Result {
  labels: number[];
  centers: number[][];
  inertia: number;
  nIter: number;
  converged: boolean;
}

/** Fits and frees; fails on anything that is not a number. */
async function fitted(...args: Parameters<typeof KMeans.fit>): Promise<Result> {
  const model = await KMeans.fit(...args);
  const labels = Array.from(await model.labels!.data());
  const centers = await model.clusterCenters.array();
  const { inertia, nIter, converged, history } = model;
  model.dispose();
  expect([...centers.flat(), inertia!, ...history!].every(Number.isFinite)).toBe(true);
  expect(labels.every((label) => label >= 0 && label < centers.length)).toBe(true);
  return { labels, centers, inertia: inertia!, nIter: nIter!, converged: converged! };
}

describe.each(paths)('K-means on %s', (path) => {
  beforeAll(() => usePath(path));

  it.each(['k-means++', 'random'] as const)('of one cluster is the mean: %s', async (init) => {
    const { labels, centers, inertia, converged } = await fitted(x, { nClusters: 1, init, seed: 1 });
    expect(new Set(labels)).toEqual(new Set([0]));
    expectClose(centers, [mean], { rtol: 1e-6, atol: 1e-6 });
    const spread = x.reduce((sum, [a, b]) => sum + (a - mean[0]) ** 2 + (b - mean[1]) ** 2, 0);
    expectClose(inertia, spread, { rtol: 1e-6 });
    expect(converged).toBe(true);
  });

  it.each(['k-means++', 'random'] as const)('of as many clusters as rows is the rows: %s', async (init) => {
    const { labels, centers, inertia, converged } = await fitted(x, { nClusters: x.length, init, seed: 2 });
    expect(new Set(labels).size).toBe(x.length);
    expectClose(labels.map((label) => centers[label]), x, { rtol: 1e-6, atol: 1e-6 }); // prettier-ignore
    expectClose(inertia, 0, { atol: 1e-9 });
    expect(converged).toBe(true);
  });

  it('of one row is that row', async () => {
    for (const row of [[3.7], [0, 0, 0], [1e5, -2.5]]) {
      const { labels, centers, inertia, nIter } = await fitted([row], { nClusters: 1 });
      expect({ labels, inertia, nIter }).toEqual({ labels: [0], inertia: 0, nIter: 1 });
      expectClose(centers, [row], { rtol: 1e-7 });
    }
  });

  it('of fewer distinct rows than clusters ends, with every row on its centre', async () => {
    const distinct = [[0.1, 0.7], [-3.3, 1e-3], [12.345, 6.789]]; // prettier-ignore
    for (let seed = 0; seed < 12; seed++) {
      const rows = Array.from(new RandomState(seed).randint(3, 40), (i) => distinct[i]);
      const sampleWeight = seed % 3 === 0 ? rows.map((_, i) => 0.3 + (i % 4)) : undefined;
      for (const init of ['k-means++', 'random'] as const) {
        const result = await fitted(rows, { nClusters: 7, init, seed, sampleWeight, tol: 0 });
        expect(result.converged).toBe(true);
        expect(result.nIter).toBeLessThan(20);
        expectClose(result.inertia, 0, { atol: 1e-9 });
        expect(new Set(result.labels).size).toBe(3);
        expectClose(result.labels.map((l) => result.centers[l]), rows, { rtol: 1e-6, atol: 1e-6 }); // prettier-ignore
      }
    }
  });

  it('of rows that are all one row ends at once', async () => {
    for (const row of [
      [0, 0],
      [0.1, -77.7],
      [1e6 + 0.3, 1 / 3],
    ]) {
      const result = await fitted(Array<number[]>(30).fill(row), { nClusters: 4, nInit: 3, seed: 5, tol: 0 });
      expectClose(result.inertia, 0, { atol: 1e-9 });
      expect(result.nIter).toBeLessThan(5);
      expectClose(result.centers, Array<number[]>(4).fill(row), { rtol: 1e-7 });
    }
  });

  it('takes a constant column, at 0 and far from it, for nothing', async () => {
    const options = { nClusters: 3, seed: 7 };
    const plain = await fitted(x, options);
    for (const value of [0, 0.1, 1e6]) {
      const wider = await fitted(x.map(([a, b]) => [a, value, b]), options); // prettier-ignore
      expect(wider.labels).toEqual(plain.labels);
      expectClose(wider.inertia, plain.inertia, { rtol: 1e-6 });
      expectClose(wider.centers, plain.centers.map(([a, b]) => [a, value, b]), { rtol: 1e-6, atol: 1e-6 }); // prettier-ignore
    }
  });

  it('is that of the other rows where weights are 0, labels apart', async () => {
    const sampleWeight = x.map((_, i) => (i % 3 === 0 ? 0 : 1));
    const kept = x.filter((_, i) => sampleWeight[i] > 0);
    const options = { init: [x[1], x[2], x[5]], tol: 0 };
    const [weighted, fewer] = [await fitted(x, { ...options, sampleWeight }), await fitted(kept, options)];
    expect(weighted.labels.filter((_, i) => sampleWeight[i] > 0)).toEqual(fewer.labels);
    expectClose(weighted.centers, fewer.centers, { rtol: 1e-6, atol: 1e-6 });
    expectClose(weighted.inertia, fewer.inertia, { rtol: 1e-6 });
    expect(weighted.nIter).toBe(fewer.nIter);
  });

  it('never starts at a row of weight 0', async () => {
    const far = [...x, [1e3, 1e3], [-1e3, 1e3]]; // prettier-ignore
    const sampleWeight = far.map((_, i) => (i < x.length ? 1 : 0));
    for (let seed = 0; seed < 10; seed++) {
      for (const init of ['k-means++', 'random'] as const) {
        const { centers } = await fitted(far, { nClusters: 3, init, nInit: 1, seed, sampleWeight });
        expect(Math.max(...centers.flat().map(Math.abs))).toBeLessThan(20);
      }
    }
  });

  // A batch is at most 8192 rows: what is added up across batches is what one batch gives.
  it.each([8191, 8192, 8193, 16385])('of %i rows is what plain loops make of them', async (n) => {
    const around = [[0, 0], [6, 1], [2, 7], [-5, 3]]; // prettier-ignore
    const many = clustered(around, 1, Math.ceil(n / 4), 9).x.slice(0, n);
    const init = [many[0], many[4], many[8], [1e3, 1e3]]; // the last is emptied: its row is found among all batches
    const sampleWeight = many.map((_, i) => i % 3);
    const options = { init, maxIter: 4, tol: 0 };
    const known = naiveKMeans(many, init, { ...options, weights: sampleWeight });
    const result = await fitted(many, { ...options, sampleWeight });
    expect(result.labels).toEqual(known.labels);
    expectClose(result.centers, known.centers, { rtol: 1e-6, atol: 1e-6 });
    expectClose(result.inertia, known.inertia, { rtol: 1e-6 });
  });
});
