/** The start by random swaps. */
import { notebookBlobs } from '../../scripts/shapes.js';
import { KMeans } from '../../src/index.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { paths, usePath } from '../support/paths.js';

/** Five blobs, three of them close together: k-means++ alone finds them in 38 of the seeds 0 to 99. */
const { x } = notebookBlobs();
const BEST = 211.59853725816825;

async function fitted(...args: Parameters<typeof KMeans.fit>) {
  const model = await KMeans.fit(...args);
  const labels = Array.from(await model.labels!.data());
  const centers = await model.clusterCenters.data();
  const { inertia, options, history } = model;
  model.dispose();
  return { labels, centers: Array.from(centers), inertia: inertia!, options: options!, history: history! };
}

describe.each(paths)('random swaps on %s', (path) => {
  beforeAll(() => usePath(path));

  it('find the five blobs from a single start, the same each time, and leave no tensor', async () => {
    const seeds = Array.from({ length: path === 'host' ? 40 : 2 }, (_, seed) => seed);
    const inertias: number[] = [];
    for (const seed of seeds) {
      const options = { nClusters: 5, init: 'random-swap', seed } as const;
      const left = await leaves(async () => {
        const found = await fitted(x, options);
        inertias.push(found.inertia);
        expect(found.options).toMatchObject({ init: 'random-swap', nInit: 1 });
      });
      expect(left).toBe(0);
    }
    expect(Math.min(...inertias)).toBeGreaterThan(BEST * (1 - 1e-6));
    const best = inertias.filter((inertia) => inertia < BEST * (1 + 1e-3)); // in 97 of 100 seeds
    expect(best.length).toBeGreaterThanOrEqual(0.95 * seeds.length);
    const again = { nClusters: 5, init: 'random-swap', seed: 0 } as const;
    expect(await fitted(x, again)).toEqual(await fitted(x, again));
  });

  it('never end above what they began with, k-means++ and four iterations, nor at a row without weight', async () => {
    const { x: rows } = clustered([[0, 0, 1], [4, 1, 0], [1, 5, 2], [-3, 2, 2]], 0.8, 40, 6); // prettier-ignore
    const far = [...rows, [90, 90, 90], [-90, 90, 0]]; // prettier-ignore
    const sampleWeight = far.map((_, i) => (i < rows.length ? 1 + (i % 3) : 0));
    for (const seed of [0, 1, 2]) {
      const options = { nClusters: 6, seed, sampleWeight, tol: 0 };
      const plain = await fitted(far, { ...options, maxIter: 4 });
      const swapped = await fitted(far, { ...options, init: 'random-swap' });
      expect(swapped.inertia).toBeLessThanOrEqual(plain.history.at(-1)! * (1 + 1e-6));
      expect(Math.max(...swapped.centers.map(Math.abs))).toBeLessThan(20);
    }
  });

  it.each([
    ['one cluster', [[1, 2], [3, 4], [5, 0]], 1, 14.0 + 2 / 3 + 1 + 1 / 3], // prettier-ignore
    ['as many clusters as rows', [[1, 2], [3, 4], [5, 0]], 3, 0], // prettier-ignore
    ['fewer distinct rows than clusters', [[1, 2], [3, 4], [1, 2], [3, 4]], 3, 0], // prettier-ignore
  ])('of %s end', async (_, rows, nClusters, inertia) => {
    const found = await fitted(rows, { nClusters, init: 'random-swap', seed: 1 });
    expectClose(found.inertia, inertia, { rtol: 1e-6, atol: 1e-9 });
  });
});
