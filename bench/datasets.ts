/** The data of the small cases and of those that grow. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { loadIris } from '../src/datasets/iris.js';
import { RandomState } from '../src/index.js';
import { loadImage } from '../src/node/index.js';
import { notebookBlobs } from '../scripts/shapes.js';
import { SEED, type DataSet } from './dataset.js';

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

/** scikit-learn's digits, pixels 0 to 16. [1797, 64] */
export const digits: DataSet = {
  name: 'digits',
  make: async () => {
    const file = path.join(import.meta.dirname, '..', 'test', 'fixtures', 'data', 'digits.json');
    const { pixels } = JSON.parse(await readFile(file, 'utf8')) as { pixels: string[] };
    const values = Float64Array.from(pixels.join(''), (pixel) => parseInt(pixel, 36));
    return { x: { values, shape: [pixels.length, 64] } };
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

/**
 * Gaussians of unit deviation about K points of a cube, which lie about 4 apart whatever D is, so that the Gaussians
 * overlap; quick: a fiftieth of the rows.
 */
export const cloud = (n: number, d: number, k: number): DataSet => ({
  name: `cloud-${n}x${d}-${k}`,
  make: async (size) => {
    const rows = size === 'quick' ? n / 50 : n;
    const random = new RandomState(SEED);
    const side = Math.sqrt(24 / d);
    const corners = random.uniform(-side, side, k * d);
    const values = Float32Array.from(random.standardNormal(rows * d));
    for (let i = 0; i < rows; i++) for (let j = 0; j < d; j++) values[i * d + j] += corners[(i % k) * d + j];
    return { x: { values, shape: [rows, d] } };
  },
});
