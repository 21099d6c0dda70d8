/** The data of the cases, made once, by a seed, and kept in the user's cache as files that every contestant reads. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadIris } from '../src/datasets/iris.js';
import { KMeans } from '../src/index.js';
import { loadImage, useBestBackend } from '../src/node/index.js';
import { cacheRoot, keepWhole } from '../src/node/native/cache.js';
import { notebookBlobs } from '../scripts/shapes.js';
import { readArray, writeArray, type Made } from './arrays.js';
import type { ArrayFile } from './protocol.js';

/** Changed when a data set is made in another way, so that what the cache has is made anew. */
const VERSION = 1;
const SEED = 42;

/** Arrays made together; `size` 'quick' makes little ones. */
export interface DataSet {
  name: string;
  make(size: Size): Promise<Record<string, Made>>;
}

export type Size = 'full' | 'quick';
export type Files = Record<string, ArrayFile>;

/** The files of a data set, made if they are not there. */
async function openOne({ name, make }: DataSet, size: Size): Promise<Files> {
  const folder = path.join(cacheRoot(process.env), 'bench', `data-${VERSION}`, `${name}-${size}`);
  await keepWhole(folder, ['index.json'], async (whole) => {
    const index: Files = {};
    for (const [part, made] of Object.entries(await make(size)))
      index[part] = await writeArray(whole, part, made);
    await writeFile(path.join(whole, 'index.json'), JSON.stringify(index));
  });
  const index = JSON.parse(await readFile(path.join(folder, 'index.json'), 'utf8')) as Files;
  for (const each of Object.values(index)) each.file = path.join(folder, each.file);
  return index;
}

/** The arrays of several data sets, side by side. */
export async function open(sets: readonly DataSet[], size: Size): Promise<Files> {
  const opened: Files[] = [];
  for (const set of sets) opened.push(await openOne(set, size));
  return Object.assign({}, ...opened) as Files;
}

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
    const { values, shape } = await readArray((await openOne(data, size)).x);
    await useBestBackend();
    const [n, d] = shape;
    const model = await KMeans.fit({ values, shape: [n, d] }, { nClusters, maxIter: 1, seed: SEED });
    const init = { values: await model.clusterCenters.data<'float32'>(), shape: [nClusters, d] };
    model.dispose();
    return { init };
  },
});
