/** K-means' starts by native kernels: against plain loops, and against what is done step by step. */
import { nearestByKernel, startLimit } from '../../src/cluster/kernelSeeding.js';
import { hostLimit, withProblem } from '../../src/cluster/problem.js';
import { pacer } from '../../src/core/iterate.js';
import { fitRows } from '../../src/core/rows.js';
import { kMeansPlusPlus } from '../../src/cluster/seeding.js';
import { KMeans, RandomState } from '../../src/index.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { kernels, usePath } from '../support/paths.js';

const { held } = hostLimit;
const limit = { ...startLimit };

afterEach(() => void Object.assign(startLimit, limit));

describe.each(kernels)('the nearest of the rows chosen so far, %s', (kernel) => {
  beforeAll(() => usePath(kernel));
  afterEach(() => void (hostLimit.held = held));

  it.each([
    ['one row', 1, 1, 1, false],
    ['few rows', 45, 3, 4, true],
    ['weights', 2500, 17, 3, true],
    ['none', 2500, 17, 3, false],
    ['batches of a tensor', 3000, 5, 2 ** 19, true],
    ['batches that are made each time', 3000, 5, 2 ** 19, false],
  ])('and their sums: %s', async (what, n, d, candidates, weighted) => {
    if (what.endsWith('each time')) hostLimit.held = 0;
    const random = new RandomState(n);
    const values = Float64Array.from(random.normal(0, 1, n * d), Math.fround);
    const weight = weighted ? Float64Array.from(random.uniform(0, 3, n)) : null;
    const rows = await fitRows('x', { values, shape: [n, d] }, (width) => width, pacer());
    const squared = (i: number, to: number): number => {
      let total = 0;
      for (let j = 0; j < d; j++) total += (values[i * d + j] - values[to * d + j]) ** 2;
      return total;
    };
    const known = new Float64Array(n).fill(Infinity);
    const step = async (compare: (rows: Int32Array) => Promise<Float64Array>, to: number[]) => {
      const left = to.map((row) => known.map((least, i) => Math.min(least, squared(i, row))));
      const totals = left.map((each) => each.reduce((sum, v, i) => sum + v * (weight ? weight[i] : 1), 0));
      expectClose(await compare(Int32Array.from(to)), totals, { rtol: 1e-6, atol: 1e-9 });
      return left;
    };
    const left = await leaves(() =>
      withProblem(rows, 2, weight, pacer(), async (problem) => {
        const nearest = nearestByKernel(problem, problem.laid!, candidates);
        for (const [to, which] of [
          [[n - 1], 0],
          [[0, n >> 1, n - 1], 1],
          [[n >> 2, 0], 0],
        ] as const) {
          // prettier-ignore
          known.set((await step(nearest.compare, [...to]))[which]);
          await nearest.keep(which);
          expectClose(nearest.squared, known, { rtol: 1e-5, atol: 1e-9 });
        }
        expect(nearest.squared[n - 1]).toBe(0);
      }),
    );
    expect(left).toBe(0);
  });
});

const drawn = (n: number, d: number) => {
  const random = new RandomState(n);
  return { values: Float64Array.from(random.normal(1, 2, n * d), Math.fround), shape: [n, d] as const };
};

describe.each(kernels)('k-means++ in one call, %s', (kernel) => {
  beforeAll(() => usePath(kernel));

  it.each([
    ['few rows', 30, 2, 5, false],
    ['many features', 700, 70, 9, false],
    ['rows for two threads', 40_000, 24, 12, false],
    ['weights, some of them 0', 900, 3, 40, true],
    ['as many clusters as rows', 12, 4, 12, false],
  ])('chooses the rows that are chosen step by step: %s', async (_, n, d, k, weighted) => {
    const { values, shape } = drawn(n, d);
    const weight = weighted ? Float64Array.from({ length: n }, (_, i) => (i % 4) / 3) : null;
    const chosen = async (seed: number) => {
      const rows = await fitRows('x', { values, shape: [...shape] }, (width) => width, pacer());
      return withProblem(rows, k, weight, pacer(), (problem) =>
        kMeansPlusPlus(problem, k, new RandomState(seed)),
      );
    };
    for (const seed of [0, 1, 2]) {
      startLimit.products = Infinity;
      const atOnce = await chosen(seed);
      expect(await leaves(() => chosen(seed))).toBe(0);
      startLimit.products = 0;
      expect(Array.from(atOnce)).toEqual(Array.from(await chosen(seed)));
      if (weight) expect(atOnce.every((row) => weight[row] > 0)).toBe(true);
    }
  });
});

describe.each(kernels)('random swaps in one call, %s', (kernel) => {
  const { x } = clustered([[0, 0, 1], [2, 1, 0], [1, 3, 2], [-2, 1, 2], [0, -1, -2]], 0.7, 90, 3); // prettier-ignore
  const fitted = async (options: Parameters<typeof KMeans.fit>[1]) => {
    const model = await KMeans.fit(x, { init: 'random-swap', tol: 0, ...options });
    const { inertia } = model;
    const centers = await model.clusterCenters.array();
    model.dispose();
    return { inertia: inertia!, centers };
  };

  it.each([
    ['clusters', {}],
    ['weights', { sampleWeight: x.map((_, i) => (i % 3) / 2) }],
  ])('end where those end that are tried one by one: %s', async (_, options) => {
    for (const seed of [0, 1, 2, 3]) {
      await usePath('host');
      const one = await fitted({ nClusters: 7, seed, ...options });
      await usePath(kernel);
      const all = await fitted({ nClusters: 7, seed, ...options });
      expectClose(all.inertia, one.inertia, { rtol: 1e-6 });
      expectClose(all.centers, one.centers, { rtol: 1e-4, atol: 1e-5 });
    }
  });

  it('may be made in several calls', async () => {
    await usePath(kernel);
    const { inertia: plain } = await fitted({ nClusters: 7, seed: 5, init: 'k-means++', maxIter: 4 });
    const { inertia: atOnce } = await fitted({ nClusters: 7, seed: 5 });
    startLimit.products = kernel.endsWith('wasm') ? 2 ** 24 : 2 ** 20; // a few swaps each
    const { inertia } = await fitted({ nClusters: 7, seed: 5 });
    expect(inertia).toBeLessThan(plain);
    expectClose(inertia, atOnce, { rtol: 0.01 });
  });
});
