/** Mixtures at the edges: as many components as rows, equal rows, columns that do not vary, NaN, params that cannot be. */
import { memory, tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { GaussianMixture, InputError, NumericalError, type CovarianceType } from '../../src/index.js';
import { backends, passes, useBackend, usePass } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';
import type { CovarianceNumbers } from '../support/fixtures.js';
import { make, type Rows } from '../support/naive-linalg.js';
import { ofType } from '../support/naive-mixture.js';

const REMEDY = /(component 0|all components share) .*fewer components, raise regCovar/;
const REG_COVAR = 1e-4;
/** K spheres of the variance that regCovar adds, by type. */
const spheres = (type: CovarianceType, k: number, d: number): CovarianceNumbers =>
  ofType(Array<Rows>(k).fill(make(d, d, (i, j) => (i === j ? REG_COVAR : 0))), type);
/** The log density at the centre of such a sphere. */
const peak = (d: number) => (-d / 2) * Math.log(2 * Math.PI * REG_COVAR);

const models: GaussianMixture[] = [];
async function fit(...[x, options]: Parameters<typeof GaussianMixture.fit>): Promise<GaussianMixture> {
  const model = await GaussianMixture.fit(x, { regCovar: REG_COVAR, seed: 0, ...options });
  models.push(model);
  return model;
}

let before = 0;
beforeEach(() => (before = memory().numTensors));
afterEach(() => {
  models.splice(0).forEach((model) => model.dispose());
  expect(memory().numTensors).toBe(before);
});

describe.each(passes)('on %s', (where) => {
  beforeAll(() => usePass(where));

  describe.each(covarianceTypes)('a %s mixture', (covarianceType) => {
    it('of as many components as rows has one on each row', async () => {
      const x = [[0, 0], [1, 0], [0, 3], [5, 5]]; // prettier-ignore
      for (const init of ['kmeans', 'k-means++', 'random_from_data'] as const) {
        const model = await fit(x, { nComponents: 4, covarianceType, init });
        expectClose((await model.means.array()).sort(), [...x].sort(), { atol: 1e-6 });
        expectClose(model.weights, [0.25, 0.25, 0.25, 0.25], { rtol: 1e-6 });
        expectClose(model.covariances, spheres(covarianceType, 4, 2), { rtol: 1e-5, atol: 1e-9 });
        expectClose(model.lowerBound!, peak(2) - Math.log(4), { rtol: 1e-5 });
        tidy(() => expect(new Set(model.predict(x).dataSync()).size).toBe(4));
      }
    });

    it.each([
      ['one row', [[3, -2]]],
      ['equal rows', [[3, -2], [3, -2], [3, -2]]], // prettier-ignore
    ])('of %s is a sphere of regCovar, or an error that says what to do', async (_, x) => {
      const model = await fit(x, { covarianceType });
      expectClose(model.means, [[3, -2]], { rtol: 1e-6 });
      expectClose(model.covariances, spheres(covarianceType, 1, 2), { rtol: 1e-5, atol: 1e-9 });
      tidy(() => expectClose(model.scoreSamples(x), x.map(() => peak(2)), { rtol: 1e-5 })); // prettier-ignore
      const failing = fit(x, { covarianceType, regCovar: 0 });
      await expect(failing).rejects.toThrow(NumericalError);
      await expect(failing).rejects.toThrow(REMEDY);
    });

    it('of copies of two rows is two spheres, also where a third component is asked for', async () => {
      const x = [[0, 0], [0, 0], [0, 0], [4, 1], [4, 1], [4, 1]]; // prettier-ignore
      for (const init of ['kmeans', 'k-means++'] as const) {
        const two = await fit(x, { nComponents: 2, covarianceType, init });
        expectClose((await two.means.array()).sort(), [[0, 0], [4, 1]], { atol: 1e-6 }); // prettier-ignore
        const three = await fit(x, { nComponents: 3, covarianceType, init });
        for (const model of [two, three]) {
          expectClose(model.lowerBound!, peak(2) - Math.log(2), { rtol: 1e-5 });
          tidy(() => expectClose(model.scoreSamples([[4, 1]]), [peak(2) - Math.log(2)], { rtol: 1e-5 }));
          for (const each of [model.weights, model.means, model.covariances, model.precisions]) {
            expect(each.dataSync().every(Number.isFinite)).toBe(true);
          }
        }
        const failing = fit(x, { nComponents: 2, covarianceType, init, regCovar: 0 });
        await expect(failing).rejects.toThrow(REMEDY);
      }
    });

    it.each([0, 0.1, 12345.678])(
      'has the variance regCovar where a column is %p throughout',
      async (value) => {
        const { x } = clustered([[0], [6]], 1, 20, 4); // prettier-ignore
        const rows = x.map(([a]) => [a, value]);
        const rowsTensor = tensor2d(rows);
        const options = { nComponents: 2, covarianceType, tol: 0, maxIter: 8 };
        const alone = await fit(x, options);
        for (const given of [rows, rowsTensor]) {
          const model = await fit(given, options);
          const means = await model.means.array();
          means.forEach((mean) => expect(mean[1]).toBe(Math.fround(value)));
          if (covarianceType !== 'spherical') {
            // The column adds its own density, and leaves all else as it is.
            expectClose(model.weights, alone.weights, { rtol: 1e-5 });
            expectClose(model.lowerBound!, alone.lowerBound! + peak(1), { rtol: 1e-5 });
            const variances = covarianceType === 'diag' ? await model.covariances.array() : null;
            if (variances)
              (variances as number[][]).forEach((v) => expectClose(v[1], REG_COVAR, { rtol: 1e-5 }));
          }
          const strict = fit(given, { ...options, regCovar: 0 });
          if (covarianceType === 'spherical') expect((await strict).nIter).toBe(8);
          else
            await expect(strict).rejects.toThrow(
              /(component [01]|all components share) .*fewer components, raise regCovar/,
            );
        }
        rowsTensor.dispose();
      },
    );

    it('of a column that is half of another one needs a ridge, where it has correlations', async () => {
      const x = Array.from({ length: 16 }, (_, i) => [i, i / 2, (i * i) % 7]);
      const strict = fit(x, { covarianceType, regCovar: 0 });
      if (covarianceType === 'full' || covarianceType === 'tied')
        await expect(strict).rejects.toThrow(REMEDY);
      else expect((await strict).converged).toBe(true);
      const { covariances } = await fit(x, { covarianceType });
      expect(covariances.dataSync().every(Number.isFinite)).toBe(true);
    });

    it('fits numbers of any size, where regCovar leaves them alone', async () => {
      const { x } = clustered([[0, 0], [5, 3], [-4, 4]], 1, 20, 6); // prettier-ignore
      const options = { nComponents: 3, covarianceType, regCovar: 0, tol: 0, maxIter: 4 };
      const one = await fit(x, options);
      for (const exponent of [-40, 40]) {
        const scaled = x.map((row) => row.map((value) => value * 2 ** exponent));
        const model = await fit(scaled, options);
        const shift = 2 * exponent * Math.LN2; // of log densities: D log s
        expectClose([...model.history!], one.history!.map((v) => v - shift), { rtol: 1e-6 }); // prettier-ignore
        tidy(() => {
          expectClose(model.predictProba(scaled), one.predictProba(x), { rtol: 0, atol: 1e-5 });
          expectClose(model.covariances.mul(2 ** (-2 * exponent)), one.covariances, {
            rtol: 1e-5,
            atol: 1e-5,
          });
        });
      }
    });

    it('gives a component no rows where the others have all the weight', async () => {
      const x = [[0, 0], [1, 2], [3, 1], [9, 9]]; // prettier-ignore
      const model = await fit(x, { nComponents: 2, covarianceType, sampleWeight: [0, 0, 2, 0] });
      tidy(() => {
        expectClose(model.scoreSamples([[3, 1]]), [peak(2)], { rtol: 1e-5 });
        expectClose(model.predictProba(x).sum(1), [1, 1, 1, 1], { rtol: 1e-6 });
      });
      for (const each of [model.weights, model.means, model.covariances]) {
        expect(each.dataSync().every(Number.isFinite)).toBe(true);
      }
    });

    it('answers a row with NaN in a tensor with NaN and the label -1, the other rows as without it', async () => {
      const { x } = clustered([[0, 0], [6, 2]], 1, 15, 3); // prettier-ignore
      const model = await fit(x, { nComponents: 2, covarianceType });
      tidy(() => {
        const rows = [x[0], [NaN, 1], x[1], [1, NaN], x[2]];
        const given = tensor2d(rows);
        const clean = x.slice(0, 3);
        const spread = <T>(values: T[], bad: T) => [values[0], bad, values[1], bad, values[2]];
        const labels = Array.from(model.predict(clean).dataSync());
        expect(Array.from(model.predict(given).dataSync())).toEqual(spread(labels, -1));
        const r = model.predictProba(clean).arraySync();
        expectClose(model.predictProba(given), spread(r, [NaN, NaN]), { rtol: 1e-6, atol: 1e-12 });
        const density = model.scoreSamples(clean).arraySync();
        expectClose(model.scoreSamples(given), spread(density, NaN), { rtol: 1e-6 });
        expect(model.score(given).dataSync()[0]).toBeNaN();
      });
    });
  });

  it('refuses NaN and infinity among numbers by row and column, in a fit and in every method', async () => {
    const model = await fit([[0, 0], [1, 2], [3, 1]]); // prettier-ignore
    for (const bad of [NaN, Infinity, -Infinity]) {
      const x = [[0, 1], [2, bad]]; // prettier-ignore
      const message = `row 1, column 1 is ${bad}`;
      for (const method of ['predict', 'predictProba', 'scoreSamples', 'score'] as const) {
        expect(() => model[method](x)).toThrow(InputError);
        expect(() => model[method](x)).toThrow(`GaussianMixture.${method}: x: ${message}`);
      }
      for (const method of ['bic', 'aic'] as const) await expect(model[method](x)).rejects.toThrow(message);
      await expect(fit(x)).rejects.toThrow(message);
      const asTensor = tensor2d(x);
      await expect(fit(asTensor)).rejects.toThrow(message);
      asTensor.dispose();
    }
    expect(() => model.predict([[1, 2, 3]])).toThrow('must have 2 columns; it has 3');
  });

  it('never chooses a component of weight 0, and has finite densities all the same', async () => {
    const params = { weights: [0, 1], means: [[0, 0], [1, 1]], covariances: [1, 2] }; // prettier-ignore
    const model = await GaussianMixture.fromParams(params, 'spherical');
    models.push(model);
    tidy(() => {
      expectClose(model.predictProba([[0, 0], [1, 1]]), [[0, 1], [0, 1]], { atol: 0 }); // prettier-ignore
      expectClose(model.scoreSamples([[1, 1]]), [-Math.log(4 * Math.PI)], { rtol: 1e-6 });
      expect(new Set(model.sample(100, 1).labels.dataSync())).toEqual(new Set([1]));
    });
  });

  it.each(['weights', 'means', 'covariances', 'precisions', 'precisionsCholesky'])(
    'says of %s in fromParams that cannot be what was seen',
    async (name) => {
      for (const [change, message, type = 'full'] of BAD_PARAMS[name]) {
        const form = name in GOOD && name !== 'covariances' ? { covariances: GOOD.covariances } : {};
        const given = { weights: GOOD.weights, means: GOOD.means, ...form, ...change };
        const outcome = await fromParams(given, type).catch((reason: unknown) => reason);
        const error = /positive definite/.test(message.source) ? NumericalError : InputError;
        expect({ message, is: outcome instanceof error }).toEqual({ message, is: true });
        expect((outcome as Error).message).toMatch(message);
      }
    },
  );

  it('says of params that are none, too many or of no known type what was seen', async () => {
    for (const [args, message] of [
      [[null], /got null/],
      [[], /got undefined/],
      [[[1, 2]], /got an array of 2 elements/],
      [[{ ...GOOD, covariances: undefined }], /give covariances, precisions or precisionsCholesky/],
      [[{ ...GOOD, precisions: GOOD.covariances }], /give one of .*got covariances and precisions/],
      [[{ ...GOOD, covarience: 1 }], /"covarience".*is 1/],
      [[GOOD, 'round'], /covarianceType must be one of 'full', 'tied', 'diag', 'spherical'; got "round"/],
    ] as const) {
      const making = fromParams(...args);
      await expect(making).rejects.toThrow(InputError);
      await expect(making).rejects.toThrow(message);
    }
  });

  it('says of a given start that cannot be what was seen, and leaves nothing behind', async () => {
    const x = [[0, 0], [1, 2], [3, 1], [9, 9]]; // prettier-ignore
    for (const [init, message] of [
      [{ means: [[0, 0]] }, /init.means must have 2 rows.*it has 1/],
      [{ means: [[0], [1]] }, /init.means must have 2 columns; it has 1/],
      [{ weights: [0.5, 0.1] }, /init.weights must .*sum to 1; got \[0.5, 0.1\], of sum 0.6/],
      [{ weights: [1] }, /init.weights must have 2 entries; it has 1/],
      [{ precisions: [1, 1] }, /init.precisions must .*shape \[2, 2, 2\]; got .*\[2\]/],
      [{ mean: [[0, 0]] }, /unknown option "mean"/],
    ] as const) {
      const fitting = GaussianMixture.fit(x, { nComponents: 2, init: init as never });
      await expect(fitting).rejects.toThrow(InputError);
      await expect(fitting).rejects.toThrow(message);
    }
    await expect(fit(x, { nComponents: 5 })).rejects.toThrow(/nComponents is 5 and x has 4 rows/);
  });
});

/** Without types, as from JavaScript. */
const fromParams = GaussianMixture.fromParams as (...args: unknown[]) => Promise<unknown>;

/** Two components in two dimensions. */
const GOOD = {
  weights: [0.5, 0.5],
  means: [[0, 0], [1, 1]], // prettier-ignore
  covariances: [[[1, 0], [0, 1]], [[2, 1], [1, 2]]], // prettier-ignore
};
const EYE = [[1, 0], [0, 1]]; // prettier-ignore

type Bad = [change: Record<string, unknown>, message: RegExp, type?: CovarianceType];
const BAD_PARAMS: Record<string, Bad[]> = {
  weights: [
    [{ weights: [0.5, 0.6] }, /weights must be 0 or more and sum to 1; got \[0.5, 0.6\], of sum 1.1/],
    [{ weights: [1.5, -0.5] }, /weights must be 0 or more and sum to 1; got \[1.5, -0.5\]/],
    [{ weights: [0.5, 0.25, 0.25] }, /weights must have 2 entries; it has 3/],
    [{ weights: [NaN, 1] }, /weights: entry 0 must be a finite number; got NaN/],
    [{ weights: 'x' }, /weights must be a 1-D tensor or an array of numbers; got "x"/],
  ],
  means: [
    [{ means: [[0, 0], [1]] }, /means: row 1 has 1 values where row 0 has 2/], // prettier-ignore
    [{ means: [[0, 0], [1, NaN]] }, /means: row 1, column 1 is NaN/], // prettier-ignore
    [{ means: [] }, /means must have at least one row/],
    [{ means: 3 }, /means must be .*got 3/],
    [{ means: [[0, 0]] }, /weights must have 1 entries; it has 2/],
  ],
  covariances: [
    [{ covariances: [1, 2] }, /covariances must .*shape \[2, 2, 2\]; got .*\[2\]/],
    [{ covariances: EYE }, /covariances: entry 0 must be a finite number; got an array of 2/, 'spherical'],
    [{ covariances: [EYE, [[1, 2], [2]]] }, /covariances must .*shape \[2, 2, 2\]/], // prettier-ignore
    [{ covariances: null }, /covariances must be given; got null/],
    [{ covariances: [1, NaN] }, /covariances: entry 1 must be a finite number; got NaN/, 'spherical'],
    [
      { covariances: [1, Infinity] },
      /covariances: entry 1 must be a finite number; got Infinity/,
      'spherical',
    ],
    [{ covariances: [[2, 1], [0, 2]] }, /symmetric; entry \(0, 1\) is 1 where \(1, 0\) is 0/, 'tied'], // prettier-ignore
    [{ covariances: [EYE, [[1, 2], [2, 1]]] }, /component 1 is not positive definite/], // prettier-ignore
    [{ covariances: [[1, 2], [2, 1]] }, /that all components share is not positive definite/, 'tied'], // prettier-ignore
    [{ covariances: [[1, 1], [1, 0]] }, /component 1 is not positive definite/, 'diag'], // prettier-ignore
    [{ covariances: [1, -2] }, /component 1 is not positive definite/, 'spherical'],
    [
      { covariances: { values: new Float32Array(3), shape: [2, 2] } },
      /must have 4 entries; it has 3/,
      'tied',
    ],
    [{ covariances: { values: new Float32Array(4), shape: 3 } }, /must .*shape \[2, 2\]; got/, 'tied'],
  ],
  precisions: [
    [{ precisions: EYE }, /precisions must .*shape \[2, 2, 2\]; got .*\[2, 2\]/],
    [{ precisions: [EYE, [[1, 2], [2, 1]]] }, /precisions: component 1 is not positive definite/], // prettier-ignore
    [{ precisions: [1, 0] }, /precisions: component 1 is not positive definite/, 'spherical'],
  ],
  precisionsCholesky: [
    [
      { precisionsCholesky: [1, 0] },
      /precisionsCholesky must have a diagonal above 0; entry 1 is 0/,
      'spherical',
    ],
    [{ precisionsCholesky: [[1, 5], [9, -1]] }, /precisionsCholesky must .*diagonal above 0; entry 3 is -1/, 'tied'], // prettier-ignore
    [{ precisionsCholesky: [1] }, /precisionsCholesky must .*shape \[2\]; got .*\[1\]/, 'spherical'],
  ],
};

it('reads the upper triangle of precisionsCholesky only', async () => {
  await useBackend(backends[0]);
  const below = tensor([[1, 5], [9, 2]]); // prettier-ignore
  const params = { weights: [1], means: [[0, 0]], precisionsCholesky: below };
  const model = await GaussianMixture.fromParams(params, 'tied');
  models.push(model);
  expectClose(model.precisionsCholesky, [[1, 5], [0, 2]], { rtol: 0 }); // prettier-ignore
  below.dispose();
});
