/** Which of several restarts is kept. */
import { KMeans } from '../../src/index.js';
import { paths, usePath } from '../support/paths.js';
import { clustered } from '../support/clustered.js';

/** Seven tight clusters: every restart finds them, each time in another order and with other roundings. */
const centers = Array.from({ length: 7 }, (_, k) => [Math.cos(k) * 9.7, Math.sin(k) * 9.7, k / 3]);
const { x } = clustered(centers, 0.05, 12, 3);

async function fitted(nInit: number, seed: number) {
  const inertias: number[] = [];
  const onInit = ({ objective }: { objective: number }) => void inertias.push(objective);
  const model = await KMeans.fit(x, { nClusters: 7, nInit, seed, onInit });
  const labels = Array.from(await model.labels!.data());
  const { inertia } = model;
  model.dispose();
  return { labels, inertia, inertias };
}

describe.each(paths)('restarts of K-means on %s', (path) => {
  beforeAll(() => usePath(path));

  it('that find the same clusters by other names leave those of the first, whatever rounding says', async () => {
    let lowerLater = 0;
    for (const seed of [0, 1, 2]) {
      const [first, all] = [await fitted(1, seed), await fitted(8, seed)];
      expect(all.inertias).toHaveLength(8);
      lowerLater += all.inertias.filter((inertia) => inertia < all.inertias[0]).length;
      expect(all.labels).toEqual(first.labels);
      expect(all.inertia).toBe(first.inertia);
    }
    // Else the test would say nothing. Bounds carry sums in float64: the same clusters have the same inertia.
    if (path === 'all rows') expect(lowerLater).toBeGreaterThan(0);
  });

  it('of a lower inertia replace it', async () => {
    const inertias: number[] = [];
    const model = await KMeans.fit(x, {
      nClusters: 7,
      init: 'random',
      nInit: 12,
      seed: 5,
      onInit: ({ objective }) => void inertias.push(objective),
    });
    const least = Math.min(...inertias);
    expect(inertias[0]).toBeGreaterThan(1.5 * least);
    expect(model.inertia!).toBeLessThan(1.001 * least);
    model.dispose();
  });
});
