/** The data of the small cases and of those that grow, and where K-means on any of them begins. */
import path from 'node:path';
import { loadIris } from '../src/datasets/iris.js';
import { KMeans } from '../src/index.js';
import { loadImage, useBestBackend } from '../src/node/index.js';
import { notebookBlobs } from '../scripts/shapes.js';
import { load, type DataSet } from './dataset.js';

export const SEED = 42;

/** The notebook's five blobs. [2000, 2] */
export const blobs: DataSet = {
  name: 'blobs',
  make: async () => ({ x: notebookBlobs().x }),
};

/** [150, 4] */
export const iris: DataSet = {
  name: 'iris',
  make: async () => {
    const { x } = loadIris();
    return { x: { values: Float64Array.from(x.flat()), shape: [150, 4] } };
  },
};

/** The pixels of the notebook's ladybug, 0 to 1; quick: every 100th. [426400, 3] */
export const ladybug: DataSet = {
  name: 'ladybug',
  make: async (size) => {
    const { x } = await loadImage(path.join(import.meta.dirname, '..', 'data', 'ladybug.png'));
    const every = size === 'quick' ? 100 : 1;
    const n = Math.ceil(x.shape[0] / every);
    const values = new Float32Array(3 * n);
    for (let at = 0; at < values.length; at++)
      values[at] = x.values[3 * every * Math.floor(at / 3) + (at % 3)] / 255;
    return { x: { values, shape: [n, 3] } };
  },
};

/** K centres to begin with: k-means++, moved once. [K, D] */
export const centersFor = (data: DataSet, nClusters: number): DataSet => ({
  name: `${data.name}-centers-${nClusters}`,
  make: async (size) => {
    const { values, shape } = await load(data, size);
    await useBestBackend();
    const [n, d] = shape;
    const model = await KMeans.fit({ values, shape: [n, d] }, { nClusters, maxIter: 1, seed: SEED });
    const init = { values: await model.clusterCenters.data<'float32'>(), shape: [nClusters, d] };
    model.dispose();
    return { init };
  },
});
