import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../core/errors.js';
import { BINDING, BINDING_FOLDER, buildBinding } from './native/binding.js';
import { cacheRoot, checkSpace, isWhole, keepWhole } from './native/cache.js';
import { checkNative, type Checked } from './native/check.js';
import { setUpKernels, type KernelBuild } from './native/kernels.js';
import { findPackage, linkAll, type NodePackage } from './native/link.js';
import { checkHost, findTools, thisHost, type Host } from './native/needs.js';
import type { Environment } from './native/run.js';
import { fetchLibraries, libraryParts } from './native/wheels.js';

/** The version of TensorFlow that the set-up was tried with. */
export const TENSORFLOW = '2.21.0';

/** Room for the wheels and what is unpacked from them, in bytes, rounded up from TensorFlow 2.21.0. */
const SPACE = { cpu: 1.6e9, gpu: 9e9 };

export interface NativeOptions {
  device?: 'cpu' | 'gpu';
  /** TensorFlow's version, at least 2.16. */
  tensorflow?: string;
  /** The project that has tfjs-node installed. */
  cwd?: string;
  signal?: AbortSignal;
  /** Told what goes on, a line at a time. */
  say?: (line: string) => void;
  env?: Environment;
  host?: Host;
}

export interface NativeSetUp extends Checked {
  package: NodePackage;
  /** Whether the libraries had to be fetched, and binding or kernels built; the rest came from the cache. */
  fetched: boolean;
  built: boolean;
  /** Why there are no kernels, without which all works but fits are slower, and the remedy; null where nothing is lost. */
  lost: string | null;
}

/**
 * Gives an installed `@tensorflow/tfjs-node` today's TensorFlow: fetches its wheel, builds the binding, links both into
 * the package and multiplies two matrices in a fresh process. Then it builds this library's own kernels for a CPU, beside
 * the TensorFlow that they are for, and goes on without them where they cannot be had. All of it stays in the user's
 * cache, so that a second set-up, after `npm ci` say, takes seconds. Whatever else fails leaves the package as it was.
 *
 * @throws InputError with what is missing and the command that mends it; the signal's reason after an abort
 */
export async function setUpNative(options: NativeOptions = {}): Promise<NativeSetUp> {
  const { device = 'cpu', tensorflow = TENSORFLOW, cwd = process.cwd(), signal } = options;
  const { env = process.env, say = () => {}, host = thisHost() } = options;
  if (!isVersion(tensorflow)) {
    throw new InputError(`TensorFlow's version is given as in ${TENSORFLOW}, not as '${tensorflow}'.`);
  }
  checkHost(host);
  const target = findPackage(cwd, device);
  const home = join(cacheRoot(env), `${tensorflow}-${device}`);
  const deps = join(home, 'deps');
  const bindings = join(home, `${target.name.split('/')[1]}-${target.version}`);

  // Looked for before anything is made or fetched, and only if something has to be.
  const whole = isWhole(deps, libraryParts(device)) && isWhole(bindings, [BINDING]);
  const tools = whole ? null : await findTools(cwd, env, host);
  if (!whole && /\s/.test(home)) {
    throw new InputError(
      `make cannot build in '${home}', for its space. Name a folder without one with XDG_CACHE_HOME.`,
    );
  }
  const fetched = await keepWhole(deps, libraryParts(device), async (into, scratch) => {
    await checkSpace(home, SPACE[device]);
    const { python } = tools ?? (await findTools(cwd, env, host));
    await fetchLibraries(into, scratch, { device, tensorflow, python, glibc: host.glibc!, env, signal, say });
  });
  const built = await keepWhole(bindings, [BINDING], async (into, scratch) => {
    const found = tools ?? (await findTools(cwd, env, host));
    await buildBinding(into, scratch, { deps, target, tools: found, env, signal, say });
  });
  const checked = await install(target, home, bindings, env, signal).catch(async (error: unknown) => {
    if (built) await rm(bindings, { recursive: true, force: true }); // nobody has seen it compute: the next one builds anew
    throw error;
  });
  const kernels =
    checked.device === 'cpu'
      ? await tryKernels({ home, target, env, host, signal, say })
      : { built: false, lost: null };
  return { ...checked, package: target, fetched, built: built || kernels.built, lost: kernels.lost };
}

async function tryKernels(build: KernelBuild): Promise<{ built: boolean; lost: string | null }> {
  try {
    return { built: await setUpKernels(build), lost: null };
  } catch (error) {
    build.signal?.throwIfAborted();
    return {
      built: false,
      lost: `${(error as Error).message} Without them fits on a CPU are slower; all else works.`,
    };
  }
}

/** Whether this names one release of TensorFlow, e.g. `2.21.0` or `2.22.0rc1`. */
export const isVersion = (text: string): boolean => /^\d+\.\d+\.\d+(rc\d+)?$/.test(text);

async function install(
  target: NodePackage,
  home: string,
  bindings: string,
  env: Environment,
  signal?: AbortSignal,
): Promise<Checked> {
  const { undo, keep } = await linkAll(target.folder, [
    ['deps/include', join(home, 'deps/include')],
    ['deps/lib', join(home, 'deps/lib')],
    [`lib/${BINDING_FOLDER}`, join(bindings, BINDING_FOLDER)],
  ]);
  try {
    const checked = await checkNative(target, env, signal);
    await keep();
    return checked;
  } catch (error) {
    await undo();
    if (!(error instanceof InputError)) throw error;
    throw new InputError(
      `${error.message} ${target.name} is as it was. If it should work here, remove ${home} and run the set-up again.`,
    );
  }
}
