/** What holds for PCA on any data. */
import { memory, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { PCA, RandomState, type Matrix, type PCAOptions } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { identity, make, multiply, transpose, type Rows } from '../support/naive-linalg.js';
import { naiveCovariance, naiveMean } from '../support/naive-pca.js';

const D = 6;
const random = new RandomState(3);
/** Features of falling spread about (2, 0, …), mixed; float32 numbers, so that a tensor of them is the same data. */
const x = Array.from({ length: 90 }, () => {
  const row = Array.from(random.standardNormal(D), (v, j) => v * 0.6 ** j);
  return row.map((value, j) => Math.fround(value + 0.4 * row[(j + 1) % D] + (j > 0 ? 0 : 2)));
});
const rowsOf = (t: Tensor): Rows => t.arraySync() as Rows;
const values = (t: Tensor): number[] => Array.from(t.dataSync());
const each = (rows: Rows, f: (value: number, j: number) => number): Rows => rows.map((row) => row.map(f));

const models: PCA[] = [];
async function fit(rows: Matrix, options: PCAOptions): Promise<PCA> {
  const model = await PCA.fit(rows, { seed: 1, ...options });
  models.push(model);
  return model;
}
let before = 0;
beforeEach(() => (before = memory().numTensors));
afterEach(() => {
  models.splice(0).forEach((model) => model.dispose());
  expect(memory().numTensors).toBe(before);
});

/** Roundings of float32 in products with the rows, for 'randomized'; of results alone for the others. */
const close = { rtol: 2e-6, atol: 5e-6 };

/** The same directions with the same variances: the means may differ. */
function expectSame(a: PCA, b: PCA): void {
  expectClose(a.components, rowsOf(b.components), { ...close, what: 'components' });
  expectClose(a.explainedVariance, values(b.explainedVariance), { ...close, what: 'variances' });
  expectClose(a.explainedVarianceRatio!, values(b.explainedVarianceRatio!), close);
  expectClose(a.noiseVariance, b.noiseVariance, { rtol: 5e-6, what: 'noise' });
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(['covariance', 'full', 'randomized'] as const)('PCA by %s', (solver) => {
    it('gives rows back at full rank, and keeps their distances', async () => {
      for (const whiten of [false, true]) {
        const model = await fit(x, { solver, whiten });
        tidy(() => {
          const z = model.transform(x);
          expectClose(model.inverseTransform(z), x, { rtol: 0, atol: 3e-6 });
          if (whiten) return;
          const length = (row: number[]) => Math.hypot(...row);
          const mean = naiveMean(x);
          const lengths = each(x, (value, j) => value - mean[j]).map(length);
          expectClose(rowsOf(z).map(length), lengths, { rtol: 2e-6 });
        });
      }
    });

    it('projects: once more changes nothing, and what is lost is orthogonal to what is kept', async () => {
      const model = await fit(x, { solver, nComponents: 2 });
      tidy(() => {
        const once = rowsOf(model.inverseTransform(model.transform(x)));
        const again = model.inverseTransform(model.transform(once));
        expectClose(again, once, { rtol: 0, atol: 3e-6 });
        const lost = x.map((row, i) => row.map((value, j) => value - once[i][j]));
        expect(Math.max(...lost.flat().map(Math.abs))).toBeGreaterThan(0.1);
        const kept = multiply(lost, transpose(rowsOf(model.components)));
        expectClose(kept, kept.map(() => [0, 0]), { rtol: 0, atol: 3e-6 }); // prettier-ignore
        // Its variance is the noise, times the directions left out.
        const left = lost.flat().reduce((sum, value) => sum + value ** 2, 0) / (x.length - 1);
        expectClose(model.noiseVariance, left / (D - 2), { rtol: 5e-6 });
      });
    });

    it('whitens: coordinates have mean 0 and covariance I', async () => {
      for (const nComponents of [2, D]) {
        const model = await fit(x, { solver, nComponents, whiten: true });
        tidy(() => {
          const z = rowsOf(model.transform(x));
          expectClose(naiveCovariance(z), identity(nComponents), { rtol: 0, atol: 1e-5 });
          expectClose(naiveMean(z), Array<number>(nComponents).fill(0), { rtol: 0, atol: 2e-6 });
        });
      }
    });

    it('moves its mean with the data, and nothing else', async () => {
      const by = [1e4, -3e5, 0.5, 0, 0, 7];
      const moved = each(x, (value, j) => value + by[j]);
      const [near, far] = [
        await fit(x, { solver, nComponents: 3 }),
        await fit(moved, { solver, nComponents: 3 }),
      ];
      expectSame(far, near);
      tidy(() => {
        expectClose(far.mean, naiveMean(moved), { rtol: 1e-7, atol: 1e-7 });
        expectClose(far.transform(moved), rowsOf(near.transform(x)), close);
        expectClose(far.scoreSamples(moved), values(near.scoreSamples(x)), { rtol: 0, atol: 2e-5 });
      });
    });

    it('scales with the data: by a power of two to the last bit', async () => {
      const one = await fit(x, { solver, nComponents: 3 });
      for (const scale of [1 / 256, 256]) {
        const other = await fit(each(x, (value) => value * scale), { solver, nComponents: 3 }); // prettier-ignore
        const times = (by: number, t: Tensor) => values(t).map((value) => value * by);
        expect(values(other.components)).toEqual(values(one.components));
        expect(values(other.mean)).toEqual(times(scale, one.mean));
        expect(values(other.explainedVariance)).toEqual(times(scale ** 2, one.explainedVariance));
        expect(values(other.explainedVarianceRatio!)).toEqual(values(one.explainedVarianceRatio!));
        expect(other.noiseVariance).toBe(one.noiseVariance * scale ** 2);
      }
    });

    it('turns with the data', async () => {
      const [c, s] = [0.6, 0.8];
      const turn = make(D, D, (i, j) => (i === j ? (i < 2 ? c : 1) : i + j === 1 ? (i === 0 ? -s : s) : 0));
      const [one, other] = [await fit(x, { solver }), await fit(multiply(x, turn), { solver })];
      expectClose(other.explainedVariance, values(one.explainedVariance), close);
      // Up to the sign, which the largest entry decides.
      const cosines = multiply(rowsOf(other.components), transpose(multiply(rowsOf(one.components), turn)));
      expectClose(each(cosines, Math.abs), identity(D), { rtol: 0, atol: 5e-6 });
    });

    it('does not mind the order of the rows, nor copies but for N - 1', async () => {
      const order = random.permutation(x.length);
      const one = await fit(x, { solver, nComponents: 3 });
      expectSame(await fit(Array.from(order, (i) => x[i]), { solver, nComponents: 3 }), one); // prettier-ignore
      const twice = await fit([...x, ...x], { solver, nComponents: 3 });
      const factor = (2 * (x.length - 1)) / (2 * x.length - 1);
      expectClose(twice.components, rowsOf(one.components), close);
      expectClose(twice.explainedVariance, values(one.explainedVariance).map((v) => v * factor), close); // prettier-ignore
      expectClose(twice.explainedVarianceRatio!, values(one.explainedVarianceRatio!), close);
    });

    it('takes rows in any form, and a tensor as the same numbers', async () => {
      const forms = [tensor2d(x), { values: Float32Array.from(x.flat()), shape: [90, D] as const }, x.map((row) => Float64Array.from(row))]; // prettier-ignore
      const one = await fit(x, { solver, nComponents: 3, whiten: true });
      for (const form of forms) {
        expectSame(await fit(form, { solver, nComponents: 3, whiten: true }), one);
        tidy(() => {
          expectClose(one.transform(form), rowsOf(one.transform(x)), close);
          expectClose(one.scoreSamples(form), values(one.scoreSamples(x)), { rtol: 0, atol: 1e-5 });
        });
      }
      (forms[0] as Tensor).dispose();
    });
  });

  it('keeps as few components as reach a share of the variance', async () => {
    const all = await fit(x, {});
    const ratio = values(all.explainedVarianceRatio!);
    const reached = ratio.map((_, k) => ratio.slice(0, k + 1).reduce((a, b) => a + b, 0));
    expectClose(reached[D - 1], 1, { rtol: 1e-6 });
    for (let k = 1; k < D; k++) {
      const nComponents = async (share: number) => (await fit(x, { nComponents: share })).nComponents;
      expect(await nComponents(reached[k - 1] - 1e-4)).toBe(k);
      expect(await nComponents(reached[k - 1] + 1e-4)).toBe(k + 1);
    }
    expect((await fit(x, { nComponents: 1 - 1e-9 })).nComponents).toBe(D);
  });

  it("finds the planted dimension by 'mle'", async () => {
    for (const planted of [1, 2, 4]) {
      const rows = Array.from({ length: 400 }, () =>
        Array.from(random.standardNormal(D), (value, j) => value * (j < planted ? 3 + j : 0.5)),
      );
      for (const solver of ['covariance', 'full'] as const)
        expect((await fit(rows, { nComponents: 'mle', solver })).nComponents).toBe(planted);
    }
  });

  it("gives the same for the same seed, and 'randomized' nearly the same for any", async () => {
    const options: PCAOptions = { solver: 'randomized', nComponents: 2, nOversamples: 0 };
    const one = await fit(x, { ...options, seed: 5 });
    expect(values((await fit(x, { ...options, seed: 5 })).components)).toEqual(values(one.components));
    // Without oversampling or iterations the draws show.
    const rough = async (seed: number) => values((await fit(x, { ...options, nPowerIter: 0, seed })).components); // prettier-ignore
    expect(await rough(5)).not.toEqual(await rough(6));
    expectSame(await fit(x, { ...options, nPowerIter: 30, seed: 6 }), await fit(x, { solver: 'full', nComponents: 2 })); // prettier-ignore
  });
});
