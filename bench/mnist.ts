/** MNIST as the notebook has it. */
import path from 'node:path';
import { PCA } from '../src/index.js';
import { loadMnist, useBestBackend } from '../src/node/index.js';
import { asMatrix, type Made } from './arrays.js';
import { load, SEED, type DataSet } from './dataset.js';
import { kMeansLabels } from './starts.js';

const ROWS = { full: 50_000, quick: 1500 };
const N_COMPONENTS = { full: 0.98, quick: 12 };
const DIR = path.join(import.meta.dirname, '..', 'data', 'mnist');

/** Pixels 0 to 255. [50000, 784] */
export const pixels: DataSet = {
  name: 'mnist-pixels',
  make: async (size) => {
    const { x } = await loadMnist({ split: 'train', nRows: ROWS[size], dir: DIR });
    return { x: { values: Float32Array.from(x.values), shape: [...x.shape] } };
  },
};

/** The components that keep 98 % of the variance. [50000, 261] */
export const reduced: DataSet = {
  name: 'mnist-reduced',
  make: async (size) => {
    await useBestBackend();
    const x = asMatrix(await load(pixels, size));
    const pca = await PCA.fit(x, { nComponents: N_COMPONENTS[size], seed: SEED });
    const z = pca.transform(x);
    const made = { values: await z.data<'float32'>(), shape: z.shape };
    for (const each of [z, pca]) each.dispose();
    return { x: made };
  },
};

/** The same of pixels / 255. */
export const reducedUnit: DataSet = {
  name: 'mnist-reduced-unit',
  make: async (size) => {
    const { values, shape } = await load(reduced, size);
    return { x: { values: Float32Array.from(values, (value) => value / 255), shape } };
  },
};

/** Labels of K-means with 2 to 18 clusters. [N] each */
export const labelings: DataSet = {
  name: 'mnist-labelings',
  make: async (size) => {
    const x = await load(reduced, size);
    const made: Record<string, Made> = {};
    for (const k of [2, 6, 10, 14, 18]) {
      const values = await kMeansLabels(x, k);
      made[`k${k}`] = { values, shape: [values.length] };
    }
    return made;
  },
};
