/** The native kernels that more than one module calls, against float64 loops. */
import { memory, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { pacer } from '../../src/core/iterate.js';
import { joinHalves, nativeKernel } from '../../src/core/native.js';
import { fitRows } from '../../src/core/rows.js';
import { RandomState } from '../../src/index.js';
import { withProblem } from '../../src/cluster/problem.js';
import { distancesTo } from '../../src/cluster/seeding.js';
import { kernelBackends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { withoutKernels } from '../support/kernels.js';
import { naiveDistance } from '../support/naive-silhouette.js';

const SIZES = [
  [1, 1, 0],
  [3, 2, 1e6],
  [64, 3, 0],
  [65, 16, -50],
  [1031, 17, 1e4],
  [20_011, 5, 0],
  [700, 261, 3],
] as const;

const drawn = (n: number, d: number, far: number): Float32Array =>
  Float32Array.from(new RandomState(n * d).normal(far, 2, n * d));

describe.each(kernelBackends)('native kernels of %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(SIZES)('means and variances of %d x %d, %d from 0', async (n, d, far) => {
    const values = drawn(n, d, far);
    const x = tensor2d(values, [n, d]);
    const before = memory().numTensors;
    const { origin, mean, variances } = await fitRows('x', x, (width) => width, pacer());
    expect(memory().numTensors).toBe(before);
    for (let j = 0; j < d; j++) {
      let first = 0;
      let second = 0;
      for (let i = 0; i < n; i++) first += values[i * d + j] / n;
      for (let i = 0; i < n; i++) second += (values[i * d + j] - first) ** 2 / n;
      expectClose(origin[j] + mean[j], first, { rtol: 1e-12, atol: 1e-6 });
      expectClose(variances[j], second, { rtol: 1e-5 });
    }
    x.dispose();
  });

  it.each(SIZES)('distances of %d x %d, %d from 0, as tensors and as numbers', async (n, d, far) => {
    const values = drawn(n, d, far);
    const x = tensor2d(values, [n, d]);
    const row = (i: number) => Array.from(values.subarray(i * d, (i + 1) * d));
    const points = Int32Array.from({ length: Math.min(n, 14) }, (_, p) => n - 1 - p);
    for (const data of [x, { values, shape: [n, d] as [number, number] }]) {
      const before = memory().numTensors;
      const rows = await fitRows('x', data, (width) => width, pacer());
      const out = Array.from(points, () => new Float64Array(n));
      await withProblem(rows, 3, null, pacer(), (problem) => distancesTo(problem, points, out));
      expect(memory().numTensors).toBe(before);
      points.forEach((point, p) => {
        for (let i = 0; i < n; i += Math.ceil(n / 50)) {
          expectClose(out[p][i], naiveDistance(row(i), row(point)) ** 2, { rtol: 1e-5, atol: 1e-10 });
        }
        expect(out[p][point]).toBe(0);
      });
    }
    x.dispose();
  });

  it.each([
    [1, 1, 1, 0],
    [7, 33, 17, 5],
    [300, 129, 50, -20],
    [513, 64, 261, 0],
  ])('sums of distances of %d rows to %d, of %d features, %d from 0', (n, m, d, far) => {
    // Each of the others is a cluster of its own in one labeling, in another all are one; the last points come first.
    const [a, b] = [drawn(n, d, far), drawn(m, d, far)];
    const inputs = {
      x: tensor2d([...b, ...a], [m + n, d]),
      order: tensor1d(
        Array.from({ length: m + n }, (_, i) => m + n - 1 - i),
        'int32',
      ),
      block: tensor1d(
        Array.from({ length: n }, (_, i) => n - 1 - i),
        'int32',
      ),
      range: tensor1d([n, m], 'int32'),
      codes: tensor2d(
        [0, 1].flatMap((l) =>
          Array.from({ length: m + n }, (_, i) => (l === 1 ? m : i < n ? 0 : m - 1 - (i - n))),
        ),
        [2, m + n],
        'int32',
      ),
      width: tensor1d([m + 1], 'int32'),
    };
    const before = memory().numTensors;
    const [sums] = nativeKernel('LatentClusterDistances')!(inputs);
    expect([sums.shape, memory().numTensors]).toEqual([[2, n, m + 1], before + 1]);
    const all = joinHalves(sums.dataSync() as Float32Array);
    for (let i = 0; i < n; i += Math.ceil(n / 40)) {
      let total = 0;
      for (let j = 0; j < m; j++) {
        const exact = naiveDistance(a.subarray(i * d, (i + 1) * d), b.subarray(j * d, (j + 1) * d));
        // What products lose is a share of |x|² + |y|², about the mean: some 8 d.
        expectClose(all[i * (m + 1) + j] ** 2, exact ** 2, { rtol: 0, atol: 2e-6 * 16 * d });
        total += all[i * (m + 1) + j];
      }
      expectClose(all[i * (m + 1) + m], total, { rtol: 1e-6 });
    }
    [...Object.values(inputs), sums].forEach((each) => each.dispose());
  });

  it('are not called where they are taken away', async () => {
    const rows = await fitRows('x', [[0], [1]], (width) => width, pacer());
    const laid = () =>
      withProblem(rows, 2, null, pacer(), (problem) => Promise.resolve(problem.laid !== null));
    expect([await laid(), await withoutKernels(laid), await laid()]).toEqual([true, false, true]);
  });
});
