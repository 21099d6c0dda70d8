import util from 'node:util';
import {
  backend,
  getBackend,
  grad,
  matMul,
  registerBackend,
  registerKernel,
  square,
  sum,
  tensor1d,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { InputError } from '../../src/core/errors.js';
import { chooseBackend, useBestBackend, type Surroundings } from '../../src/node/backend.js';
import { backends } from '../support/backends.js';
import { expectClose } from '../support/close.js';

const NODE = '@tensorflow/tfjs-node';
const GPU = '@tensorflow/tfjs-node-gpu';
const WASM = '@tensorflow/tfjs-backend-wasm';
const CPU = '@tensorflow/tfjs-backend-cpu';
const UNION = '@tensorflow/tfjs';

type Answer = Error | Record<string, unknown>;

const absent = (name: string) =>
  Object.assign(new Error(`Cannot find package '${name}' imported from /app/index.js`), {
    code: 'ERR_MODULE_NOT_FOUND',
  });
const unbuilt = new Error(
  'The Node.js native addon module (tfjs_binding.node) can not be found at path: /app/x.node. \nPlease run command …',
);

/** The packages named here answer as told, all others are really loaded. */
function around(
  answers: Record<string, Answer>,
  platform = 'linux',
  arch = 'x64',
  kernels: Surroundings['kernels'] = () => null,
): Surroundings {
  const load = async (name: string) => {
    const answer = answers[name];
    if (answer instanceof Error) throw answer;
    return answer ?? ((await import(name)) as Record<string, unknown>);
  };
  return { load, platform, arch, kernels, wasmKernels: () => Promise.resolve(kernels('no command')) };
}

const none = { [GPU]: absent(GPU), [NODE]: absent(NODE) };

// First, while nothing is registered on this test file's tfjs-core.
describe('a package that registered elsewhere', () => {
  it('is told from a missing one: another copy of tfjs-core', async () => {
    await expect(chooseBackend('wasm', around({ [WASM]: {} }))).rejects.toThrow(
      /tfjs-backend-wasm registered its backend on another copy of @tensorflow\/tfjs-core.*npm dedupe/,
    );
    await expect(chooseBackend('tensorflow', around({ [GPU]: absent(GPU), [NODE]: {} }))).rejects.toThrow(
      /another copy of @tensorflow\/tfjs-core/,
    );
  });
});

describe('useBestBackend without tfjs-node', () => {
  it('takes wasm and names the two commands that bring native speed', async () => {
    const chosen = await chooseBackend(undefined, around(none));
    expect(chosen).toMatchObject({ backend: 'wasm', device: 'cpu', version: '4.22.0' });
    expect(chosen.hint).toContain(`npm install --ignore-scripts ${NODE}`);
    expect(chosen.hint).toContain('npx tfjs-latent native');
    expect(chosen.hint).not.toContain('\n');
    expect(getBackend()).toBe('wasm');
  });

  it('gives no hint where the set-up does not work, or where wasm was asked for', async () => {
    expect((await chooseBackend(undefined, around(none, 'darwin', 'arm64'))).hint).toBeNull();
    expect((await chooseBackend('wasm', around(none))).hint).toBeNull();
  });

  it('takes cpu without wasm, also when only tfjs can find the cpu backend', async () => {
    const answers = { ...none, [WASM]: absent(WASM), [CPU]: absent(CPU) };
    expect(await chooseBackend(undefined, around(answers))).toMatchObject({ backend: 'cpu', device: 'cpu' });
  });

  it('says why an installed wasm was passed over', async () => {
    const answers = { ...none, [WASM]: new Error('wasm file is cut off') };
    const chosen = await chooseBackend(undefined, around(answers, 'darwin', 'arm64'));
    expect(chosen.backend).toBe('cpu');
    expect(chosen.hint).toContain(`${WASM} is installed but cannot be used: wasm file is cut off.`);
  });

  it('throws with every cause when nothing can be had', async () => {
    const answers = { ...none, [WASM]: absent(WASM), [CPU]: absent(CPU), [UNION]: absent(UNION) };
    const failed = chooseBackend(undefined, around(answers));
    await expect(failed).rejects.toThrow(InputError);
    await expect(failed).rejects.toThrow(
      /tensorflow: not installed.*wasm: not installed. Run 'npm install @tensorflow\/tfjs-backend-wasm'.*cpu: not installed. Run 'npm install @tensorflow\/tfjs'/,
    );
  });
});

describe('useBestBackend with a tfjs-node that does not load', () => {
  it('goes on with wasm and hints at the set-up, with the cause', async () => {
    const chosen = await chooseBackend(undefined, around({ ...none, [NODE]: unbuilt }));
    expect(chosen.backend).toBe('wasm');
    expect(chosen.hint).toBe(
      `${NODE} is installed but cannot be used: The Node.js native addon module (tfjs_binding.node) ` +
        "can not be found at path: /app/x.node. Run 'npx tfjs-latent native'.",
    );
  });

  it('names the GPU set-up for the GPU package, and npm where ours does not work', async () => {
    const gpu = await chooseBackend(undefined, around({ ...none, [GPU]: unbuilt }));
    expect(gpu.hint).toContain("Run 'npx tfjs-latent native --device gpu'.");
    const mac = await chooseBackend(undefined, around({ ...none, [NODE]: unbuilt }, 'darwin', 'arm64'));
    expect(mac.hint).toContain(`Run 'npm rebuild ${NODE} --build-addon-from-source'.`);
  });

  it('throws when it was asked for by name', async () => {
    const failed = chooseBackend('tensorflow', around({ ...none, [NODE]: unbuilt }));
    await expect(failed).rejects.toThrow(InputError);
    await expect(failed).rejects.toThrow(/native addon module.*Run 'npx tfjs-latent native'/);
  });

  it('takes a missing dependency of an installed package for what it is', async () => {
    const chosen = await chooseBackend(undefined, around({ ...none, [NODE]: absent('long') }));
    expect(chosen.hint).toContain(`${NODE} is installed but cannot be used: Cannot find package 'long'`);
    expect(chosen.hint).toContain("Run 'npm install' again.");
  });
});

describe('useBestBackend with webgpu', () => {
  const DAWN = 'webgpu';
  const WEBGPU = '@tensorflow/tfjs-backend-webgpu';
  const dawn = (adapter: object | null) => ({
    create: () => ({ requestAdapter: async () => adapter }),
    globals: {},
  });
  const found = dawn({ info: { isFallbackAdapter: false } });

  it.each([
    ['no Dawn', { [DAWN]: absent(DAWN) }, `webgpu: not installed. Run 'npm install ${DAWN} ${WEBGPU}'`],
    [
      'a broken Dawn',
      { [DAWN]: new Error('no such ELF') },
      'webgpu is installed but cannot be used: no such ELF.',
    ],
    ['no adapter', { [DAWN]: dawn(null) }, 'no adapter was found: Dawn needs a driver for Vulkan'],
    ['no backend package', { [DAWN]: found, [WEBGPU]: absent(WEBGPU) }, `npm install ${DAWN} ${WEBGPU}`],
  ])('says what is missing: %s', async (_, answers, told) => {
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
    const failed = chooseBackend('webgpu', around(answers as Record<string, Answer>));
    await expect(failed).rejects.toThrow(InputError);
    await expect(failed).rejects.toThrow(told);
    if (before) Object.defineProperty(globalThis, 'navigator', before);
    else delete (globalThis as { navigator?: object }).navigator;
  });
});

describe('useBestBackend', () => {
  it('refuses an unknown name and lists the known ones', async () => {
    const failed = useBestBackend('webgl' as unknown as 'cpu');
    await expect(failed).rejects.toThrow(InputError);
    await expect(failed).rejects.toThrow("unknown backend 'webgl'; take tensorflow, wasm, cpu, webgpu");
  });

  it('supplies what Node 23 removed and leaves the environment as the user set it', async () => {
    const { TF_CPP_MIN_LOG_LEVEL } = process.env;
    process.env.TF_CPP_MIN_LOG_LEVEL = '0';
    await chooseBackend(undefined, around(none));
    expect(process.env.TF_CPP_MIN_LOG_LEVEL).toBe('0');
    delete process.env.TF_CPP_MIN_LOG_LEVEL;
    await chooseBackend(undefined, around(none));
    expect(process.env.TF_CPP_MIN_LOG_LEVEL).toBe('2');
    expect(process.env.TF_ENABLE_ONEDNN_OPTS).toBeUndefined();
    if (TF_CPP_MIN_LOG_LEVEL !== undefined) process.env.TF_CPP_MIN_LOG_LEVEL = TF_CPP_MIN_LOG_LEVEL;
    const { isNullOrUndefined } = util as unknown as { isNullOrUndefined: (value: unknown) => boolean };
    expect([null, undefined, 0, ''].map(isNullOrUndefined)).toEqual([true, true, false, false]);
  });
});

const native = backends.includes('tensorflow') ? describe : describe.skip;

// Before the suites below load the real package, which registers itself once.
native('a tfjs-node-gpu that fails beside a tfjs-node that works', () => {
  it('leaves nothing of itself in the way', async () => {
    const warned = jest.spyOn(console, 'warn').mockImplementation(() => {});
    const surroundings = around({});
    const failing: Surroundings = {
      ...surroundings,
      load: async (name) => {
        if (name !== GPU) return surroundings.load(name);
        registerKernel({ kernelName: 'Square', backendName: 'tensorflow', kernelFunc: () => [] });
        registerBackend('tensorflow', () => {
          throw new Error('no library');
        });
        throw new Error('Could not initialize TensorFlow backend.');
      },
    };
    const chosen = await chooseBackend(undefined, failing);
    expect(chosen).toMatchObject({ backend: 'tensorflow', device: 'cpu' });
    expect(chosen.hint).toContain(
      `${GPU} is installed but cannot be used: Could not initialize TensorFlow backend`,
    );
    expectClose(square(tensor1d([3])), [9]);
    expect(warned).not.toHaveBeenCalled();
    warned.mockRestore();
  });

  it('leaves the other one usable when asked again', async () => {
    for (let time = 0; time < 2; time++) {
      const chosen = await chooseBackend(undefined, around({ [GPU]: unbuilt }));
      expect(chosen).toMatchObject({ backend: 'tensorflow', device: 'cpu' });
      expectClose(square(tensor1d([3])), [9]);
    }
  });
});

test('WebAssembly without kernels of this library says so in its hint', async () => {
  const { hint } = await chooseBackend(
    'wasm',
    around({}, 'linux', 'x64', () => 'there is no SIMD here.'),
  );
  expect(hint).toBe("Fits are slower without this library's kernels: there is no SIMD here.");
});

native('native TensorFlow without kernels of this library', () => {
  it('is used, and the hint says why there are none and what builds them', async () => {
    const kernels = (command: string) => `they are not built. Run '${command}'.`;
    const chosen = await chooseBackend(undefined, around({ [GPU]: absent(GPU) }, 'linux', 'x64', kernels));
    expect(chosen).toMatchObject({ backend: 'tensorflow', device: 'cpu' });
    expect(chosen.hint).toBe(
      "Fits are slower without this library's kernels: they are not built. Run 'npx tfjs-latent native'.",
    );
  });

  it('has all causes in its hint', async () => {
    const kernels = () => 'of this.';
    const chosen = await chooseBackend(undefined, around({ [GPU]: unbuilt }, 'linux', 'x64', kernels));
    expect(chosen.hint).toMatch(/^.*tfjs-node-gpu is installed but cannot be used.* kernels: of this\.$/);
  });

  it('has none loaded where a GPU computes', async () => {
    const kernels = jest.fn(() => 'of this.');
    const surroundings = around({ [GPU]: absent(GPU) }, 'linux', 'x64', kernels);
    await chooseBackend('tensorflow', surroundings);
    const tensorflow = backend() as unknown as { isUsingGpuDevice: boolean };
    kernels.mockClear();
    tensorflow.isUsingGpuDevice = true;
    const chosen = await chooseBackend('tensorflow', surroundings);
    tensorflow.isUsingGpuDevice = false;
    expect(chosen).toMatchObject({ device: 'gpu', hint: null });
    expect(kernels).not.toHaveBeenCalled();
  });

  it('gives no hint where none can be had', async () => {
    const kernels = () => 'of this.';
    const chosen = await chooseBackend(undefined, around({ [GPU]: absent(GPU) }, 'darwin', 'arm64', kernels));
    expect(chosen).toMatchObject({ backend: 'tensorflow', hint: null });
  });
});

describe.each(backends)('%s', (name) => {
  it("computes, with gradients, on this library's tfjs-core", async () => {
    const chosen = await useBestBackend(name);
    expect(chosen).toMatchObject({ backend: name, hint: null });
    expect(chosen.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(getBackend()).toBe(name);
    const product = matMul(tensor2d([1, 2, 3, 4], [2, 2]), tensor2d([5, 6, 7, 8], [2, 2]));
    expectClose(product, [
      [19, 22],
      [43, 50],
    ]);
    expectClose(grad((x) => sum(square(x)))(tensor1d([1, -2, 3])), [2, -4, 6]);
  });
});
