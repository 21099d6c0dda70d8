/** PCA at the ends of what data can be: directions without variance, one row, equal rows, more asked for than there is. */
import { memory, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { InputError, NumericalError, PCA, RandomState, type PCAOptions } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { identity, multiply, transpose, type Rows } from '../support/naive-linalg.js';

const values = (t: Tensor): number[] => Array.from(t.dataSync());
const random = new RandomState(8);
const x = Array.from({ length: 40 }, () => Array.from(random.standardNormal(3), (v, j) => v * (3 - j)));

const models: PCA[] = [];
/** Fits by name; whatever the data, the components are orthonormal and every number is finite. */
async function fit(rows: Rows, options: PCAOptions): Promise<PCA> {
  const model = await PCA.fit(rows, { seed: 0, ...options });
  models.push(model);
  tidy(() => {
    const w = model.components.arraySync();
    expectClose(multiply(w, transpose(w)), identity(model.nComponents), { rtol: 0, atol: 1e-6 });
    const z = model.transform(rows);
    const all = [model.mean, model.explainedVariance, model.explainedVarianceRatio!, model.singularValues!, z, model.inverseTransform(z), model.covariance()]; // prettier-ignore
    expect(all.flatMap(values).every(Number.isFinite)).toBe(true);
  });
  return model;
}
let before = 0;
beforeEach(() => (before = memory().numTensors));
afterEach(() => {
  models.splice(0).forEach((model) => model.dispose());
  expect(memory().numTensors).toBe(before);
});

/** What needs an inverse says which remedy there is; what needs none works. */
function expectSingular(model: PCA, rows: Rows): void {
  const message = /the covariance is singular .*Keep fewer components/;
  for (const method of ['scoreSamples', 'score'] as const) {
    expect(() => model[method](rows)).toThrow(NumericalError);
    expect(() => model[method](rows)).toThrow(message);
  }
  expect(() => model.precision()).toThrow(NumericalError);
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(['covariance', 'full', 'randomized'] as const)('PCA by %s', (solver) => {
    it('of equal rows has no variance, and every row at 0', async () => {
      for (const row of [
        [0, 0],
        [0.1, -77.7],
        [1e6 + 0.3, 1 / 3],
      ]) {
        // prettier-ignore
        for (const whiten of [false, true]) {
          const rows = Array<number[]>(30).fill(row);
          const model = await fit(rows, { solver, whiten });
          for (const name of ['explainedVariance', 'explainedVarianceRatio', 'singularValues'] as const)
            expect(values(model[name]!)).toEqual([0, 0]);
          tidy(() => {
            expectClose(model.transform(rows), rows.map(() => [0, 0]), { rtol: 0, atol: 1e-6 }); // prettier-ignore
            expectClose(model.inverseTransform([[0, 0]]), [row], { rtol: 1e-7 });
          });
          expectSingular(model, rows);
        }
      }
    });

    it('gives a constant column no part in the components', async () => {
      const plain = await fit(x, { solver });
      for (const value of [0, 0.1, 1e6]) {
        const wider = x.map(([a, b, c]) => [a, value, b, c]);
        const model = await fit(wider, { solver, nComponents: 3 });
        const without = plain.components.arraySync().map(([a, b, c]) => [a, 0, b, c]);
        expectClose(model.components, without, { rtol: 0, atol: 3e-6 });
        expectClose(model.explainedVariance, values(plain.explainedVariance), { rtol: 2e-6 });
        expect(model.noiseVariance).toBe(0);
        expectSingular(model, wider);
        const all = await fit(wider, { solver });
        expect(values(all.explainedVariance)[3]).toBe(0);
        expectClose(all.components.arraySync()[3], [0, 1, 0, 0], { rtol: 0, atol: 3e-6 });
      }
    });

    it('of two rows is the line between them', async () => {
      const [a, b] = [[1, 2, 3], [4, -2, 3]]; // prettier-ignore
      const model = await fit([a, b], { solver, nComponents: 1 });
      expectClose(model.components, [[-0.6, 0.8, 0]], { rtol: 0, atol: 1e-6 });
      expectClose(model.explainedVariance, [12.5], { rtol: 1e-6 });
      expectClose(model.explainedVarianceRatio!, [1], { rtol: 1e-6 });
      tidy(() => expectClose(model.transform([a, b]), [[2.5], [-2.5]], { rtol: 1e-6 }));
    });

    it('of one column is its variance', async () => {
      const column = x.map(([a]) => [a + 10_000]);
      const model = await fit(column, { solver });
      expect(values(model.components)).toEqual([1]);
      expectClose(model.explainedVarianceRatio!, [1], { rtol: 1e-6 });
      tidy(() => {
        const variance = values(model.explainedVariance)[0];
        const mean = column.reduce((sum, [a]) => sum + a / x.length, 0);
        const density = column.map(([a]) => -((a - mean) ** 2 / variance + Math.log(2 * Math.PI * variance)) / 2); // prettier-ignore
        expectClose(model.scoreSamples(column), density, { rtol: 2e-6, atol: 2e-6 });
      });
    });

    it('of dependent columns has as many variances as independent ones', async () => {
      const wider = x.map(([a, b, c]) => [a, b, c, a + b, a - c]);
      const model = await fit(wider, { solver, whiten: true });
      const variances = values(model.explainedVariance);
      expect(variances[2]).toBeGreaterThan(0.1);
      expectClose(variances.slice(3), [0, 0], { rtol: 0, atol: 1e-11 * variances[0] });
      tidy(() => {
        const z = model.transform(wider);
        expectClose(model.inverseTransform(z), wider, { rtol: 0, atol: 5e-6 });
        // Whitened rounding is rounding, not noise of deviation 1.
        const last = z.arraySync().flatMap((row) => row.slice(3).map(Math.abs));
        expect(Math.max(...last)).toBeLessThan(20);
      });
    });

    it('refuses what has no answer', async () => {
      const refuses = async (rows: Rows, options: PCAOptions, message: RegExp) => {
        const fitting = PCA.fit(rows, { solver, seed: 0, ...options });
        await expect(fitting).rejects.toThrow(InputError);
        await expect(fitting).rejects.toThrow(message);
      };
      await refuses([[1, 2]], {}, /x has 1 row; a variance needs at least 2/);
      await refuses(x, { nComponents: 4 }, /nComponents is 4 and x is \[40, 3\]; ask for at most 3/);
      await refuses(x.slice(0, 2), { nComponents: 3 }, /ask for at most 2/);
      await refuses([[1, NaN], [0, 1]], {}, /row 0, column 1 is NaN/); // prettier-ignore
      if (solver === 'randomized') {
        for (const nComponents of [0.9, 'mle'] as const)
          await refuses(x, { nComponents }, /needs all variances, which solver 'randomized' does not find/);
      } else {
        await refuses(x.slice(0, 2), { nComponents: 'mle' }, /'mle' needs at least as many rows as features/);
        await refuses([[1, 2], [1, 2]], { nComponents: 0.5 }, /a share of the variance, and x has none/); // prettier-ignore
      }
    });
  });
});
