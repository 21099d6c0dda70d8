import { existsSync, readFileSync } from 'node:fs';
import { lstat, mkdir, readlink, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { randomBytes } from 'node:crypto';
import { dirname, join } from 'node:path';
import { InputError } from '../../core/errors.js';

/** An installed tfjs-node. */
export interface NodePackage {
  name: string;
  version: string;
  folder: string;
}

const CPU = '@tensorflow/tfjs-node';

/**
 * The package that is to be given its library: for the GPU `@tensorflow/tfjs-node-gpu` where it is installed, else
 * `@tensorflow/tfjs-node`.
 *
 * @param cwd the user's project
 * @throws InputError when it is not installed there
 */
export function findPackage(cwd: string, device: 'cpu' | 'gpu'): NodePackage {
  const require = createRequire(join(cwd, 'package.json'));
  for (const name of device === 'gpu' ? [`${CPU}-gpu`, CPU] : [CPU]) {
    let manifest: string;
    try {
      manifest = require.resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
    const folder = dirname(manifest);
    if (existsSync(join(folder, 'binding.gyp'))) return { name, version, folder };
    throw new InputError(
      `${folder} has no binding.gyp. Install it anew: npm install --ignore-scripts ${name}`,
    );
  }
  throw new InputError(
    `${CPU} is not installed in ${cwd}. Run 'npm install --ignore-scripts ${CPU}' there, then this again.`,
  );
}

export interface Linked {
  /** Puts back what was there before. */
  undo: () => Promise<void>;
  /** Removes what was there before. */
  keep: () => Promise<void>;
}

/**
 * Makes folders of the package links into the cache, each in one step. What stood there (the stock library, an older
 * link) is kept until the caller has tried the new one.
 *
 * @param links pairs of a path in the package and the folder that it is to show
 * @throws InputError when the package cannot be written; it is then as it was
 */
export async function linkAll(
  folder: string,
  links: readonly (readonly [string, string])[],
): Promise<Linked> {
  const done: { place: string; before: Before }[] = [];
  const undo = async () => {
    for (const { place, before } of done.splice(0).reverse()) await putBack(place, before);
  };
  try {
    for (const [part, target] of links) {
      const place = join(folder, part);
      await mkdir(dirname(place), { recursive: true });
      const before = await setAside(place);
      if (before.link === target) continue;
      done.push({ place, before });
      await putLink(target, place);
    }
  } catch (error) {
    await undo();
    throw new InputError(
      `${folder} cannot be written (${(error as Error).message}). Mend that and run this again.`,
    );
  }
  const keep = async () => {
    for (const { before } of done) if (before.aside) await rm(before.aside, { recursive: true, force: true });
  };
  return { undo, keep };
}

/** What stood at a place: a link to somewhere, something that was moved aside, or nothing. */
interface Before {
  link?: string;
  aside?: string;
}

const unique = () => randomBytes(4).toString('hex');

async function setAside(place: string): Promise<Before> {
  const found = await lstat(place).catch(() => null);
  if (found === null) return {};
  if (found.isSymbolicLink()) return { link: await readlink(place) }; // the new link replaces it in one step
  const aside = `${place}.old-${unique()}`;
  await rename(place, aside);
  return { aside };
}

async function putBack(place: string, { link, aside }: Before): Promise<void> {
  if (link !== undefined) return putLink(link, place);
  await rm(place, { force: true });
  if (aside !== undefined) await rename(aside, place);
}

/** Renaming a link over a link is one step: whoever loads the package meanwhile finds the old one or the new one. */
async function putLink(target: string, place: string): Promise<void> {
  const made = `${place}.new-${unique()}`;
  await symlink(target, made);
  try {
    await rename(made, place);
  } catch (error) {
    await rm(made, { force: true });
    throw error;
  }
}
