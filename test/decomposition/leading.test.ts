import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import { PCA, RandomState } from '../../src/index.js';
import { leadingEigenvectors } from '../../src/decomposition/leading.js';
import { symmetricEigen } from '../../src/linalg/routines/symmetricEigen.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { multiply } from '../support/naive-linalg.js';
import { naiveCovariance } from '../support/naive-pca.js';

const D = 300;
const pace = async () => {};

/** Correlated columns of falling spread, one of them constant; so many rows that their products are float32. */
function drawn(n: number): Tensor2D {
  const random = new RandomState(3);
  const values = new Float32Array(n * D);
  for (let i = 0; i < n; i++) {
    const row = random.standardNormal(D);
    for (let j = 0; j < D; j++)
      values[i * D + j] = j === 7 ? 2 : 0.98 ** j * (row[j] + 0.5 * row[(j + 1) % D]);
  }
  return tensor2d(values, [n, D]);
}

/** A positive definite matrix with these eigenvalues, its axes Householder's reflection of the standard ones. */
function withEigenvalues(values: readonly number[]): Float64Array {
  const m = values.length;
  const u = new RandomState(1).standardNormal(m);
  const h = u.reduce((sum, value) => sum + value * value, 0) / 2;
  const axis = (k: number, j: number) => (k === j ? 1 : 0) - (u[k] * u[j]) / h;
  const a = new Float64Array(m * m);
  for (let k = 0; k < m; k++) {
    for (let i = 0; i < m; i++)
      for (let j = 0; j <= i; j++) a[i * m + j] += values[k] * axis(k, i) * axis(k, j);
  }
  return a;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

describe.each(backends)('leading eigenvectors on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  // Plain JavaScript takes seconds for these products, and decomposes as wasm does.
  if (backend !== 'cpu')
    it('a few of many components are those of all, which the host finds in float64', async () => {
      const x = drawn(1200);
      const all = await PCA.fit(x, { solver: 'covariance' });
      for (const nComponents of [20, 0.9]) {
        const few = await PCA.fit(x, { solver: 'covariance', nComponents });
        const [k, d] = few.components.shape;
        expect(k).toBe(nComponents === 20 ? 20 : k);
        expectClose(few.components, all.components.slice([0, 0], [k, d]), { rtol: 0, atol: 3e-7 });
        expectClose(few.explainedVarianceRatio!, all.explainedVarianceRatio!.slice([0], [k]), { rtol: 2e-7 });
        const left = Array.from(all.explainedVariance.dataSync()).slice(k);
        expectClose(few.noiseVariance, sum(left) / (D - k), { rtol: 1e-6 });
        few.dispose();
      }
      const covariance = naiveCovariance(x.arraySync());
      const variances = all.explainedVariance.dataSync();
      const w = all.components.slice([0, 0], [30, D]).arraySync() as number[][];
      const stretched = w.map((row, k) => row.map((value) => value * variances[k]));
      expectClose(multiply(w, covariance), stretched, { rtol: 0, atol: 5e-6 * variances[0] });
      all.dispose();
      x.dispose();
    });

  it('pairs that float32 cannot tell apart, and any unit: eigenvalues to 1e-10, residuals to 1e-9 of the trace, orthonormal to 1e-9', async () => {
    const m = 280;
    const spectrum = Array.from(
      { length: m },
      (_, k) => 0.95 ** (k - (k % 2)) * (k % 2 ? 1 - 1e-9 : 1) * 1e-30,
    );
    const a = withEigenvalues(spectrum);
    const trace = sum(spectrum);
    const found = await leadingEigenvectors(a, m, 30, trace, pace);
    if (backend !== 'tensorflow') return expect(found).toBeNull();
    const { values, vectors } = found!;
    const exact = symmetricEigen(a, m).values.reverse();
    expect(values).toHaveLength(30);
    values.forEach((value, k) => expect(Math.abs(value - exact[k])).toBeLessThan(1e-10 * trace));
    for (let k = 0; k < 30; k++) {
      const v = vectors.subarray(k * m, (k + 1) * m);
      const residual = v.map((entry, i) => {
        const image = v.reduce(
          (total, value, j) => total + a[Math.max(i, j) * m + Math.min(i, j)] * value,
          0,
        );
        return image - values[k] * entry;
      });
      expect(Math.hypot(...residual)).toBeLessThan(1e-9 * trace);
      for (let j = 0; j <= k; j++) {
        const product = v.reduce((total, value, i) => total + value * vectors[j * m + i], 0);
        expect(Math.abs(product - (j === k ? 1 : 0))).toBeLessThan(1e-9);
      }
    }
  });

  it('leaves no tensor, and leaves what is small, or most of all, to the host', async () => {
    const a = withEigenvalues(Array.from({ length: 280 }, (_, k) => 1 / (k + 1)));
    const trace = a.reduce((total, value, at) => (at % 281 === 0 ? total + value : total), 0);
    expect(await leaves(() => leadingEigenvectors(a, 280, 0.5, trace, pace))).toBe(0);
    expect(await leadingEigenvectors(a, 280, 0.999, trace, pace)).toBeNull();
    expect(await leadingEigenvectors(a, 280, 200, trace, pace)).toBeNull();
    expect(await leadingEigenvectors(a, 280, 'mle', trace, pace)).toBeNull();
    expect(await leadingEigenvectors(a.slice(0, 100 * 100), 100, 3, trace, pace)).toBeNull();
  });
});
