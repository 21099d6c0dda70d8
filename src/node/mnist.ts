/**
 * The MNIST digits (LeCun, Cortes, Burges; CC BY-SA 3.0), read from IDX files: a big-endian magic number, as many counts
 * as it says, then bytes.
 */
import { createHash, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import * as checks from '../core/checks.js';
import { InputError } from '../core/errors.js';
import { cacheRoot } from './native/cache.js';
import type { Environment } from './native/run.js';

/** Options of {@link loadMnist}. */
export interface MnistOptions {
  /** The 60,000 training digits or the 10,000 test digits; 'train'. */
  split?: 'train' | 'test';
  /** Folder of the files, `.gz` or unpacked; without it ./data/mnist, else the user's cache, else a download. */
  dir?: string;
  /** Only the first rows; all. */
  nRows?: number;
}

/** Handwritten digits, as {@link loadMnist} reads them. */
export interface Mnist {
  /** Pixels 0 to 255, 28 x 28 row by row [N, 784] */
  x: { values: Uint8Array; shape: [number, 784] };
  /** [N] 0 to 9 */
  labels: Uint8Array;
}

/** A copy of the original files. */
const MIRROR = 'https://storage.googleapis.com/cvdf-datasets/mnist/';

/** Which file, and the SHA-256 of its content, unpacked: packed copies differ. */
export interface IdxFile {
  readonly name: string;
  /** 3 for pictures, 1 for labels. */
  readonly rank: 1 | 3;
  readonly sha256: string;
}

type Split = Readonly<Record<'images' | 'labels', IdxFile>>;

const FILES: Readonly<Record<'train' | 'test', Split>> = {
  train: {
    images: {
      name: 'train-images-idx3-ubyte',
      rank: 3,
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    labels: {
      name: 'train-labels-idx1-ubyte',
      rank: 1,
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
  },
  test: {
    images: {
      name: 't10k-images-idx3-ubyte',
      rank: 3,
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    labels: {
      name: 't10k-labels-idx1-ubyte',
      rank: 1,
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  },
};

/** Where the files come from: what a test changes. */
export interface Origin {
  readonly mirror: string;
  readonly files: Readonly<Record<'train' | 'test', Split>>;
  readonly cwd: string;
  readonly env: Environment;
  /** Milliseconds without a byte after which a transfer counts as broken. */
  readonly patience: number;
}

const RULES: Record<string, checks.Rule> = {
  split: checks.oneOf('train', 'test'),
  dir: checks.something,
  nRows: checks.integer(1),
};

const PIXELS = 784;
const ATTEMPTS = 3;
/** Larger than any of the files, packed or not: a wrong server cannot fill the memory. */
const MOST_BYTES = 64e6;

/** What is in the way of using a file; the next place or attempt may do. */
class Unusable extends Error {}

const unzip = promisify(gunzip);

/** The content of a file as it lies there or comes from the mirror, unpacked and checked. */
async function contentOf(packed: Buffer, file: IdxFile): Promise<Buffer> {
  const isPacked = packed[0] === 0x1f && packed[1] === 0x8b;
  const content = isPacked ? await unpack(packed) : packed;
  checkIdx(content, file.rank);
  const sum = createHash('sha256').update(content).digest('hex');
  if (sum !== file.sha256) throw new Unusable(`its content has the SHA-256 ${sum}, not ${file.sha256}`);
  return content;
}

async function unpack(packed: Buffer): Promise<Buffer> {
  try {
    return await unzip(packed, { maxOutputLength: MOST_BYTES });
  } catch (error) {
    throw new Unusable(`it is not a whole gzip file: ${(error as Error).message}`);
  }
}

/** The counts that an IDX file of bytes begins with. */
function shapeOf(content: Buffer): number[] {
  const rank = content.length < 4 ? 0 : content[3];
  return Array.from({ length: rank }, (_, i) => content.readUInt32BE(4 + 4 * i));
}

function checkIdx(content: Buffer, rank: 1 | 3): void {
  const magic = `0000080${rank}`;
  const begins = content.toString('hex', 0, 4);
  if (begins !== magic || content.length < 4 + 4 * rank) {
    const seen = content.length === 0 ? 'is empty' : `begins with the bytes ${begins}`;
    throw new Unusable(
      `it ${seen}, where a whole IDX file of ${rank === 3 ? 'digits' : 'labels'} begins with ${magic}`,
    );
  }
  const shape = shapeOf(content);
  if (rank === 3 && (shape[1] !== 28 || shape[2] !== 28)) {
    throw new Unusable(`its pictures are ${shape[1]} x ${shape[2]}, not 28 x 28`);
  }
  const expected = 4 + 4 * rank + shape.reduce((a, b) => a * b, 1);
  if (content.length !== expected) {
    throw new Unusable(
      `it has ${content.length} bytes where its header [${shape.join(', ')}] promises ${expected}`,
    );
  }
}

/** A file of a folder, or null where the folder has none. */
async function fromFolder(folder: string, file: IdxFile): Promise<Buffer | null> {
  const path = [`${file.name}.gz`, file.name]
    .map((name) => join(folder, name))
    .find((each) => existsSync(each));
  if (path === undefined) return null;
  try {
    return await contentOf(await readFile(path), file);
  } catch (error) {
    throw new InputError(
      `loadMnist: '${path}' cannot be used: ${(error as Error).message}; get the file anew.`,
    );
  }
}

/** Reads a response to its end; throws when nothing comes for `patience` milliseconds, or too much. */
async function transfer(url: string, patience: number): Promise<Buffer> {
  const stalled = new AbortController();
  const stop = () => stalled.abort(new Unusable(`nothing came for ${patience / 1000} s`));
  let timer = setTimeout(stop, patience);
  try {
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok || !response.body) throw new Unusable(`the server answered ${response.status}`);
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
      clearTimeout(timer);
      timer = setTimeout(stop, patience);
      parts.push(part);
      bytes += part.length;
      if (bytes > MOST_BYTES) throw new Unusable(`more than ${MOST_BYTES} bytes came`);
    }
    return Buffer.concat(parts);
  } finally {
    clearTimeout(timer);
    stalled.abort();
  }
}

/** fetch says only 'fetch failed'; what failed is its cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error
    ? `${message}: ${cause.message || (cause as NodeJS.ErrnoException).code}`
    : message;
}

async function download(cache: string, file: IdxFile, { mirror, patience }: Origin): Promise<Buffer> {
  const url = new URL(`${file.name}.gz`, mirror).href;
  let reason = '';
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      const packed = await transfer(url, patience);
      const content = await contentOf(packed, file);
      await keep(cache, `${file.name}.gz`, packed);
      return content;
    } catch (error) {
      if (error instanceof InputError) throw error;
      reason = reasonOf(error);
    }
  }
  throw new Unusable(`${url} (${ATTEMPTS} attempts; the last: ${reason})`);
}

/** Written beside and renamed: the cache never holds half a file. */
async function keep(cache: string, name: string, bytes: Buffer): Promise<void> {
  const beside = join(cache, `.${name}.${randomUUID()}`);
  try {
    await mkdir(cache, { recursive: true });
    await writeFile(beside, bytes);
    await rename(beside, join(cache, name));
  } catch (error) {
    await rm(beside, { force: true }).catch(() => {}); // what went wrong first is told
    throw new InputError(
      `loadMnist: the cache cannot be written (${(error as Error).message}). Name another folder with XDG_CACHE_HOME, or give dir.`,
    );
  }
}

async function fromCache(cache: string, file: IdxFile): Promise<Buffer | null> {
  try {
    return await fromFolder(cache, file);
  } catch {
    return null; // damaged: it is fetched again and replaced
  }
}

async function find(file: IdxFile, dir: string | undefined, origin: Origin): Promise<Buffer> {
  if (dir !== undefined) {
    const folder = resolve(origin.cwd, dir);
    const content = await fromFolder(folder, file);
    if (content) return content;
    throw new InputError(
      `loadMnist: there is no ${file.name}.gz in '${folder}'; name the folder that has it.`,
    );
  }
  const local = join(origin.cwd, 'data', 'mnist');
  const cache = join(cacheRoot(origin.env), 'mnist');
  const content = (await fromFolder(local, file)) ?? (await fromCache(cache, file));
  if (content) return content;
  try {
    return await download(cache, file, origin);
  } catch (error) {
    if (!(error instanceof Unusable)) throw error;
    throw new InputError(
      `loadMnist: ${file.name}.gz is neither in '${local}' nor in '${cache}', and could not be had from ${error.message}. Put the file into one of the folders, or give dir.`,
    );
  }
}

/** `loadMnist` with the places named: for its tests. */
export async function readMnist(options: MnistOptions, origin: Origin): Promise<Mnist> {
  checks.checkOptions('loadMnist', options, RULES);
  const { split = 'train', dir, nRows } = options;
  if (dir !== undefined && typeof dir !== 'string') {
    throw new InputError(`loadMnist: dir must be the path of a folder; got ${checks.show(dir)}.`);
  }
  const files = origin.files[split];
  const images = await find(files.images, dir, origin);
  const labels = await find(files.labels, dir, origin);
  const [total] = shapeOf(images);
  if (shapeOf(labels)[0] !== total) {
    throw new InputError(
      `loadMnist: ${total} pictures and ${shapeOf(labels)[0]} labels; get the files anew.`,
    );
  }
  const n = nRows ?? total;
  if (n > total) throw new InputError(`loadMnist: nRows is ${n}, and '${split}' has ${total} rows.`);
  const values = Uint8Array.from(images.subarray(16, 16 + n * PIXELS));
  return { x: { values, shape: [n, PIXELS] }, labels: Uint8Array.from(labels.subarray(8, 8 + n)) };
}

/**
 * The MNIST digits, from a folder, the user's cache, or a download (11 MB) that is kept in the cache. Wherever the
 * files come from, their content must have the known SHA-256.
 *
 * @returns x [N, 784], labels [N]; N is 60,000 or 10,000 unless `nRows` says less
 * @throws InputError for a file that is missing, damaged or another one, and when the download fails
 * @example
 * const { x, labels } = await loadMnist({ split: 'test', nRows: 1000 });
 */
export async function loadMnist(options: MnistOptions = {}): Promise<Mnist> {
  const { env } = process;
  return readMnist(options, { mirror: MIRROR, files: FILES, cwd: process.cwd(), env, patience: 30_000 });
}
