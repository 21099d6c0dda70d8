/** PCA held against the definitions in plain float64 loops, on small data of many shapes. */
import { tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { PCA, pcaTransform, RandomState, type PCAOptions } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { densityRounding, rowRounding } from '../support/expectPCA.js';
import { identity, make, multiply, naiveEigenvalues, naiveSolve, transpose, type Rows } from '../support/naive-linalg.js'; // prettier-ignore
import { naiveLogProb } from '../support/naive-mixture.js';
import { naiveCoordinates, naiveCovariance, naiveMean, naiveModelCovariance } from '../support/naive-pca.js';

const rowsOf = (t: Tensor): Rows => t.arraySync() as Rows;
const values = (t: Tensor): number[] => Array.from(t.dataSync());

/** Correlated features of falling spread; numbers that float32 holds, so that a tensor of them is the same data. */
function drawn(n: number, d: number, seed: number): Rows {
  const random = new RandomState(seed);
  const mix = make(d, d, (i, j) => (i === j ? 1 : random.uniform(-0.4, 0.4, 1)[0]) * 0.7 ** i);
  return multiply(make(n, d, () => random.standardNormal(1)[0]), mix).map((row) => row.map(Math.fround)); // prettier-ignore
}

const CASES: Record<string, Rows> = {
  'more rows than columns': drawn(40, 5, 1),
  'as many rows as columns': drawn(6, 6, 2),
  'fewer rows than columns': drawn(5, 9, 3),
  'two rows': drawn(2, 4, 4),
  'one column': drawn(30, 1, 5),
  'a constant column': drawn(25, 4, 6).map(([a, b, c, d]) => [a, 0.1, b, c, d]),
  'a column that is the sum of two': drawn(25, 3, 7).map(([a, b, c]) => [a, b, c, a + b]),
  'copies of rows': drawn(7, 4, 8).flatMap((row) => [row, row, row]),
  'an offset of 10,000': drawn(30, 4, 9).map((row) => row.map((value) => value + 10_000)),
  'large numbers': drawn(30, 4, 10).map((row) => row.map((value) => value * 1e6)),
  'small numbers': drawn(30, 4, 11).map((row) => row.map((value) => value * 1e-6)),
};
const cases = Object.entries(CASES);

const solvers = ['full', 'covariance', 'randomized'] as const;
/** The first two are float64 to the end, their results in float32; products of 'randomized' with the rows are float32. */
const ROUNDING = { full: 2e-7, covariance: 2e-7, randomized: 2e-6 };

/** The eigenpairs of the covariance, the largest ones, in order. */
function expectSpectrum(model: PCA, x: Rows, rounding: number): void {
  const covariance = naiveCovariance(x);
  const spectrum = naiveEigenvalues(covariance).reverse();
  const total = covariance.reduce((sum, row, j) => sum + row[j], 0);
  const w = rowsOf(model.components);
  const variances = values(model.explainedVariance);
  const [k, most] = [model.nComponents, Math.min(x.length, x[0].length)];
  const atol = rounding * spectrum[0];
  expectClose(model.mean, naiveMean(x), { rtol: 2e-7, atol: 1e-7 * Math.sqrt(total), what: 'mean' });
  expectClose(variances, spectrum.slice(0, k), { rtol: rounding, atol: 1e-13 * total, what: 'variances' });
  expectClose(multiply(w, transpose(w)), identity(k), { rtol: 0, atol: 3e-7, what: 'orthonormal' });
  const stretched = w.map((row, i) => row.map((value) => value * variances[i]));
  expectClose(multiply(w, covariance), stretched, { rtol: 0, atol, what: 'W C = diag(λ) W' });
  w.forEach((row) => expect(Math.max(...row)).toBe(Math.max(...row.map(Math.abs))));
  expectClose(model.explainedVarianceRatio!, variances.map((v) => v / total), { rtol: rounding, atol: 1e-12 }); // prettier-ignore
  const singular = variances.map((v) => Math.sqrt(v * (x.length - 1)));
  expectClose(model.singularValues!, singular, { rtol: 2e-7, what: 'singularValues' });
  const left = spectrum.slice(k).reduce((sum, value) => sum + Math.max(0, value), 0);
  const noise = k < most ? left / (most - k) : 0;
  expectClose(model.noiseVariance, noise, { rtol: rounding, atol: 1e-13 * total, what: 'noiseVariance' });
}

/** What the model says of rows is what its own params say, by the formulas. */
function expectAnswers(model: PCA, x: Rows): void {
  const w = rowsOf(model.components);
  const variances = values(model.explainedVariance);
  const atol = rowRounding(x, model);
  const z = naiveCoordinates(x, w, naiveMean(x));
  expectClose(model.transform(x), z, { rtol: 0, atol, what: 'transform' });
  const size = Math.max(...x.flat().map(Math.abs));
  const back = multiply(z, w).map((row) => row.map((value, j) => value + naiveMean(x)[j]));
  expectClose(model.inverseTransform(z), back, { rtol: 0, atol: atol + 1e-7 * size, what: 'back' });
  const near = model.nComponents < model.nFeatures ? Math.min(variances.at(-1)!, model.noiseVariance) : variances.at(-1)!; // prettier-ignore
  if (near < 1e-12 * variances[0]) return; // singular: test/decomposition/degenerate.test.ts
  const covariance = naiveModelCovariance(w, variances, model.noiseVariance);
  const entries = { rtol: 0, atol: 1e-6 * variances[0] };
  expectClose(model.covariance(), covariance, entries);
  const { x: inverse } = naiveSolve(covariance, identity(covariance.length));
  expectClose(model.precision(), inverse, { rtol: 0, atol: (1e-6 / near) * (variances[0] / near) });
  const density = naiveLogProb(x, { weights: [1], means: [naiveMean(x)], covariances: [covariance] });
  const each = densityRounding(density.flat(), x, model);
  values(model.scoreSamples(x)).forEach((value, i) =>
    expectClose(value, density[i][0], { rtol: 1e-6, atol: each[i], what: 'density' }),
  );
  const mean = density.reduce((sum, [value]) => sum + value / x.length, 0);
  expectClose(model.score(x), mean, { rtol: 1e-6, atol: Math.max(...each), what: 'score' });
}

describe.each(backends)('PCA by the definitions on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(solvers)('%s', (solver) => {
    it.each(cases)('%s', async (_, x) => {
      const most = Math.min(x.length, x[0].length);
      for (const nComponents of new Set([most, Math.ceil(most / 2)])) {
        const model = await PCA.fit(x, { nComponents, solver, seed: 1 });
        expect([model.nComponents, model.nFeatures]).toEqual([nComponents, x[0].length]);
        tidy(() => {
          expectSpectrum(model, x, ROUNDING[solver]);
          expectAnswers(model, x);
        });
        model.dispose();
      }
    });

    it('divides by the deviations when it whitens, and does nothing else', async () => {
      const x = CASES['more rows than columns'];
      const options: PCAOptions = { nComponents: 3, solver, seed: 1 };
      const [plain, whitened] = [await PCA.fit(x, options), await PCA.fit(x, { ...options, whiten: true })];
      tidy(() => {
        const deviations = values(plain.explainedVariance).map(Math.sqrt);
        const z = rowsOf(plain.transform(x)).map((row) => row.map((value, k) => value / deviations[k]));
        expectClose(whitened.transform(x), z, { rtol: 2e-6, atol: 1e-6 });
        expectClose(whitened.inverseTransform(z), plain.inverseTransform(plain.transform(x)), { atol: 1e-6 });
        for (const name of ['covariance', 'precision'] as const)
          expect(values(whitened[name]())).toEqual(values(plain[name]()));
        expect(values(whitened.scoreSamples(x))).toEqual(values(plain.scoreSamples(x)));
      });
      [plain, whitened].forEach((model) => model.dispose());
    });
  });

  it('pcaTransform is the same product', () => {
    const x = CASES['more rows than columns'];
    const [w, mean] = [make(2, 5, (i, j) => i - 0.3 * j), [1, 2, 3, 4, 5]];
    tidy(() => {
      const params = { components: tensor2d(w), mean: tensor2d([mean]).as1D() };
      expectClose(pcaTransform(tensor2d(x), params), naiveCoordinates(x, w, mean), {
        rtol: 1e-6,
        atol: 1e-5,
      });
    });
  });

  // More products than the host does in float64: they are float32, and two batches are added up.
  it.each(['covariance', 'randomized'] as const)('%s, of more rows than one batch holds', async (solver) => {
    const [n, d] = [8200, 111];
    const random = new RandomState(12);
    const x = Array.from({ length: n }, () =>
      Array.from(random.standardNormal(d), (v, j) => 0.9 ** j * v + 5),
    );
    const all = solver === 'covariance' ? d : 4;
    const model = await PCA.fit(x, { solver, nComponents: all, nPowerIter: 12, seed: 0 });
    tidy(() => {
      const covariance = naiveCovariance(x);
      const variances = values(model.explainedVariance);
      const w = rowsOf(model.components);
      const stretched = w.map((row, i) => row.map((value) => value * variances[i]));
      expectClose(multiply(w, covariance), stretched, { rtol: 0, atol: 5e-6 * variances[0] });
      expectClose(multiply(w, transpose(w)), identity(all), { rtol: 0, atol: 3e-7 });
      expect(variances).toEqual([...variances].sort((a, b) => b - a));
      const total = covariance.reduce((sum, row, j) => sum + row[j], 0);
      const left = total - variances.reduce((a, b) => a + b, 0);
      expectClose(model.noiseVariance, all < d ? left / (d - all) : 0, { rtol: 2e-6 });
      expectClose(model.explainedVarianceRatio!, variances.map((v) => v / total), { rtol: 2e-6 }); // prettier-ignore
    });
    model.dispose();
  });
});
