/** A data set of the benchmark: made once, by a seed, and kept in the user's cache as files that every contestant reads. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheRoot, isWhole, keepWhole } from '../src/node/native/cache.js';
import { readArray, writeArray, type Made } from './arrays.js';
import type { ArrayFile } from './protocol.js';

/** Changed when a data set is made in another way, so that what the cache has is made anew. */
const VERSION = 1;
const INDEX = 'index.json';
/** Of every draw. */
export const SEED = 42;

/** Arrays made together; `size` 'quick' makes little ones. */
export interface DataSet {
  name: string;
  make(size: Size): Promise<Record<string, Made>>;
}

export type Size = 'full' | 'quick';
export type Files = Record<string, ArrayFile>;

const folderOf = ({ name }: DataSet, size: Size): string =>
  path.join(cacheRoot(process.env), 'bench', `data-${VERSION}`, `${name}-${size}`);

/** Whether all of them lie in the cache. */
export const isMade = (sets: readonly DataSet[], size: Size): boolean =>
  sets.every((set) => isWhole(folderOf(set, size), [INDEX]));

/** The files of a data set, made if they are not there. */
async function openOne(set: DataSet, size: Size): Promise<Files> {
  const folder = folderOf(set, size);
  await keepWhole(folder, [INDEX], async (whole) => {
    const index: Files = {};
    for (const [part, made] of Object.entries(await set.make(size)))
      index[part] = await writeArray(whole, part, made);
    await writeFile(path.join(whole, INDEX), JSON.stringify(index));
  });
  const index = JSON.parse(await readFile(path.join(folder, INDEX), 'utf8')) as Files;
  for (const each of Object.values(index)) each.file = path.join(folder, each.file);
  return index;
}

/** The arrays of several data sets, side by side. */
export async function open(sets: readonly DataSet[], size: Size): Promise<Files> {
  const opened: Files[] = [];
  for (const set of sets) opened.push(await openOne(set, size));
  return Object.assign({}, ...opened) as Files;
}

/** An array of a data set, in memory. */
export const load = async (set: DataSet, size: Size, name = 'x'): Promise<Made> =>
  readArray((await openOne(set, size))[name]);
