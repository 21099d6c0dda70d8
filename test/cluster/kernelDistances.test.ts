/** What k-means++ asks of the native kernel, against plain loops. */
import { nearestByKernel } from '../../src/cluster/kernelDistances.js';
import { hostLimit, withProblem } from '../../src/cluster/problem.js';
import { pacer } from '../../src/core/iterate.js';
import { fitRows } from '../../src/core/rows.js';
import { RandomState } from '../../src/index.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { kernels, usePath } from '../support/paths.js';

const { held } = hostLimit;

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
