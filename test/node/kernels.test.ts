/** The native kernels as they are loaded: what each computes is tested beside the algorithm that calls it. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { tensor1d } from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { nativeKernel } from '../../src/core/native.js';
import { compilerFlags, kernelsFolder } from '../../src/node/native/kernels.js';
import { LEVELS, thisLevel } from '../../src/node/native/levels.js';
import { findKernels } from '../../src/node/native/load.js';
import { findProgram } from '../../src/node/native/run.js';
import { backends, useBackend } from '../support/backends.js';

const run = promisify(execFile);
const there = backends.includes('tensorflow') && process.env.TFJS_LATENT_KERNELS !== 'none';
const withKernels = there ? describe : describe.skip;

withKernels('a native kernel', () => {
  beforeAll(() => useBackend('tensorflow'));

  it.each([0, 1, 17, 100_003])('computes on %i numbers, with all threads', (n) => {
    const x = Float32Array.from({ length: n }, (_, i) => (i * 37) % 4093);
    const [sum, count] = nativeKernel('LatentCheck')!({ x: tensor1d(x) });
    const [high, low] = sum.dataSync();
    expect(high + low).toBe(x.reduce((total, value) => total + value * value, 0));
    expect([...count.dataSync()]).toEqual([n]);
    expect([count.dtype, count.shape]).toEqual(['int32', [1]]);
  });

  it('throws what it finds wrong, in whichever thread, and computes afterwards', () => {
    const check = nativeKernel('LatentCheck')!;
    for (const at of [0, 50_000, 99_999]) {
      const x = new Float32Array(100_000);
      x[at] = NaN;
      expect(() => check({ x: tensor1d(x) })).toThrow('LatentCheck: a number is NaN');
    }
    expect(() => check({ x: tensor1d([1, 2], 'int32') })).toThrow(/expected to be a float tensor/);
    expect([...check({ x: tensor1d([3, 4]) })[0].dataSync()]).toEqual([25, 0]);
  });

  it('is not on a backend without them', async () => {
    await useBackend('cpu');
    expect(nativeKernel('LatentCheck')).toBeNull();
  });
});

/** In a process of its own: says what came of useBestBackend and LatentCheck, once for each call of `once`. */
const PROGRAM = `
const { Worker, isMainThread } = require('node:worker_threads');
const { tensor1d } = require(process.cwd() + '/node_modules/@tensorflow/tfjs-core');
const dist = process.cwd() + '/dist/';
async function once(format) {
  const load = (file) => (format === 'esm' ? import(dist + 'esm/' + file) : require(dist + 'cjs/' + file));
  const { hint } = await (await load('node/index.js')).useBestBackend('tensorflow');
  const check = (await load('core/native.js')).nativeKernel('LatentCheck');
  console.log(hint ?? check({ x: tensor1d([3, 4]) })[0].dataSync()[0]);
}
const worker = () => new Promise((done, failed) => new Worker(__filename).on('exit', done).on('error', failed));
if (isMainThread) main(); else once('cjs');
`;

withKernels('a process', () => {
  let file: string;
  beforeAll(() => {
    if (!existsSync('dist/cjs/index.js')) throw new Error('dist is missing: run "npm run build" first.');
    file = join(mkdtempSync(join(tmpdir(), 'tfjs-latent-')), 'program.cjs');
  });
  afterAll(() => rmSync(dirname(file), { recursive: true, force: true }));

  async function says(main: string, env: Record<string, string> = {}): Promise<string[]> {
    writeFileSync(file, `${PROGRAM}async function main() { ${main} }`);
    const { stdout } = await run(process.execPath, [file], { env: { ...process.env, ...env } });
    return stdout.trim().split('\n');
  }

  it('loads them once for import and require', async () => {
    expect(await says("await once('esm'); await once('cjs')")).toEqual(['25', '25']);
  });

  it('keeps them when the worker that loaded them has ended, and in workers at once', async () => {
    const main = "await worker(); await worker(); await Promise.all([worker(), worker()]); await once('esm')";
    expect(await says(main)).toEqual(['25', '25', '25', '25', '25']);
  });

  it.each(LEVELS.slice(LEVELS.indexOf(thisLevel()!)))(
    'takes those for %s when they are named',
    async (level) => {
      const main = `await once('cjs'); console.log(fs.readFileSync('/proc/self/maps', 'utf8').includes('/${level}.node'))`;
      expect(await says(`const fs = require('fs'); ${main}`, { TFJS_LATENT_KERNELS: level })).toEqual([
        '25',
        'true',
      ]);
    },
  );

  it('says in its hint what cannot be loaded', async () => {
    const [hint] = await says("await once('esm')", { TFJS_LATENT_KERNELS: 'x86-64-v9' });
    expect(hint).toMatch(
      /^Fits are slower without .*: TFJS_LATENT_KERNELS is x86-64-v9; here it can be .* or none\.$/,
    );
    const old =
      "const fs = require('fs'), { readFileSync } = fs; fs.readFileSync = (file, ...rest) => file === '/proc/cpuinfo' ? 'flags : avx' : readFileSync(file, ...rest)";
    expect(await says(`${old}; await once('cjs')`)).toEqual([
      "Fits are slower without this library's kernels: they need AVX2 and FMA, which this processor has not.",
    ]);
    const broken =
      "process.dlopen = ((dlopen) => (m, f) => { if (/v[34].node$/.test(f)) throw new Error('noexec'); dlopen(m, f); })(process.dlopen)";
    expect(await says(`${broken}; await once('cjs')`)).toEqual([
      "Fits are slower without this library's kernels: they do not load (noexec). Run 'npx tfjs-latent native'.",
    ]);
  });
});

describe('the kernels of a process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tfjs-latent-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const line = (path: string) => `7f8c04600000-7f8c05bc0000 r--p 00000000 fe:00 10035214     ${path}\n`;
  const find = (maps: string) => findKernels(maps, 'x86-64-v3', 'npx tfjs-latent native');

  it('lie beside the TensorFlow that it has loaded', () => {
    const home = join(folder, 'a home/2.21.0-cpu');
    const file = join(home, kernelsFolder(), 'x86-64-v3.node');
    const loaded = line(join(home, 'deps/lib/libtensorflow_framework.so.2'));
    const maps = `${line('[heap]')}${line('/usr/lib/libc.so.6')}${loaded}${loaded}`;
    expect(() => find(maps)).toThrow(/^they are not built for the TensorFlow that is loaded\. Run 'npx/);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, '');
    expect(find(maps)).toBe(file);
  });

  it('are never those of another TensorFlow: a stock one, one elsewhere, two', () => {
    const home = (name: string) => {
      mkdirSync(join(folder, name, kernelsFolder()), { recursive: true });
      writeFileSync(join(folder, name, kernelsFolder(), 'x86-64-v3.node'), '');
      return line(join(folder, name, 'deps/lib/libtensorflow_framework.so.2'));
    };
    const ours = home('2.21.0-cpu');
    const stock = line(join(folder, 'tfjs-node/deps/lib/libtensorflow_framework.so.2.9.1'));
    for (const maps of [stock, '', line('/opt/lib/libtensorflow_framework.so.2')]) {
      expect(() => find(maps)).toThrow(InputError);
      expect(() => find(maps)).toThrow('not built for the TensorFlow that is loaded');
    }
    expect(() => find(ours + home('2.20.0-cpu'))).toThrow('two TensorFlows are loaded');
  });
});

const STRICT = ['-Wall', '-Wextra', '-Werror'];
const compilers = ['g++', 'clang++'].filter((name) => findProgram(name, process.env));

withKernels('the sources of the kernels', () => {
  const deps = join(dirname(require.resolve('@tensorflow/tfjs-node/package.json')), 'deps');
  const files = readdirSync('native').filter((name) => name.endsWith('.cc'));

  it.each(compilers.flatMap((compiler) => LEVELS.map((level) => [compiler, level] as const)))(
    'compile without a warning: %s, %s',
    async (compiler, level) => {
      const flags = compilerFlags(level, deps).filter((flag) => !/^-shared$|^-Wl,/.test(flag));
      for (const name of files) {
        const args = [...flags, ...STRICT, '-c', '-o', '/dev/null', join('native', name)];
        const { stderr } = await run(compiler, args).catch((error: { stderr: string }) => error);
        expect(stderr).toBe('');
      }
    },
  );
});
