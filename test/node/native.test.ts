import {
  existsSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
  utimesSync,
  readFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../../src/core/errors.js';
import { cacheRoot, checkSpace } from '../../src/node/native/cache.js';
import { kernelsFolder } from '../../src/node/native/kernels.js';
import {
  describeWithPython,
  fakeMachine,
  setUp,
  until,
  type Behaviour,
  type FakeMachine,
} from '../support/fakeMachine.js';

const inPackage = (on: FakeMachine, path: string, name = '@tensorflow/tfjs-node') =>
  join(on.project, 'node_modules', name, path);

const kernelFiles = (tensorflow = '2.21.0') =>
  ['x86-64-v3.node', 'x86-64-v4.node'].map((file) => `${tensorflow}-cpu/${kernelsFolder()}/${file}`);

/** No folder, link or file of the set-up is in the package, and no part of one in the cache. */
function expectUntouched(on: FakeMachine): void {
  expect(on.tree(inPackage(on, 'deps'))).toEqual([]);
  expect(on.tree(inPackage(on, 'lib'))).toEqual([]);
  expect(on.tree(on.cache).filter((path) => path.includes('.tmp-'))).toEqual([]);
}

describeWithPython('the native set-up', () => {
  it('fetches, builds, links and computes; what it keeps is what the library needs', async () => {
    const on = fakeMachine();
    const said: string[] = [];
    const done = await setUp(on, { say: (line) => said.push(line) });
    expect(done).toMatchObject({ version: '2.21.0', device: 'cpu', fetched: true, built: true });
    expect(done.package).toMatchObject({ name: '@tensorflow/tfjs-node', version: '4.22.0' });
    expect(on.calls().slice(0, 2)).toEqual(['pip tensorflow-cpu==2.21.0', 'node-gyp']);
    expect(on.calls().slice(2).sort()).toEqual(['g++ -march=x86-64-v3', 'g++ -march=x86-64-v4']);
    expect(on.tree(on.cache)).toEqual([
      '2.21.0-cpu/deps/include/tensorflow/c/c_api.h',
      '2.21.0-cpu/deps/lib/libtensorflow.so',
      '2.21.0-cpu/deps/lib/libtensorflow_cc.so.2',
      '2.21.0-cpu/deps/lib/libtensorflow_framework.so',
      '2.21.0-cpu/deps/lib/libtensorflow_framework.so.2',
      ...kernelFiles(),
      '2.21.0-cpu/tfjs-node-4.22.0/napi-v8/tfjs_binding.node',
    ]);
    expect(readlinkSync(join(on.cache, '2.21.0-cpu/deps/lib/libtensorflow.so'))).toBe(
      'libtensorflow_cc.so.2',
    );
    expect(said.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'Fetching tensorflow-cpu==2.21.0 with',
      'Unpacking tensorflow_cpu-1-none.whl',
      'Building the binding',
      'Building the kernels',
    ]);
  });

  it('links the cache into the package, so that the binding finds the library beside itself', async () => {
    const on = fakeMachine();
    await setUp(on);
    const home = join(realpathSync(on.cache), '2.21.0-cpu');
    expect(realpathSync(inPackage(on, 'deps/include'))).toBe(join(home, 'deps/include'));
    expect(realpathSync(inPackage(on, 'deps/lib'))).toBe(join(home, 'deps/lib'));
    expect(realpathSync(inPackage(on, 'lib/napi-v8'))).toBe(join(home, 'tfjs-node-4.22.0/napi-v8'));
  });

  it('needs no network, compiler or python the second time, also after the links were removed', async () => {
    const on = fakeMachine();
    await setUp(on);
    for (const gone of ['deps', 'lib']) rmSync(inPackage(on, gone), { recursive: true });
    const again = await setUp(on, { env: { HOME: on.env.HOME, PATH: '' } });
    expect(again).toMatchObject({ version: '2.21.0', fetched: false, built: false });
    expect(on.calls()).toHaveLength(4);
    expect(existsSync(inPackage(on, 'lib/napi-v8/tfjs_binding.node'))).toBe(true);
  });

  it('builds anew for another release of tfjs-node, against the libraries that are there', async () => {
    const on = fakeMachine();
    await setUp(on);
    writeFileSync(
      inPackage(on, 'package.json'),
      JSON.stringify({ name: '@tensorflow/tfjs-node', version: '4.23.0', main: 'index.js' }),
    );
    expect(await setUp(on)).toMatchObject({ fetched: false, built: true });
  });

  it('fetches another TensorFlow beside the first and links that', async () => {
    const on = fakeMachine();
    await setUp(on);
    await setUp(on, { tensorflow: '2.20.0' });
    expect(on.calls().slice(4, 6)).toEqual(['pip tensorflow-cpu==2.20.0', 'node-gyp']);
    expect(on.tree(on.cache)).toEqual(expect.arrayContaining([...kernelFiles('2.20.0'), ...kernelFiles()]));
    expect(readlinkSync(inPackage(on, 'deps/lib'))).toContain('2.20.0-cpu');
  });

  it('makes a cached folder whole again that lost a library', async () => {
    const on = fakeMachine();
    await setUp(on);
    rmSync(join(on.cache, '2.21.0-cpu/deps/lib/libtensorflow_framework.so.2'));
    expect(await setUp(on)).toMatchObject({ fetched: true, built: false });
  });

  it('sweeps away what a killed set-up left a day ago, and leaves a running one alone', async () => {
    const on = fakeMachine();
    const [old, running] = ['.tmp-old', '.tmp-running'].map((name) => join(on.cache, '2.21.0-cpu', name));
    for (const folder of [old, running]) mkdirSync(folder, { recursive: true });
    const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
    utimesSync(old, twoDaysAgo, twoDaysAgo);
    await setUp(on);
    expect([existsSync(old), existsSync(running)]).toEqual([false, true]);
  });

  it('works when two run at once', async () => {
    const on = fakeMachine();
    const both = await Promise.all([setUp(on), setUp(on)]);
    expect(both.map((done) => done.version)).toEqual(['2.21.0', '2.21.0']);
    expect(on.tree(on.cache)).toHaveLength(8);
    expect(on.tree(inPackage(on, 'lib'))).toEqual(['napi-v8']);
  });

  it('replaces the stock library, and removes it only after ours has computed', async () => {
    const on = fakeMachine();
    mkdirSync(inPackage(on, 'deps/lib'), { recursive: true });
    writeFileSync(inPackage(on, 'deps/lib/libtensorflow.so.2'), 'stock');
    mkdirSync(inPackage(on, 'lib/napi-v8'), { recursive: true });
    writeFileSync(inPackage(on, 'lib/napi-v8/tfjs_binding.node'), 'stock');
    await setUp(on);
    expect(on.tree(inPackage(on, 'lib'))).toEqual(['napi-v8']);
    expect(on.tree(inPackage(on, 'deps'))).toEqual(['include', 'lib']);
  });
});

describeWithPython('the native set-up for a GPU', () => {
  it('fetches the CUDA wheels that the wheel asks for and lays them beside the library', async () => {
    const on = fakeMachine();
    const done = await setUp(on, { device: 'gpu' });
    expect(done.device).toBe('cpu'); // what the library found, not what was asked for
    const [library, cuda] = on.calls();
    expect(library).toBe('pip tensorflow==2.21.0');
    expect(cuda.split(' ')).toHaveLength(13);
    expect(cuda).toContain(' nvidia-cudnn-cu12<10.0,>=9.3.0.75 ');
    const deps = on.tree(join(on.cache, '2.21.0-gpu/deps'));
    expect(deps).toContain('nvidia/cudnn/lib/libcudnn.so.12');
    expect(deps.filter((path) => path.startsWith('nvidia/'))).toHaveLength(12);
    // $ORIGIN/../nvidia/<part>/lib of the library.
    expect(existsSync(join(inPackage(on, 'deps/lib'), '../nvidia'))).toBe(false);
    expect(
      existsSync(`${realpathSync(inPackage(on, 'deps/lib'))}/../nvidia/cublas/lib/libcublas.so.12`),
    ).toBe(true);
  });

  it('serves an installed tfjs-node-gpu, and asks for tfjs-node where only that can be meant', async () => {
    const gpu = '@tensorflow/tfjs-node-gpu';
    const on = fakeMachine({}, gpu);
    expect((await setUp(on, { device: 'gpu' })).package.name).toBe(gpu);
    expect(existsSync(inPackage(on, 'lib/napi-v8', gpu))).toBe(true);
    await expect(setUp(on)).rejects.toThrow('npm install --ignore-scripts @tensorflow/tfjs-node');
  });
});

describeWithPython('a native set-up that fails', () => {
  it.each<[Behaviour['pip'], RegExp]>([
    ['cut', /pip could not fetch tensorflow-cpu==2.21.0 .*IncompleteRead.*Check the network/],
    ['broken', /could not be unpacked .*not a zip file.*run the set-up again/i],
    ['bare', /has no tensorflow\/libtensorflow_cc.so.2/],
  ])('leaves nothing behind after a download that is %s', async (pip, message) => {
    const on = fakeMachine({ pip });
    const failed = setUp(on);
    await expect(failed).rejects.toThrow(InputError);
    await expect(failed).rejects.toThrow(message);
    expectUntouched(on);
    expect(on.tree(on.cache)).toEqual([]);
    // The next one, with a network, works.
    await setUp(on, { env: { ...on.env, FAKE_PIP: 'works' } });
  });

  it('ends pip and leaves nothing behind when it is interrupted', async () => {
    const on = fakeMachine({ pip: 'hang' });
    const controller = new AbortController();
    const interrupted = new Error('interrupted');
    const running = setUp(on, { signal: controller.signal });
    void until(() => on.calls().includes('hangs')).then(() => controller.abort(interrupted));
    await expect(running).rejects.toBe(interrupted);
    expectUntouched(on);
    expect(on.tree(on.cache)).toEqual([]);
  });

  it('keeps the libraries, and nothing else, when the compiler fails, and says what the compiler said', async () => {
    const on = fakeMachine({ gyp: 'fails' });
    const failed = setUp(on);
    await expect(failed).rejects.toThrow(InputError);
    await expect(failed).rejects.toThrow(
      /could not be built \(binding.cc:1:10: fatal error: no such header\)/,
    );
    expectUntouched(on);
    expect(on.tree(on.cache).every((path) => path.startsWith('2.21.0-cpu/deps/'))).toBe(true);
    const mended = await setUp(on, { env: { ...on.env, FAKE_GYP: 'works' } });
    expect(mended).toMatchObject({ fetched: false, built: true });
  });

  it.each<[Behaviour['gyp'], RegExp]>([
    ['wrong', /multiplied two matrices wrongly/],
    [
      'crash',
      /does not load in @tensorflow\/tfjs-node 4.22.0 \(Error: libtensorflow_cc.so.2: undefined symbol\)/,
    ],
  ])('unlinks a binding that computes badly (%s), and puts the stock one back', async (gyp, message) => {
    const on = fakeMachine({ gyp });
    mkdirSync(inPackage(on, 'lib/napi-v8'), { recursive: true });
    writeFileSync(inPackage(on, 'lib/napi-v8/tfjs_binding.node'), 'stock');
    const failed = setUp(on);
    await expect(failed).rejects.toThrow(message);
    await expect(failed).rejects.toThrow(/is as it was.*remove .*2.21.0-cpu/);
    expect(on.tree(inPackage(on, 'deps'))).toEqual([]);
    expect(on.tree(inPackage(on, 'lib'))).toEqual(['napi-v8/tfjs_binding.node']);
    expect(readFileSync(inPackage(on, 'lib/napi-v8/tfjs_binding.node'), 'utf8')).toBe('stock');
    // It is not kept either: mended, the next set-up builds anew.
    const mended = await setUp(on, { env: { ...on.env, FAKE_GYP: 'works' } });
    expect(mended).toMatchObject({ fetched: false, built: true });
  });

  it('puts an older link back when the new library does not compute', async () => {
    const on = fakeMachine();
    await setUp(on);
    await expect(setUp(on, { tensorflow: '2.20.0', env: { ...on.env, FAKE_GYP: 'crash' } })).rejects.toThrow(
      'undefined symbol',
    );
    expect(readlinkSync(inPackage(on, 'deps/lib'))).toContain('2.21.0-cpu');
    expect(await setUp(on)).toMatchObject({ fetched: false, built: false });
  });

  it('names a wheel without CUDA requirements', async () => {
    const on = fakeMachine();
    writeFileSync(on.env.FAKE_METADATA!, 'Name: tensorflow\nRequires-Dist: numpy\n\n');
    await expect(setUp(on, { device: 'gpu' })).rejects.toThrow(/names no CUDA wheels/);
    expectUntouched(on);
  });

  it('refuses a cache that make could not build in, and one that cannot be written', async () => {
    const on = fakeMachine();
    const spaced = join(on.folder, 'a cache');
    await expect(setUp(on, { env: { ...on.env, XDG_CACHE_HOME: spaced } })).rejects.toThrow(
      /make cannot build in .*XDG_CACHE_HOME/,
    );
    expect(on.calls()).toEqual([]);
    const file = join(on.folder, 'METADATA');
    await expect(setUp(on, { env: { ...on.env, XDG_CACHE_HOME: file } })).rejects.toThrow(
      /cannot be written .*XDG_CACHE_HOME/,
    );
    expectUntouched(on);
  });

  it('leaves a package as it was whose second folder cannot be linked', async () => {
    const on = fakeMachine();
    writeFileSync(inPackage(on, 'lib'), 'a file where a folder should be');
    await expect(setUp(on)).rejects.toThrow(/tfjs-node cannot be written/);
    expect(on.tree(inPackage(on, 'deps'))).toEqual([]);
    renameSync(inPackage(on, 'lib'), inPackage(on, 'moved'));
    await setUp(on);
  });
});

describe('a native set-up that cannot begin', () => {
  it('says where tfjs-node is missing and how to install it', async () => {
    const on = fakeMachine();
    const failed = setUp(on, { cwd: on.folder });
    await expect(failed).rejects.toThrow(
      `@tensorflow/tfjs-node is not installed in ${on.folder}. Run 'npm install --ignore-scripts @tensorflow/tfjs-node'`,
    );
  });

  it('refuses what is no version', async () => {
    await expect(setUp(fakeMachine(), { tensorflow: '2.21' })).rejects.toThrow("not as '2.21'");
  });

  it('stops before anything is fetched when the disk is too full', async () => {
    await expect(checkSpace(join(fakeMachine().folder, 'not/there/yet'), 1e18)).rejects.toThrow(
      /needs 1000000000.0 GB in .*not\/there\/yet, where [\d.]+ GB are free.*XDG_CACHE_HOME/,
    );
  });

  it('keeps its cache where XDG_CACHE_HOME says, if that is absolute', () => {
    expect(cacheRoot({ XDG_CACHE_HOME: '/var/cache', HOME: '/h' })).toBe('/var/cache/tfjs-latent');
    expect(cacheRoot({ XDG_CACHE_HOME: 'relative', HOME: '/h' })).toBe('/h/.cache/tfjs-latent');
    expect(cacheRoot({ HOME: '/h' })).toBe('/h/.cache/tfjs-latent');
  });
});
