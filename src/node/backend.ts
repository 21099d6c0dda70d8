import util from 'node:util';
import {
  backend,
  findBackendFactory,
  getKernelsForBackend,
  removeBackend,
  setBackend,
  unregisterKernel,
  version_core,
} from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { loadKernels } from './native/load.js';

/** What {@link useBestBackend} chose. */
export interface BestBackend {
  /** The backend's name in TensorFlow.js: `tensorflow`, `wasm`, `cpu` or `webgpu`. */
  backend: string;
  device: 'gpu' | 'cpu';
  /** TensorFlow's version for `tensorflow`, the backend package's for the others. */
  version: string;
  /** One line when native speed is to be had here and is not, or an installed backend is broken; null otherwise. */
  hint: string | null;
}

type Name = 'tensorflow' | 'wasm' | 'cpu' | 'webgpu';
type Module = Record<string, unknown>;
type Load = (name: string) => Promise<Module>;
type Loaded = { module: Module; failure: null } | { module: null; failure: string | null };

/** What the choice depends on; tests hand in their own. */
export interface Surroundings {
  /** `import()` of an optional package. */
  load: Load;
  platform: string;
  arch: string;
  /** Why this library's kernels could not be loaded for the TensorFlow in use, in a sentence; null when they are. */
  kernels: (command: string) => string | null;
  /** The same for WebAssembly. */
  wasmKernels: () => Promise<string | null>;
}

const GPU = '@tensorflow/tfjs-node-gpu';
const CPU = '@tensorflow/tfjs-node';
/** In the order in which they are tried; webgpu only by name. */
const TRIED: readonly Name[] = ['tensorflow', 'wasm', 'cpu'];
const NAMES: readonly Name[] = [...TRIED, 'webgpu'];

// The name is a variable so that a user without the package neither compiles nor bundles it.
const here: Surroundings = {
  load: (name) => import(name) as Promise<Module>,
  platform: process.platform,
  arch: process.arch,
  kernels: loadKernels,
  wasmKernels: loadWasmKernels,
};

/**
 * Registers and picks the best backend on this machine: `@tensorflow/tfjs-node-gpu`, else `@tensorflow/tfjs-node` (with
 * the library of `npx tfjs-latent native` or its own), else `@tensorflow/tfjs-backend-wasm`, else the plain JavaScript
 * of `@tensorflow/tfjs`. Gradients come with `@tensorflow/tfjs`, which is loaded where it is installed. WebGPU (npm
 * `webgpu` with `@tensorflow/tfjs-backend-webgpu`) is taken only when named: a GPU without CUDA. Nothing can be read back
 * synchronously there: `await x.data()`.
 *
 * @param prefer the one backend to use; without it the best that loads
 * @returns what was chosen, with a hint when a faster one is one command away
 * @throws InputError when the named backend, or none at all, can be had: with the cause and the command that mends it
 * @example
 * const { backend, device, hint } = await useBestBackend();
 * if (hint) console.warn(hint);
 */
export function useBestBackend(prefer?: 'tensorflow' | 'wasm' | 'cpu' | 'webgpu'): Promise<BestBackend> {
  return chooseBackend(prefer, here);
}

/** {@link useBestBackend} with its surroundings handed in. */
export async function chooseBackend(prefer: Name | undefined, around: Surroundings): Promise<BestBackend> {
  if (prefer !== undefined && !NAMES.includes(prefer)) {
    throw new InputError(`useBestBackend: unknown backend '${String(prefer)}'; take ${NAMES.join(', ')}.`);
  }
  const refusals: string[] = [];
  const hints: string[] = [];
  for (const name of prefer === undefined ? TRIED : [prefer]) {
    const tried = await tryBackend(name, around);
    if (tried.hint !== null) hints.push(tried.hint);
    if (tried.chosen) return { ...tried.chosen, hint: hints.join(' ') || null };
    refusals.push(`${name}: ${tried.refusal}`);
  }
  throw new InputError(`useBestBackend: no backend could be used. ${refusals.join(' ')}`);
}

function tryBackend(name: Name, around: Surroundings): Promise<Tried> {
  if (name === 'tensorflow') return tensorflow(around);
  return name === 'webgpu' ? webgpu(around.load) : portable(name, around);
}

/** A hint is what the user should know although another backend, or this one, works. */
type Tried = { hint: string | null } & (
  { chosen: Omit<BestBackend, 'hint'>; refusal?: undefined } | { chosen: null; refusal: string }
);

async function tensorflow(around: Surroundings): Promise<Tried> {
  prepareProcess();
  const failures: string[] = [];
  for (const name of [GPU, CPU]) {
    const before = findBackendFactory('tensorflow') != null;
    const { module, failure } = await tryLoad(name, around.load);
    if (!module && failure === null) continue;
    const broken = module ? await start('tensorflow', name) : `${failure}. ${remedy(name, failure!, around)}`;
    if (broken === null) return chosenTensorflow(name, failures[0] ?? null, around);
    failures.push(`${name} is installed but cannot be used: ${broken.trim()}`);
    if (!before) forgetTensorflow();
  }
  const hint = failures.join(' ') || (hasRecipe(around) ? install(around) : null);
  return { chosen: null, hint, refusal: failures.join(' ') || `not installed. ${install(around)}` };
}

const hasRecipe = ({ platform, arch }: Surroundings) => platform === 'linux' && arch === 'x64';

const install = (around: Surroundings): string =>
  hasRecipe(around)
    ? `Native TensorFlow is several times faster: 'npm install --ignore-scripts ${CPU}', then 'npx tfjs-latent native'.`
    : `Run 'npm install ${CPU}'.`;

function chosenTensorflow(name: string, failure: string | null, around: Surroundings): Tried {
  const native = backend() as unknown as { isUsingGpuDevice: boolean; binding: { TF_Version: string } };
  const device = native.isUsingGpuDevice ? 'gpu' : 'cpu';
  const noGpu =
    name === GPU && device === 'cpu'
      ? `${GPU} found no usable GPU and computes on the CPU; with TF_CPP_MIN_LOG_LEVEL=0 TensorFlow says why.`
      : null;
  const without = device === 'cpu' && hasRecipe(around) ? around.kernels(command(name)) : null;
  return {
    chosen: { backend: 'tensorflow', device, version: native.binding.TF_Version },
    hint: [failure ?? noGpu, without && slower(without)].filter(Boolean).join(' ') || null,
  };
}

const slower = (why: string): string => `Fits are slower without this library's kernels: ${why}`;

/** What sets a package up. */
const command = (name: string): string => `npx tfjs-latent native${name === GPU ? ' --device gpu' : ''}`;

/**
 * tfjs-node calls a function that Node 23 removed, and TensorFlow reads its log level when it is loaded. cuBLAS, which
 * reads its switch when it starts, would multiply float32 matrices with 10 bits of mantissa on Ampere and later: distances
 * by products are then off in the third digit.
 */
function prepareProcess(): void {
  const target = util as unknown as Record<string, unknown>;
  target.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
}

/** A package that failed half-way leaves kernels, or even a backend, behind, which would stand in the next one's way. */
function forgetTensorflow(): void {
  for (const { kernelName } of getKernelsForBackend('tensorflow')) unregisterKernel(kernelName, 'tensorflow');
  if (findBackendFactory('tensorflow') != null) removeBackend('tensorflow');
}

function remedy(name: string, failure: string, around: Surroundings): string {
  if (/^Cannot find/.test(failure)) return `Run 'npm install' again.`;
  if (hasRecipe(around)) return `Run '${command(name)}'.`;
  return /native addon/.test(failure) ? `Run 'npm rebuild ${name} --build-addon-from-source'.` : '';
}

async function loadWasmKernels(): Promise<string | null> {
  try {
    // Not with this file: the module is large, and most use TensorFlow.
    await (await import('../wasm/index.js')).useWasmKernels();
    return null;
  } catch (error) {
    return (error as Error).message.replace(/^useWasmKernels: /, '');
  }
}

const PACKAGES = {
  wasm: { name: '@tensorflow/tfjs-backend-wasm', version: 'version_wasm' },
  cpu: { name: '@tensorflow/tfjs-backend-cpu', version: 'version_cpu' },
};

async function portable(name: 'wasm' | 'cpu', { load, wasmKernels }: Surroundings): Promise<Tried> {
  const union = '@tensorflow/tfjs';
  const whole = await tryLoad(union, load);
  if (whole.failure !== null) return refused(union, `${whole.failure}.`);
  const wanted = PACKAGES[name];
  const { module, failure } = await tryLoad(wanted.name, load);
  if (failure !== null) return refused(wanted.name, `${failure}.`);
  // tfjs brings the cpu backend along, at a place where only tfjs itself may find it.
  const registered = module ?? (name === 'cpu' ? whole.module : null);
  if (registered === null) {
    const absent = name === 'cpu' ? union : wanted.name;
    return { chosen: null, hint: null, refusal: `not installed. Run 'npm install ${absent}'.` };
  }
  const broken = await start(name, wanted.name);
  if (broken !== null) return refused(wanted.name, broken);
  const version = String(exported(registered, module ? wanted.version : 'version_core'));
  const without = name === 'wasm' ? await wasmKernels() : null;
  return { chosen: { backend: name, device: 'cpu', version }, hint: without && slower(without) };
}

const DAWN = 'webgpu';
const WEBGPU = '@tensorflow/tfjs-backend-webgpu';

/** The backend's package registers itself only where the globals of a page's WebGPU are there: it is loaded last. */
async function webgpu(load: Load): Promise<Tried> {
  await tryLoad('@tensorflow/tfjs', load);
  const dawn = await tryLoad(DAWN, load);
  if (!dawn.module) return missing(DAWN, dawn.failure);
  const gpu = (exported(dawn.module, 'create') as (flags: string[]) => Gpu)([]);
  const adapter = await gpu.requestAdapter();
  if (adapter === null) {
    return refused(DAWN, 'no adapter was found: Dawn needs a driver for Vulkan, Metal or Direct3D 12.');
  }
  provideWebGpu(gpu, exported(dawn.module, 'globals') as object);
  const { module, failure } = await tryLoad(WEBGPU, load);
  if (!module) return missing(WEBGPU, failure);
  const broken = await start('webgpu', WEBGPU);
  if (broken !== null) return refused(WEBGPU, broken);
  const device = adapter.info.isFallbackAdapter ? 'cpu' : 'gpu';
  return { chosen: { backend: 'webgpu', device, version: version_core }, hint: null };
}

/** What of WebGPU's own interface is used here. */
interface Gpu {
  requestAdapter(): Promise<{ info: { isFallbackAdapter: boolean } } | null>;
}

/** As in a page. Node 21 and later have a navigator, without gpu. */
function provideWebGpu(gpu: Gpu, globals: object): void {
  Object.assign(globalThis, globals);
  const page = globalThis as { navigator?: object };
  if (page.navigator === undefined)
    Object.defineProperty(page, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(page.navigator, 'gpu', { value: gpu, configurable: true });
}

const missing = (name: string, failure: string | null): Tried =>
  failure === null
    ? { chosen: null, hint: null, refusal: `not installed. Run 'npm install ${DAWN} ${WEBGPU}'.` }
    : refused(name, `${failure}.`);

function refused(name: string, cause: string): Tried {
  const refusal = `${name} is installed but cannot be used: ${cause}`;
  return { chosen: null, hint: refusal, refusal };
}

/** A CommonJS module's names lie on its namespace or, where Node could not see them, on `default`. */
const exported = (module: Module, name: string): unknown =>
  module[name] ?? (module.default as Module | undefined)?.[name];

/** Makes a backend whose package has been loaded the current one; what is returned is why that failed, or null. */
async function start(name: Name, from: string): Promise<string | null> {
  if (findBackendFactory(name) == null) {
    return (
      `${from} registered its backend on another copy of @tensorflow/tfjs-core than this library's; ` +
      "give every @tensorflow package the same version and run 'npm dedupe'."
    );
  }
  return (await setBackend(name)) ? null : `the backend '${name}' did not start; its own message is above.`;
}

/** `failure` is null where the package is simply not installed. */
async function tryLoad(name: string, load: Load): Promise<Loaded> {
  try {
    return { module: await load(name), failure: null };
  } catch (error) {
    const message = error instanceof Error ? error.message : String((error as Error)?.message ?? error);
    const missing = /^Cannot find (?:module|package) '([^']+)'/.exec(message);
    if (missing?.[1] === name) return { module: null, failure: null };
    return { module: null, failure: firstSentence(message) };
  }
}

const firstSentence = (message: string): string => message.split('\n', 1)[0].trim().replace(/\.$/, '');
