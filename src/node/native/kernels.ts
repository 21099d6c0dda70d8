import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import sources from '#native';
import { InputError } from '../../core/errors.js';
import { isWhole, keepWhole } from './cache.js';
import { checkKernels } from './check.js';
import { LEVELS, NO_LEVEL, type Level } from './levels.js';
import type { NodePackage } from './link.js';
import { findCompiler, missingCompiler, type Host } from './needs.js';
import { lastWords, run, type Environment } from './run.js';

/** How the compiler is called, but for the instructions and the files. */
const FLAGS = ['-std=c++17', '-O3', '-fPIC', '-shared', '-pthread', '-fvisibility=hidden', '-Wno-psabi'];
FLAGS.push('-mprefer-vector-width=512', '-fno-math-errno', '-fno-trapping-math');
// What TensorFlow has not is found now, not at a call; and the library stays when a worker that loaded it ends.
FLAGS.push('-Wl,-z,defs,-z,now,-z,nodelete');

const DAY = 24 * 3600 * 1000;

/** The file of a set of kernels for one set of instructions. */
export const kernelFile = (level: Level): string => `${level}.node`;

/** Every file of a whole set of kernels. */
export const KERNEL_FILES = LEVELS.map(kernelFile);

/**
 * Tells these sources, and how they are compiled, from any others: 12 hexadecimal digits.
 *
 * @throws InputError where the sources do not lie beside this code
 */
export function kernelsHash(): string {
  const hash = createHash('sha256').update(FLAGS.join());
  for (const name of sourceFiles()) hash.update(name).update(readFileSync(join(sources, name)));
  return hash.digest('hex').slice(0, 12);
}

/** A folder for what is built from these sources, beside the TensorFlow that it is built against. */
export const kernelsFolder = (): string => `kernels-${kernelsHash()}`;

/** What TensorFlow calls a kernel's op: in two versions of this library, which may meet in a process, not the same. */
export const opName = (kernel: string): string => `${kernel}_${kernelsHash()}`;

function sourceFiles(): string[] {
  const names = existsSync(sources) ? readdirSync(sources).filter((name) => /\.(cc|h)$/.test(name)) : [];
  if (names.includes('kernel.h')) return names.sort();
  throw new InputError(
    `the folder 'native' of tfjs-latent is not at ${sources}; a bundler has to leave the package out (external)`,
  );
}

/** How a compiler is called for one set of instructions: without what it is to make and from which files. */
export const compilerFlags = (level: Level, deps: string): string[] => [
  `-march=${level}`,
  ...FLAGS,
  `-DLATENT_SUFFIX="_${kernelsHash()}"`,
  '-isystem',
  join(deps, 'include'),
];

export interface KernelBuild {
  /** The folder of one TensorFlow: with `deps`, and the kernels. */
  home: string;
  /** A package that computes with it. */
  target: NodePackage;
  env: Environment;
  host: Host;
  signal?: AbortSignal;
  say: (line: string) => void;
}

/**
 * Builds the kernels of TensorFlow that K-means, mixtures and PCA have of their own, unless they are there, and sees in a
 * fresh process that they compute. Those of other versions stay while somebody uses them.
 *
 * @returns whether they had to be built
 * @throws InputError with what is missing, or with the compiler's last words
 */
export async function setUpKernels(build: KernelBuild): Promise<boolean> {
  const { home, host, signal } = build;
  if (host.level === null) throw new InputError(`The kernels are not built: ${NO_LEVEL}.`);
  const place = join(home, kernelsFolder());
  const check = (folder: string) =>
    checkKernels(build.target, join(folder, kernelFile(host.level!)), opName('LatentCheck'), build);
  if (isWhole(place, KERNEL_FILES)) {
    try {
      await check(place);
    } catch {
      signal?.throwIfAborted();
      await rm(place, { recursive: true, force: true }); // of another machine, or spoilt
    }
  }
  const built = await keepWhole(place, KERNEL_FILES, async (whole, scratch) => {
    await buildKernels(whole, scratch, build);
    await check(whole);
  });
  await sweepUnused(home, place);
  return built;
}

async function buildKernels(whole: string, scratch: string, build: KernelBuild): Promise<void> {
  const { env, host, say } = build;
  const compiler = findCompiler(env);
  if (compiler === null) throw new InputError(missingCompiler(env, host));
  say('Building the kernels');
  const all = LEVELS.map(async (level) => {
    await compile(compiler, level, join(scratch, kernelFile(level)), build);
    await rename(join(scratch, kernelFile(level)), join(whole, kernelFile(level)));
  });
  await Promise.allSettled(all); // none still runs when one has failed and the scratch folder goes
  await Promise.all(all);
}

async function compile(compiler: string, level: Level, made: string, build: KernelBuild): Promise<void> {
  const { home, env, signal } = build;
  const deps = join(home, 'deps');
  const files = sourceFiles().filter((name) => name.endsWith('.cc'));
  const [, ...asked] = env.CXX?.trim().split(/\s+/) ?? []; // as in CXX='ccache g++'
  const args = [...asked, ...compilerFlags(level, deps), '-o', made];
  args.push(...files.map((name) => join(sources, name)), join(deps, 'lib/libtensorflow_framework.so.2'));
  const ran = await run(compiler, args, { env, signal });
  if (ran.code === 0 && existsSync(made)) return;
  throw new InputError(
    `The kernels could not be built (${cause(ran.stderr) ?? lastWords(ran)}). They want g++ 11, clang++ 12 or later: ` +
      'CXX names another compiler. Mend that and run the set-up again.',
  );
}

const cause = (stderr: string): string | undefined => /^.*\berror: .*$/m.exec(stderr)?.[0].trim();

/** Every version of the sources leaves a folder of its own; another project may use it, so only what is long unused goes. */
async function sweepUnused(home: string, used: string): Promise<void> {
  const now = new Date();
  await utimes(used, now, now).catch(() => {}); // a cache that cannot be written is not swept
  for (const name of await readdir(home)) {
    const folder = join(home, name);
    if (!name.startsWith('kernels-') || folder === used) continue;
    if (now.getTime() - (await lastUse(folder)) > 90 * DAY) {
      await rm(folder, { recursive: true, force: true }).catch(() => {});
    }
  }
}

/** When a set-up found it, or somebody loaded it: Linux notes a file's reading at least once a day, where it is let. */
async function lastUse(folder: string): Promise<number> {
  const paths = [folder, ...KERNEL_FILES.map((file) => join(folder, file))];
  const times = await Promise.all(paths.map((path) => stat(path).catch(() => null)));
  return Math.max(0, ...times.flatMap((each) => (each ? [each.mtimeMs, each.atimeMs] : [])));
}
