import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { InputError } from '../../core/errors.js';
import type { Environment } from './run.js';

const DAY = 24 * 3600 * 1000;

/** The folder in the user's cache that keeps the libraries and bindings of every version. */
export function cacheRoot(env: Environment): string {
  // A relative XDG_CACHE_HOME is to be ignored, says its specification.
  const base = isAbsolute(env.XDG_CACHE_HOME ?? '')
    ? env.XDG_CACHE_HOME!
    : join(env.HOME ?? homedir(), '.cache');
  return join(base, 'tfjs-latent');
}

/**
 * Makes a folder whole or not at all: it is filled beside its place and then renamed. Two that make the same folder at
 * once do not meet; the first to finish wins.
 *
 * @param place where the folder is to be
 * @param parts the paths inside it that say it is whole
 * @param fill fills `whole`; `scratch` is for what is needed on the way
 * @returns whether it had to be made
 */
export async function keepWhole(
  place: string,
  parts: readonly string[],
  fill: (whole: string, scratch: string) => Promise<void>,
): Promise<boolean> {
  if (isWhole(place, parts)) return false;
  const scratch = await makeScratch(dirname(place));
  try {
    const whole = join(scratch, 'whole');
    await mkdir(whole);
    await fill(whole, scratch);
    await moveTo(whole, place, parts, scratch);
  } finally {
    await rm(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
  return true;
}

async function makeScratch(folder: string): Promise<string> {
  try {
    await mkdir(folder, { recursive: true });
    await sweep(folder);
    return await mkdtemp(join(folder, '.tmp-'));
  } catch (error) {
    throw new InputError(
      `The cache cannot be written (${(error as Error).message}). Name another folder with XDG_CACHE_HOME.`,
    );
  }
}

export const isWhole = (place: string, parts: readonly string[]): boolean =>
  parts.every((part) => existsSync(join(place, part)));

async function moveTo(
  whole: string,
  place: string,
  parts: readonly string[],
  scratch: string,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await rename(whole, place);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if ((code !== 'ENOTEMPTY' && code !== 'EEXIST') || attempt === 3) throw error;
      if (isWhole(place, parts)) return; // another set-up was first
      await rename(place, join(scratch, `broken-${attempt}`));
    }
  }
}

/** Removes what a set-up that was killed left behind; a running one is never a day old. */
async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith('.tmp-')) continue;
    const path = join(folder, name);
    const made = await stat(path).catch(() => null);
    if (made && Date.now() - made.mtimeMs > DAY) await rm(path, { recursive: true, force: true });
  }
}

/** @throws InputError when the disk under `folder` has less than `bytes` left */
export async function checkSpace(folder: string, bytes: number): Promise<void> {
  let existing = folder;
  while (!existsSync(existing)) existing = dirname(existing);
  const { bavail, bsize } = await statfs(existing);
  const free = bavail * bsize;
  if (free >= bytes) return;
  const gigabytes = (n: number) => `${(n / 1e9).toFixed(1)} GB`;
  throw new InputError(
    `The native set-up needs ${gigabytes(bytes)} in ${folder}, where ${gigabytes(free)} are free. ` +
      'Free some, or name another folder with XDG_CACHE_HOME.',
  );
}
