import { mkdir, readdir, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../core/errors.js';
import { isWhole } from './cache.js';
import { wheelPlatforms } from './needs.js';
import { lastWords, run, type Environment } from './run.js';

/** What `fetchLibraries` depends on. */
export interface Fetch {
  device: 'cpu' | 'gpu';
  /** TensorFlow's version, e.g. '2.21.0'. */
  tensorflow: string;
  python: string;
  glibc: string;
  env: Environment;
  signal?: AbortSignal;
  say: (line: string) => void;
}

const LIBRARIES = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'];
// libtensorflow_cc exports the whole C API, so it stands in for the library that tfjs-node links with.
const LINKS = [
  ['libtensorflow_cc.so.2', 'libtensorflow.so'],
  ['libtensorflow_framework.so.2', 'libtensorflow_framework.so'],
];

/** The paths that must be there; CUDA lies beside lib, since the library's RUNPATH looks in `$ORIGIN/../nvidia`. */
export const libraryParts = (device: 'cpu' | 'gpu'): string[] => [
  'include/tensorflow/c/c_api.h',
  ...LIBRARIES.map((name) => `lib/${name}`),
  ...LINKS.map(([, name]) => `lib/${name}`),
  ...(device === 'gpu' ? ['nvidia'] : []),
];

/**
 * Downloads TensorFlow's wheel, and for the GPU the CUDA wheels that it asks for, and unpacks what a binding needs into
 * `whole`: `include`, `lib`, `nvidia`.
 *
 * @throws InputError when pip finds or fetches nothing, or the wheel is not laid out as expected
 */
export async function fetchLibraries(whole: string, scratch: string, fetch: Fetch): Promise<void> {
  const { device, tensorflow, say } = fetch;
  const wheels = join(scratch, 'wheels');
  const name = `${device === 'gpu' ? 'tensorflow' : 'tensorflow-cpu'}==${tensorflow}`;
  say(`Fetching ${name} with pip`);
  await download([name], wheels, fetch);
  const [wheel] = await list(wheels);
  const metadata = await unpack(wheel, scratch, ['tensorflow/include/', ...inWheel(LIBRARIES)], fetch);
  await rm(wheel);

  await mkdir(join(whole, 'lib'), { recursive: true });
  for (const file of LIBRARIES) await take(scratch, `tensorflow/${file}`, join(whole, 'lib', file), wheel);
  await take(scratch, 'tensorflow/include', join(whole, 'include'), wheel);
  for (const [file, link] of LINKS) await symlink(file, join(whole, 'lib', link));

  if (device === 'gpu') await fetchCuda(extraRequirements(metadata, 'and-cuda'), whole, scratch, fetch);
  const missing = libraryParts(device).filter((part) => !isWhole(whole, [part]));
  if (missing.length > 0)
    throw new InputError(`${name} has no ${missing.join(', ')}. Take another --tensorflow.`);
}

async function fetchCuda(
  requirements: string[],
  whole: string,
  scratch: string,
  fetch: Fetch,
): Promise<void> {
  if (requirements.length === 0) {
    throw new InputError(
      `TensorFlow ${fetch.tensorflow} names no CUDA wheels (its extra 'and-cuda'). Take another --tensorflow.`,
    );
  }
  const wheels = join(scratch, 'cuda');
  fetch.say(`Fetching ${requirements.length} CUDA wheels with pip`);
  await download(requirements, wheels, fetch);
  for (const wheel of await list(wheels)) {
    await unpack(wheel, scratch, ['nvidia/'], fetch);
    await rm(wheel);
  }
  await take(scratch, 'nvidia', join(whole, 'nvidia'), 'CUDA');
}

const inWheel = (names: string[]): string[] => names.map((name) => `tensorflow/${name}`);

const list = async (folder: string): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.whl')).map((name) => join(folder, name));

async function take(scratch: string, from: string, to: string, wheel: string): Promise<void> {
  try {
    await rename(join(scratch, from), to);
  } catch (error) {
    throw new InputError(`${wheel.split('/').at(-1)} has no ${from} (${(error as Error).message}).`);
  }
}

async function download(requirements: readonly string[], into: string, fetch: Fetch): Promise<void> {
  const { python, glibc, env, signal } = fetch;
  const platforms = wheelPlatforms(glibc).flatMap((tag) => ['--platform', tag]);
  // The library does not care which Python: without these flags a newer one than TensorFlow knows finds no wheel.
  const target = ['--python-version', '3.12', '--implementation', 'cp', ...platforms];
  const options = ['--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--dest', into];
  const ran = await run(python, ['-m', 'pip', 'download', ...options, ...target, ...requirements], {
    env,
    signal,
    show: true,
  });
  if (ran.code === 0) return;
  throw new InputError(
    `pip could not fetch ${requirements.join(', ')} (${lastWords(ran)}). ` +
      'Check the network, or the version given with --tensorflow, and run the set-up again; nothing was installed.',
  );
}

// Unpacks the entries of a wheel that lie under the given prefixes, and prints its METADATA. zipfile checks every CRC.
const UNPACK = `
import sys, zipfile
wheel, into, prefixes = sys.argv[1], sys.argv[2], tuple(sys.argv[3:])
with zipfile.ZipFile(wheel) as archive:
    for entry in archive.namelist():
        if entry.startswith(prefixes):
            archive.extract(entry, into)
        elif entry.endswith('.dist-info/METADATA'):
            sys.stdout.buffer.write(archive.read(entry))
`;

async function unpack(wheel: string, into: string, prefixes: string[], fetch: Fetch): Promise<string> {
  const { python, env, signal, say } = fetch;
  say(`Unpacking ${wheel.split('/').at(-1)}`);
  const ran = await run(python, ['-c', UNPACK, wheel, into, ...prefixes], { env, signal });
  if (ran.code === 0) return ran.stdout;
  throw new InputError(
    `${wheel.split('/').at(-1)} could not be unpacked (${lastWords(ran, 1)}). Check the disk's free space and run the set-up again.`,
  );
}

/**
 * What a wheel requires for one of its extras, as pip reads it.
 *
 * @param metadata the wheel's METADATA
 * @returns requirements such as `nvidia-cublas-cu12<13.0,>=12.5.3.2`
 * @throws InputError when a requirement of that extra depends on something else too
 */
export function extraRequirements(metadata: string, extra: string): string[] {
  const [headers] = metadata.replaceAll('\r\n', '\n').split('\n\n', 1); // the description that follows may say anything
  const requirements: string[] = [];
  for (const line of headers.split('\n')) {
    const found = /^Requires-Dist:\s*([^;]+);(.*\bextra\b.*)$/.exec(line);
    if (!found) continue;
    const [, requirement, marker] = found;
    if (!new RegExp(`["']${extra}["']`).test(marker)) continue;
    if (!/^\s*extra\s*==\s*["'][^"']+["']\s*$/.test(marker)) {
      throw new InputError(`Cannot read the requirement '${line.trim()}'. Take another --tensorflow.`);
    }
    requirements.push(requirement.replace(/[()\s]/g, ''));
  }
  return requirements;
}
