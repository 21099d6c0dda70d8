/** Iterations that a native kernel makes several at once are those that are made one by one. */
import { iterationsOfCall } from '../../src/cluster/ahead.js';
import { withProblem } from '../../src/cluster/problem.js';
import { pacer } from '../../src/core/iterate.js';
import { fitRows } from '../../src/core/rows.js';
import { KMeans, RandomState } from '../../src/index.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { kernels, usePath } from '../support/paths.js';

type Options = Parameters<typeof KMeans.fit>[1];

const flat = (n: number, d: number, values: ArrayLike<number>) => ({
  values: Float64Array.from(values),
  shape: [n, d] as [number, number],
});

/** n normal rows; of `kinds` different ones where that is said. */
function drawn(n: number, d: number, kinds = n) {
  const random = new RandomState(n + d);
  const palette = random.normal(1, 2, kinds * d);
  const of = kinds === n ? Int32Array.from({ length: n }, (_, i) => i) : random.randint(kinds, n);
  return flat(
    n,
    d,
    Array.from({ length: n * d }, (_, at) => palette[of[Math.floor(at / d)] * d + (at % d)]),
  );
}

async function fitted(x: ReturnType<typeof flat>, options: Options) {
  const model = await KMeans.fit(x, options);
  const labels = Array.from(await model.labels!.data());
  const centers = await model.clusterCenters.array();
  const { inertia, nIter, converged, history } = model;
  model.dispose();
  return { labels, centers, inertia: inertia!, nIter, converged, history: history! };
}

describe.each(kernels)('iterations several at once, %s', (kernel) => {
  beforeAll(() => usePath(`${kernel}, all rows`));

  it.each([
    ['few rows', drawn(40, 2), { nClusters: 5 }],
    ['rows for two threads', drawn(30_000, 9), { nClusters: 14, init: 'random', nInit: 2 }],
    ['equal rows as one', drawn(9000, 3, 700), { nClusters: 8 }],
    ['not to the end', drawn(4000, 5), { nClusters: 7, maxIter: 6 }],
    ['until no row changes', drawn(1500, 17), { nClusters: 6, tol: 0 }],
    ['one cluster', drawn(77, 3), { nClusters: 1 }],
    ['as many numbers of centres as are compared by differences', drawn(300, 64), { nClusters: 16 }],
    ['one number more', drawn(300, 205), { nClusters: 5 }],
  ] satisfies [string, ReturnType<typeof flat>, Options][])(
    'are those that are told one by one: %s',
    async (_, x, options) => {
      const told: number[] = [];
      const onIteration = ({ objective }: { objective: number }) => void told.push(objective);
      const onInit = () => void (told.length = 0);
      const one = await fitted(x, { ...options, seed: 3, onIteration });
      const left = await leaves(async () => {
        const several = await fitted(x, { ...options, seed: 3, onInit });
        expect({ ...several, centers: 0, inertia: 0, history: 0 }).toEqual({ ...one, centers: 0, inertia: 0, history: 0 }); // prettier-ignore
        expectClose(several.centers, one.centers, { rtol: 1e-6, atol: 1e-6 });
        expectClose(several.inertia, one.inertia, { rtol: 1e-9 });
        expectClose([...several.history], [...one.history], { rtol: 1e-7 });
      });
      expect(left).toBe(0);
    },
  );

  it('stop where one would empty a cluster, which goes to the farthest row', async () => {
    const { x } = clustered([[0, 0], [5, 1], [2, 7]], 0.5, 200, 1); // prettier-ignore
    const rows = flat(x.length, 2, x.flat());
    const init = [[0, 0], [60, 60], [90, -90], [5, 1]]; // prettier-ignore
    const one = await fitted(rows, { init, onIteration: () => undefined });
    const several = await fitted(rows, { init });
    expect([several.labels, several.nIter]).toEqual([one.labels, one.nIter]);
    expect(new Set(several.labels).size).toBe(4);
    expectClose(several.centers, one.centers, { rtol: 1e-6 });
  });

  it('are as many as a frame has time for, of rows without weights that are compared by differences', async () => {
    const of = async (n: number, d: number, k: number, weight: Float64Array | null = null) => {
      const rows = await fitRows('x', drawn(n, d), (width) => width, pacer());
      return withProblem(rows, k, weight, pacer(), (problem) =>
        Promise.resolve(iterationsOfCall(problem, problem.laid!, k)),
      );
    };
    expect(await of(1024, 64, 16)).toBe(kernel.endsWith('wasm') ? 32 : 512);
    expect(await of(1024, 64, 17)).toBe(0);
    expect(await of(1024, 64, 16, new Float64Array(1024).fill(0.5))).toBe(0);
  });
});
