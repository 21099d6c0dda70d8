/** The native kernels of PCA: sums that float64 loops find, eigenvectors of every kind of spectrum, and the same PCA without them. */
import { memory, tensor2d } from '@tensorflow/tfjs-core';
import { pacer } from '../../src/core/iterate.js';
import { sourceOf } from '../../src/core/source.js';
import { PCA, RandomState } from '../../src/index.js';
import { eigenvectors } from '../../src/decomposition/eigenvectors.js';
import { batchMoments, exactMoments, rowOf } from '../../src/decomposition/moments.js';
import { kernelBackends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { withoutKernels } from '../support/kernels.js';

/** Rows whose neighbouring columns go together; every fifth column is constant. */
function drawn(n: number, d: number, far: number): Float32Array {
  const noise = new RandomState(n + d).normal(0, 1, n * d);
  return Float32Array.from(noise, (value, at) => {
    const j = at % d;
    return j % 5 === 4 ? far + j : far + (value + 0.5 * noise[at - (j > 0 ? 1 : 0)]) * (1 + (j % 3));
  });
}

/** A symmetric matrix of these eigenvalues: reflected by some vectors. Its lower triangle, row by row. */
function withSpectrum(values: readonly number[], seed: number): Float64Array {
  const n = values.length;
  const a = Float64Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? values[at / (n + 1)] : 0));
  for (let turn = 0; turn < 3; turn++) {
    const v = new RandomState(seed + turn).normal(0, 1, n);
    const scale = 2 / v.reduce((sum, value) => sum + value * value, 0);
    const product = v.map((_, i) => v.reduce((sum, value, j) => sum + a[i * n + j] * value, 0));
    const inner = v.reduce((sum, value, i) => sum + value * product[i], 0);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        a[i * n + j] += scale * (scale * inner * v[i] * v[j] - v[i] * product[j] - product[i] * v[j]);
      }
    }
  }
  return Float64Array.from({ length: rowOf(n) }, (_, at) => {
    const i = Math.floor((Math.sqrt(8 * at + 1) - 1) / 2);
    return a[i * n + at - rowOf(i)];
  });
}

const SPECTRA: Record<string, (n: number) => number[]> = {
  'far apart': (n) => Array.from({ length: n }, (_, i) => 2 ** (-i / 8)),
  'near each other': (n) => Array.from({ length: n }, (_, i) => 1 + i * 1e-9),
  'all the same': (n) => new Array<number>(n).fill(3),
  'in clusters': (n) => Array.from({ length: n }, (_, i) => 1 + Math.floor(i / 40)),
  'mostly 0': (n) => Array.from({ length: n }, (_, i) => (i < 5 ? 5 - i : 0)),
};

describe.each(kernelBackends)('native kernels of PCA of %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each([
    [1, 1, 0],
    [5, 7, 0],
    [63, 15, 1e4],
    [257, 33, -300],
    [40_003, 9, 0],
    [30, 200, 1e3],
  ])('sums and products of %d x %d, %d from 0, all in float64', async (n, d, far) => {
    const values = drawn(n, d, far);
    const x = tensor2d(values, [n, d]);
    const before = memory().numTensors;
    const { rows, sums, products } = await exactMoments('x', sourceOf('x', x), pacer());
    expect(memory().numTensors).toBe(before);
    const first = new Float64Array(d);
    const second = new Float64Array(rowOf(d));
    for (let p = 0; p < n; p++) {
      const row = rows.origin.map((center, j) => values[p * d + j] - center);
      for (let i = 0; i < d; i++) {
        first[i] += row[i];
        for (let j = 0; j <= i; j++) second[rowOf(i) + j] += row[i] * row[j];
      }
    }
    const largest = Math.max(...second);
    expectClose(sums, first, { rtol: 1e-12, atol: 1e-12 * Math.sqrt(n * largest) });
    expectClose(products, second, { rtol: 1e-12, atol: 1e-13 * largest });
    x.dispose();
  });

  it.each([
    [1, 1, 0],
    [2, 7, 0],
    [63, 15, 1e4],
    [257, 33, -300],
    [1025, 50, 0],
    [2051, 261, 1e3],
  ])('sums and products of %d x %d, %d from 0', async (n, d, far) => {
    const values = drawn(n, d, far);
    const x = tensor2d(values, [n, d]);
    const before = memory().numTensors;
    const { rows, sums, products } = await batchMoments('x', sourceOf('x', x), pacer());
    expect(memory().numTensors).toBe(before);
    for (let i = 0; i < d; i++) {
      let total = 0;
      for (let p = 0; p < n; p++) total += values[p * d + i] - rows.origin[i];
      expectClose(sums[i], total, { rtol: 1e-5, atol: 1e-5 * n });
      for (let j = 0; j <= i; j++) {
        let product = 0;
        for (let p = 0; p < n; p++)
          product += (values[p * d + i] - rows.origin[i]) * (values[p * d + j] - rows.origin[j]);
        expectClose(products[rowOf(i) + j], product, { rtol: 1e-5, atol: 1e-5 * n });
      }
    }
    x.dispose();
  });

  describe.each(Object.entries(SPECTRA))('eigenvalues %s', (_, spectrum) => {
    it.each([129, 160, 261])('of %d features: all of them, and those of a share', async (n) => {
      const values = spectrum(n).sort((a, b) => b - a);
      const a = withSpectrum(values, n);
      const at = (i: number, j: number) => a[rowOf(Math.max(i, j)) + Math.min(i, j)];
      for (const wanted of [n, 7, 0.9]) {
        const { vectors, variances } = await eigenvectors(a, n, wanted, true, pacer());
        const k = vectors.length / n;
        expect(k).toBeGreaterThanOrEqual(wanted >= 1 ? wanted : 1);
        expectClose(variances.slice(0, k), values.slice(0, k), { rtol: 0, atol: 1e-12 * n * values[0] });
        for (let p = 0; p < k; p += 3) {
          for (let q = 0; q <= p; q++) {
            let inner = 0;
            for (let j = 0; j < n; j++) inner += vectors[p * n + j] * vectors[q * n + j];
            expect(Math.abs(inner - (p === q ? 1 : 0))).toBeLessThan(1e-10);
          }
          for (let i = 0; i < n; i += 10) {
            let product = 0;
            for (let j = 0; j < n; j++) product += at(i, j) * vectors[p * n + j];
            expect(Math.abs(product - variances[p] * vectors[p * n + i])).toBeLessThan(1e-11 * n * values[0]);
          }
        }
      }
    });
  });

  it.each([0.9, 12, 'mle'] as const)(
    'PCA of nComponents %s is that of tensor operations',
    async (nComponents) => {
      const [n, d] = [3000, 200];
      const x = tensor2d(drawn(n, d, 100), [n, d]);
      const [byKernels, byTensors] = [
        await PCA.fit(x, { nComponents, solver: 'covariance' }),
        await withoutKernels(() => PCA.fit(x, { nComponents, solver: 'covariance' })),
      ];
      expect(byKernels.nComponents).toBe(byTensors.nComponents);
      const ratio = (model: PCA) => model.explainedVarianceRatio!.array();
      expectClose(await ratio(byKernels), await ratio(byTensors), { rtol: 0, atol: 1e-6 });
      [x, byKernels, byTensors].forEach((each) => each.dispose());
    },
  );
});
