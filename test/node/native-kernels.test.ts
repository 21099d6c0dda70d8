/** The kernels' part of the native set-up, on a machine of stand-ins. */
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { kernelsFolder } from '../../src/node/native/kernels.js';
import { levelOf } from '../../src/node/native/levels.js';
import {
  describeWithPython,
  fakeMachine,
  linux,
  setUp,
  until,
  type Behaviour,
  type FakeMachine,
} from '../support/fakeMachine.js';

const home = (on: FakeMachine, path = '') => join(on.cache, '2.21.0-cpu', path);
const mended = (on: FakeMachine) => setUp(on, { env: { ...on.env, FAKE_GXX: 'works' } });
const compiled = (on: FakeMachine) => on.calls().filter((call) => call.startsWith('g++')).length;
/** What of kernels, whole or half-made, is in the cache. */
const made = (on: FakeMachine) => on.tree(home(on)).filter((path) => /kernels-|\.tmp-/.test(path));

describeWithPython('kernels that cannot be had', () => {
  it.each<[NonNullable<Behaviour['gxx']>, RegExp]>([
    ['fails', /could not be built \(kernel.h:3:1: error: bad value .*\)\. They want g\+\+ 11, clang\+\+ 12/],
    ['nothing', /could not be built \(exit code 0\)/],
    ['wrong', /were built, but compute wrongly here/],
    ['crash', /were built, but do not load \(SIGILL/],
  ])('leave nothing behind, and the rest works: %s', async (gxx, message) => {
    const on = fakeMachine({ gxx });
    const done = await setUp(on);
    expect(done).toMatchObject({ version: '2.21.0', device: 'cpu', built: true });
    expect(done.lost).toMatch(message);
    expect(done.lost).toMatch(/^[^\n]* Without them fits on a CPU are slower; all else works\.$/);
    expect(existsSync(join(done.package.folder, 'lib/napi-v8/tfjs_binding.node'))).toBe(true);
    expect(made(on)).toEqual([]);
    expect(await mended(on)).toMatchObject({ fetched: false, built: true, lost: null });
    expect(made(on)).toHaveLength(2);
  });

  it('need a compiler only, and nothing of the rest does', async () => {
    const on = fakeMachine();
    await setUp(on);
    rmSync(home(on, kernelsFolder()), { recursive: true }); // as an older version left it
    for (const gone of ['python3', 'make']) rmSync(join(on.folder, 'bin', gone));
    renameSync(join(on.folder, 'bin/g++'), join(on.folder, 'moved'));
    const without = await setUp(on);
    expect(without).toMatchObject({ fetched: false, built: false });
    expect(without.lost).toMatch(/misses a C\+\+ compiler\. Install with .*g\+\+/);
    renameSync(join(on.folder, 'moved'), join(on.folder, 'bin/g++'));
    expect(await setUp(on)).toMatchObject({ fetched: false, built: true, lost: null });
  });

  it('are not built for a processor without AVX2, nor where a GPU computes', async () => {
    const old = fakeMachine();
    expect((await setUp(old, { host: { ...linux, level: null } })).lost).toMatch(/need AVX2 and FMA/);
    const gpu = fakeMachine({ gyp: 'gpu' });
    expect(await setUp(gpu, { device: 'gpu' })).toMatchObject({ device: 'gpu', lost: null });
    expect([compiled(old), compiled(gpu)]).toEqual([0, 0]);
  });

  it('are given up on an abort, with the compiler', async () => {
    const on = fakeMachine({ gxx: 'hang' });
    const controller = new AbortController();
    const interrupted = new Error('interrupted');
    const running = setUp(on, { signal: controller.signal });
    void until(() => on.calls().includes('hangs')).then(() => controller.abort(interrupted));
    await expect(running).rejects.toBe(interrupted);
    expect(made(on)).toEqual([]);
    expect(await mended(on)).toMatchObject({ fetched: false, built: true, lost: null });
  });
});

describeWithPython('kernels in the cache', () => {
  it('are taken again, and built by the compiler that CXX names, with what it says there', async () => {
    const on = fakeMachine();
    renameSync(join(on.folder, 'bin/g++'), join(on.folder, 'bin/mine'));
    const env = { ...on.env, CXX: 'mine -march=native' };
    expect(await setUp(on, { env })).toMatchObject({ built: true, lost: null });
    expect(on.calls().slice(-2)).toEqual(['g++ -march=native', 'g++ -march=native']);
    expect(await setUp(on)).toMatchObject({ fetched: false, built: false, lost: null });
    expect(compiled(on)).toBe(2);
  });

  it.each(['crash', 'wrong'])('are built anew when they are spoilt: %s', async (how) => {
    const on = fakeMachine();
    await setUp(on);
    writeFileSync(home(on, `${kernelsFolder()}/x86-64-v4.node`), how);
    expect(await setUp(on)).toMatchObject({ fetched: false, built: true, lost: null });
    expect(await setUp(on)).toMatchObject({ fetched: false, built: false, lost: null });
  });

  it('go when nobody has set them up or loaded them for 90 days', async () => {
    const on = fakeMachine();
    await setUp(on);
    const daysAgo = (days: number) => Date.now() / 1000 - days * 24 * 3600;
    for (const [name, loaded] of [
      ['kernels-00000000dead', daysAgo(91)],
      ['kernels-00000000beef', daysAgo(5)],
    ] as const) {
      mkdirSync(home(on, name));
      const file = home(on, `${name}/x86-64-v3.node`);
      writeFileSync(file, '');
      utimesSync(file, loaded, daysAgo(91));
      utimesSync(home(on, name), daysAgo(91), daysAgo(91));
    }
    utimesSync(home(on, kernelsFolder()), daysAgo(91), daysAgo(91));
    await setUp(on);
    const left = ['kernels-00000000dead', 'kernels-00000000beef', kernelsFolder()];
    expect(left.map((name) => existsSync(home(on, name)))).toEqual([false, true, true]);
  });

  it('are others when the sources are', async () => {
    const on = fakeMachine();
    await setUp(on);
    const sources = join(on.folder, 'native');
    cpSync('native', sources, { recursive: true });
    appendFileSync(join(sources, 'kernel.h'), '// changed\n');
    jest.resetModules();
    jest.doMock('#native', () => sources);
    const { setUpNative: changed } = await import('../../src/node/native.js');
    const options = { cwd: on.project, env: on.env, host: linux };
    expect(await changed(options)).toMatchObject({ fetched: false, built: true, lost: null });
    expect(made(on)).toHaveLength(4);
    rmSync(sources, { recursive: true });
    expect((await changed(options)).lost).toMatch(/a bundler has to leave the package out/);
    jest.dontMock('#native');
  });
});

describe('the instructions of a processor', () => {
  const v3 = 'fpu avx avx2 bmi1 bmi2 f16c fma abm movbe';
  it.each([
    [
      `model name\t: one\nflags\t\t: ${v3} avx512f avx512bw avx512cd avx512dq avx512vl\nbugs\t:\n`,
      'x86-64-v4',
    ],
    [`flags\t\t: ${v3} avx512f\n`, 'x86-64-v3'],
    [`flags\t\t: ${v3.replace(' fma', '')} avx512f avx512bw avx512cd avx512dq avx512vl\n`, null],
    ['Features\t: fp asimd\n', null],
  ])('are read from %j', (cpuinfo, level) => {
    expect(levelOf(cpuinfo)).toBe(level);
  });
});
