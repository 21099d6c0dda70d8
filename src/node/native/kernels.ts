import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { backend, getKernel, registerKernel, type Tensor } from '@tensorflow/tfjs-core';
import sources from '#native';
import { InputError } from '../../core/errors.js';
import { NATIVE_KERNELS } from '../../core/native.js';
import { lastWords, run, type Environment } from './run.js';

/** Sets of instructions that the kernels are built for, the widest first, with what Linux calls their flags. */
const LEVELS: [name: string, flags: string[]][] = [
  ['x86-64-v4', ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl']],
  ['x86-64-v3', ['avx2', 'fma', 'bmi2']],
];

const fileOf = (level: string): string => `${level}.node`;

/** Every file of a whole set of kernels. */
export const KERNEL_FILES = LEVELS.map(([level]) => fileOf(level));

/** A folder for what is built from these sources: other ones have another name. */
export function kernelsFolder(): string {
  const hash = createHash('sha256');
  for (const name of sourceFiles()) hash.update(name).update(readFileSync(join(sources, name)));
  return `kernels-${hash.digest('hex').slice(0, 12)}`;
}

const sourceFiles = (): string[] =>
  readdirSync(sources)
    .filter((name) => /\.(cc|h)$/.test(name))
    .sort();

export interface KernelBuild {
  /** The folder with include and lib. */
  deps: string;
  compiler: string;
  env: Environment;
  signal?: AbortSignal;
  say: (line: string) => void;
}

/**
 * Builds the kernels of TensorFlow that K-means, mixtures and PCA have of their own, for each set of instructions, into
 * `whole`.
 *
 * @throws InputError with the compiler's last words
 */
export async function buildKernels(whole: string, scratch: string, build: KernelBuild): Promise<void> {
  const { deps, compiler, env, signal, say } = build;
  say('Building the kernels');
  const files = sourceFiles().filter((name) => name.endsWith('.cc'));
  const include = join(deps, 'include');
  const each = LEVELS.map(async ([level]) => {
    const made = join(scratch, fileOf(level));
    const machine = [`-march=${level}`, '-mprefer-vector-width=512', '-fno-math-errno', '-fno-trapping-math'];
    const args = ['-std=c++17', '-O3', ...machine, '-fPIC', '-shared', '-pthread', '-fvisibility=hidden'];
    args.push('-Wno-psabi', `-I${include}`, '-o', made, ...files.map((name) => join(sources, name)));
    args.push(join(deps, 'lib/libtensorflow_framework.so.2'));
    const ran = await run(compiler, args, { env, signal });
    if (ran.code !== 0) {
      throw new InputError(
        `The kernels could not be built (${cause(ran.stderr) ?? lastWords(ran)}). They want g++ 11, clang++ 12 or later ` +
          '(CXX names another compiler); mend that and run the set-up again.',
      );
    }
    await rename(made, join(whole, fileOf(level)));
  });
  await Promise.all(each);
}

const cause = (stderr: string): string | undefined => /^.*\berror: .*$/m.exec(stderr)?.[0].trim();

/**
 * Loads the kernels that the set-up built for an installed tfjs-node, and registers them for the backend in use.
 *
 * @returns false where the set-up would build them; other processors and systems do without
 */
export function loadKernels(name: string): boolean {
  const level = bestLevel();
  if (level === null) return true;
  const file = findKernels(name, level);
  if (file === null) return false;
  process.dlopen({ exports: {} }, file);
  for (const [kernelName, outputs] of Object.entries(NATIVE_KERNELS)) {
    if (getKernel(kernelName, 'tensorflow')) continue;
    registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs }) => {
        const tensorflow = backend() as unknown as Executing;
        return tensorflow.executeMultipleOutputs(kernelName, [], Object.values(inputs) as Tensor[], outputs);
      },
    });
  }
  return true;
}

interface Executing {
  executeMultipleOutputs(op: string, attributes: [], inputs: Tensor[], outputs: number): Tensor[];
}

function bestLevel(): string | null {
  if (process.platform !== 'linux' || process.arch !== 'x64') return null;
  const flags = new Set(/^flags\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1].split(' '));
  return LEVELS.find(([, needed]) => needed.every((flag) => flags.has(flag)))?.[0] ?? null;
}

function findKernels(name: string, level: string): string | null {
  try {
    const manifest = createRequire(join(sources, 'folder.cjs')).resolve(`${name}/package.json`);
    const file = join(dirname(manifest), 'lib', kernelsFolder(), fileOf(level));
    return existsSync(file) ? file : null;
  } catch {
    return null; // the package lies elsewhere
  }
}
