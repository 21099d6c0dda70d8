/** How a fit is computed changes where docs/guides/backends.md says, and nowhere else. */
import { readFileSync } from 'node:fs';
import { engine, tensor2d, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { thinLimit } from '../src/cluster/kernel.js';
import { withProblem } from '../src/cluster/problem.js';
import { passesOf } from '../src/cluster/passes.js';
import { pacer } from '../src/core/iterate.js';
import { kernelName, type KernelName } from '../src/core/native.js';
import { fitRows } from '../src/core/rows.js';
import { GaussianMixture, KMeans, PCA, RandomState } from '../src/index.js';
import { fitsHost } from '../src/mixture/host.js';
import { screens } from '../src/mixture/screen.js';
import { backends, kernelBackends, useBackend } from './support/backends.js';
import { useKernels } from './support/kernels.js';

const guide = readFileSync('docs/guides/backends.md', 'utf8');

/** n rows of d features, no two of them equal but where there are only so many kinds. */
function drawn(n: number, d: number, kinds = n): Tensor2D {
  const palette = new RandomState(d).normal(0, 1, kinds * d);
  return tensor2d(
    Float32Array.from({ length: n * d }, (_, at) => palette[(Math.floor(at / d) % kinds) * d + (at % d)]),
    [n, d],
  );
}

/** The kernels of ours that were run, with their inputs. */
async function calls(f: () => Promise<unknown>) {
  const seen: { name: string; inputs: Record<string, Tensor> }[] = [];
  const run = jest.spyOn(engine(), 'runKernel').mockImplementation(function (
    this: unknown,
    name: string,
    inputs: Record<string, Tensor>,
    ...rest: unknown[]
  ) {
    seen.push({ name, inputs });
    return (original as (...args: unknown[]) => Tensor[]).call(engine(), name, inputs, ...rest);
  } as never);
  try {
    await f();
  } finally {
    run.mockRestore();
  }
  return (name: KernelName) => seen.filter((call) => call.name === kernelName(name));
}
const original = engine().runKernel;

it.each([
  'K D up to 1,024: all distances, several iterations in a call',
  'above 2,048: only the rows whose bounds fail',
  'of under 36 features up to 2²¹ rows',
  '4,096 to 2²¹ rows of up to 16 features: equal rows as one',
  'K D up to 512, or N K D up to 2¹⁹',
  'N K (D² + 100) up to 300,000: float64',
  'N K (D² + 100) up to 1.5 million on the host',
  'up to 96 features (wasm: 64)',
  'From 24 features and 3 components on',
  'N D² up to 10⁸ in float64',
  'more than 40 features',
])('the guide says: %s', (words) => expect(guide).toContain(words));

describe.each(kernelBackends)('with kernels, on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  const fit = async (n: number, d: number, k: number, kinds?: number) => {
    const x = drawn(n, d, kinds);
    const init = drawn(k, d);
    const seen = await calls(async () =>
      (await KMeans.fit(x, { nClusters: k, init, maxIter: 3, tol: 0 })).dispose(),
    );
    x.dispose();
    init.dispose();
    return seen;
  };

  it('K-means makes several iterations in a call up to K D = 1,024', async () => {
    expect((await fit(200, 64, 16))('LatentLloyd').length).toBeGreaterThan(0);
    expect((await fit(200, 41, 25))('LatentLloyd')).toHaveLength(0); // 1,025
  });

  it('K-means has bounds above K D = 2,048', async () => {
    const bounded = async (d: number, k: number) =>
      (await fit(200, d, k))('LatentKMeansPass').map(({ inputs }) => inputs.groups.size > 0);
    expect(new Set(await bounded(128, 16))).toEqual(new Set([false]));
    expect(new Set(await bounded(683, 3))).toEqual(new Set([true])); // 2,049
  });

  it('K-means has no bounds of few features and many rows', async () => {
    const { rows } = thinLimit;
    const bounded = async (n: number, d: number) =>
      (await fit(n, d, 60))('LatentKMeansPass').some(({ inputs }) => inputs.groups.size > 0);
    try {
      thinLimit.rows = 200;
      expect([await bounded(200, 35), await bounded(201, 35), await bounded(201, 36)]).toEqual([
        true,
        false,
        true,
      ]);
    } finally {
      thinLimit.rows = rows;
    }
  });

  it('equal rows are looked for from 4,096 rows, up to 16 features', async () => {
    const looks = async (n: number, d: number) => (await fit(n, d, 2, 50))('LatentDistinctRows').length;
    expect([await looks(4095, 16), await looks(4096, 16), await looks(4096, 17)]).toEqual([0, 1, 0]);
  });

  it('a mixture has all components of all rows up to 96 features, on wasm 64, and remembers who won a row from there', async () => {
    const most = backend === 'wasm' ? 64 : 96;
    for (const [d, few] of [
      [most, true],
      [most + 1, false],
    ] as const) {
      // prettier-ignore
      const x = drawn(2000, d);
      const seen = await calls(async () =>
        (await GaussianMixture.fit(x, { nComponents: 2, maxIter: 2, regCovar: 1, seed: 0 })).dispose(),
      );
      x.dispose();
      const own = seen('LatentMixturePass').filter(({ inputs }) => inputs.given.size === 0);
      expect(own.map(({ inputs }) => inputs.last.size > 0)).toEqual([!few, !few]);
    }
  });

  it('PCA multiplies in float64 up to N D² = 10⁸, and takes eigenvectors of more than 40 features', async () => {
    const kernels = async (n: number, d: number) => {
      const x = drawn(n, d, Math.min(n, 500));
      const seen = await calls(async () => (await PCA.fit(x, { solver: 'covariance' })).dispose());
      x.dispose();
      return (['LatentExactScatter', 'LatentScatter', 'LatentEigenvectors'] as const).map(
        (name) => seen(name).length,
      );
    };
    expect(await kernels(10_000, 100)).toEqual([1, 0, 1]);
    expect(await kernels(10_001, 100)).toEqual([0, 1, 1]);
    expect(await kernels(600, 40)).toEqual([1, 0, 0]);
    expect(await kernels(600, 41)).toEqual([1, 0, 1]);
  });
});

describe('without kernels', () => {
  beforeAll(async () => {
    await useBackend(backends[0]);
    useKernels(false);
  });
  afterAll(() => useKernels(true));

  it('K-means runs on the host up to K D = 512 or N K D = 2¹⁹', async () => {
    const onHost = async (n: number, d: number, k: number) => {
      const x = zeros([n, d]) as Tensor2D;
      const rows = await fitRows('x', x, (width) => width, pacer());
      const host = await withProblem(rows, k, null, pacer(), async (problem) => {
        passesOf(problem, k, 'auto').dispose();
        return problem.host !== null;
      });
      x.dispose();
      return host;
    };
    expect([await onHost(2000, 64, 8), await onHost(1022, 513, 1), await onHost(1023, 513, 1)]).toEqual([true, true, false]); // prettier-ignore
  });
});

it('a mixture runs on the host up to N K (D² + 100) = 1.5 million, 300,000 with kernels, and leaves components out from 24 features and 3', () => {
  expect([fitsHost(1000, 3, 20, false), fitsHost(1001, 3, 20, false)]).toEqual([true, false]);
  expect([fitsHost(200, 3, 20, true), fitsHost(201, 3, 20, true)]).toEqual([true, false]);
  expect([screens(3, 24), screens(2, 24), screens(3, 23)]).toEqual([true, false, false]);
});
