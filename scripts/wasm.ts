/**
 * Builds dist/wasm-kernels.cjs: the kernels (native/*.cc) as a WebAssembly module, by the clang that npm has as WebAssembly
 * itself (@yowasp/clang), so that nothing but Node is needed. It takes half a minute and is kept in node_modules/.cache.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Exit, runLLVM } from '@yowasp/clang';
import type { KernelModule } from '../src/wasm/instantiate.js';
import { write } from './page.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const BUILT = path.join(ROOT, 'dist/wasm-kernels.cjs');
const COMPILER = path.join(ROOT, 'node_modules/@yowasp/clang/package.json');
const CACHE = path.join(ROOT, 'node_modules/.cache/tfjs-latent');

const COMPILE = [
  'clang++',
  '--target=wasm32-wasip1',
  '-std=c++17',
  '-O2',
  '-msimd128',
  '-mbulk-memory',
  '-fPIC',
];
COMPILE.push(
  '-fno-exceptions',
  '-fno-rtti',
  '-fno-math-errno',
  '-fno-threadsafe-statics',
  '-fvisibility=hidden',
);
COMPILE.push('-Wall', '-Wextra', '-Werror', '-Wno-unknown-pragmas', '-DNDEBUG', '-Inative');
const LINK = [
  'wasm-ld',
  '--experimental-pic',
  '-shared',
  '--import-memory',
  '--allow-undefined',
  '--strip-all',
  '-O2',
];

/** Files by their name, in one folder. */
type Files = Record<string, Uint8Array>;

/** The kernels' sources, with the part that is WebAssembly's in TensorFlow's place. */
function sources(): Files {
  const all = ['native', 'native/webassembly'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).map((name) => path.join(ROOT, folder, name)),
  );
  const files = all.filter((file) => /\.(cc|h)$/.test(file) && path.basename(file) !== 'kernel.cc');
  return Object.fromEntries(files.sort().map((file) => [path.basename(file), readFileSync(file)]));
}

function hashOf(files: Files): string {
  const { version } = JSON.parse(readFileSync(COMPILER, 'utf8')) as { version: string };
  const hash = createHash('sha256').update(JSON.stringify([version, COMPILE, LINK]));
  for (const [name, content] of Object.entries(files)) hash.update(name).update(content);
  return hash.digest('hex').slice(0, 12);
}

async function run(args: string[], files: Parameters<typeof runLLVM>[1]): Promise<Files> {
  let said = '';
  const stderr = (bytes: Uint8Array | null) => void (said += new TextDecoder().decode(bytes ?? undefined));
  try {
    return (await runLLVM(args, files, { stderr, fetchProgress: () => undefined })) as Files;
  } catch (error) {
    throw error instanceof Exit ? new Error(`${args.join(' ')}\n${said}`) : error;
  }
}

async function compile(native: Files): Promise<Uint8Array<ArrayBuffer>> {
  const objects: Files = {};
  for (const source of Object.keys(native).filter((name) => name.endsWith('.cc'))) {
    const object = `${source}.o`;
    objects[object] = (await run([...COMPILE, '-c', `native/${source}`, '-o', object], { native }))[object];
  }
  const linked = await run([...LINK, ...Object.keys(objects), '-o', 'kernels.wasm'], objects);
  return linked['kernels.wasm'] as Uint8Array<ArrayBuffer>;
}

/**
 * What the code wants of whoever loads it: the first part of its section dylink.0, numbers of seven bits a byte.
 *
 * WebAssembly tool conventions, DynamicLinking.md
 */
async function wantsOf(code: Uint8Array<ArrayBuffer>): Promise<{ data: number; functions: number }> {
  const module = await WebAssembly.compile(code);
  const [section] = WebAssembly.Module.customSections(module, 'dylink.0');
  const bytes = [...new Uint8Array(section)];
  const number = (): number => {
    const byte = bytes.shift()!;
    return byte < 128 ? byte : byte - 128 + 128 * number();
  };
  const [kind, , data, , functions] = [number(), number(), number(), number(), number()];
  if (kind !== 1) throw new Error(`The linked kernels do not say what memory they want: ${kind}.`);
  return { data, functions };
}

async function moduleOf(native: Files): Promise<string> {
  const code = await compile(native);
  const module: KernelModule = { code: Buffer.from(code).toString('base64'), ...(await wantsOf(code)) };
  return Object.entries(module)
    .map(([name, value]) => `exports.${name} = ${JSON.stringify(value)};\n`)
    .join('');
}

/** Builds the module where it is missing or not of these sources. */
export async function ensureWasmKernels(): Promise<void> {
  const native = sources();
  const cached = path.join(CACHE, `wasm-kernels-${hashOf(native)}.cjs`);
  if (!existsSync(cached)) {
    process.stderr.write('Building the kernels for WebAssembly: half a minute …\n');
    write(cached, await moduleOf(native));
  }
  const content = readFileSync(cached, 'utf8');
  if (!existsSync(BUILT) || readFileSync(BUILT, 'utf8') !== content) write(BUILT, content);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureWasmKernels();
