/** What PCA may be given: options of a fit and parameters of a model, in every form, and what is wrong by name. */
import { memory, tensor1d, tensor2d, tidy, zeros, type Tensor } from '@tensorflow/tfjs-core';
import { InputError, PCA, type PCAOptions } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { naiveLogProb } from '../support/naive-mixture.js';
import { naiveCoordinates, naiveModelCovariance } from '../support/naive-pca.js';

const x = [[1, 2, 0], [3, -1, 0.5], [0, 1, 2], [2, 2, -1], [-1, 0, 1]]; // prettier-ignore
const given = { components: [[0.6, 0.8, 0], [0, 0, 1]], mean: [1, 2, 3], explainedVariance: [2, 0.5] }; // prettier-ignore
const values = (t: Tensor): number[] => Array.from(t.dataSync());
type Params = Parameters<typeof PCA.fromParams>[0];

let before = 0;
beforeEach(() => (before = memory().numTensors));
afterEach(() => expect(memory().numTensors).toBe(before));

describe.each(backends)('PCA.fromParams on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('is the model of its params, near the origin and far from it', async () => {
    for (const [offset, noiseVariance, whiten] of [
      [0, 0.1, false],
      [10_000.3, 0.2, true],
    ] as const) {
      // prettier-ignore
      const mean = given.mean.map((value) => value + offset);
      const model = await PCA.fromParams({ ...given, mean, noiseVariance, whiten });
      const { nComponents, nFeatures, explainedVarianceRatio, singularValues, options } = model;
      expect({ nComponents, nFeatures, explainedVarianceRatio, singularValues, options }).toEqual(
        { nComponents: 2, nFeatures: 3, explainedVarianceRatio: null, singularValues: null, options: null }, // prettier-ignore
      );
      expect([model.noiseVariance, model.whiten]).toEqual([noiseVariance, whiten]);
      tidy(() => {
        expectClose(model.components, given.components, { rtol: 1e-7 });
        expectClose(model.mean, mean, { rtol: 1e-7 });
        expectClose(model.explainedVariance, given.explainedVariance, { rtol: 0 });
        const rows = x.map((row) => row.map((value) => value + offset));
        const z = naiveCoordinates(x, given.components, given.mean);
        const divided = z.map((row) => row.map((v, k) => (whiten ? v / Math.sqrt(given.explainedVariance[k]) : v))); // prettier-ignore
        expectClose(model.transform(rows), divided, { rtol: 1e-6, atol: 1e-6 });
        const covariance = naiveModelCovariance(given.components, given.explainedVariance, noiseVariance);
        expectClose(model.covariance(), covariance, { rtol: 1e-6, atol: 1e-7 });
        const density = naiveLogProb(x, { weights: [1], means: [given.mean], covariances: [covariance] });
        expectClose(model.scoreSamples(rows), density.flat(), { rtol: 2e-6 });
      });
      model.dispose();
    }
  });

  it('takes params in any form, copies them, and has no noise unless told', async () => {
    const flat = { values: Float64Array.from(given.components.flat()), shape: [2, 3] as const };
    const tensors = { components: tensor2d(given.components), mean: tensor1d(given.mean) };
    const typed = { mean: Float64Array.from(given.mean), explainedVariance: Float32Array.from(given.explainedVariance) }; // prettier-ignore
    const forms = [given, { ...given, ...typed, components: flat }, { ...given, components: tensors.components }, { ...given, mean: tensors.mean as unknown as number[] }]; // prettier-ignore
    const models = await Promise.all(forms.map((form) => PCA.fromParams(form)));
    for (const model of models) {
      expect([model.noiseVariance, model.whiten]).toEqual([0, false]);
      const [a, b] = [model.transform(x), models[0].transform(x)];
      expect(values(a)).toEqual(values(b));
      [a, b].forEach((each) => each.dispose());
    }
    flat.values.fill(7);
    typed.mean.fill(7);
    Object.values(tensors).forEach((each) => each.dispose());
    for (const model of models) {
      expectClose(model.components, given.components, { rtol: 1e-7 });
      expectClose(model.mean, given.mean, { rtol: 1e-7 });
      model.dispose();
    }
  });

  it('is a fit again from the fields of one', async () => {
    for (const whiten of [false, true]) {
      const fitted = await PCA.fit(x, { nComponents: 2, whiten });
      const { components, noiseVariance } = fitted;
      const model = await PCA.fromParams({ components, mean: fitted.mean.dataSync(), explainedVariance: fitted.explainedVariance.dataSync(), noiseVariance, whiten }); // prettier-ignore
      tidy(() => {
        expectClose(model.transform(x), fitted.transform(x), { rtol: 1e-6, atol: 1e-6 });
        expectClose(model.scoreSamples(x), fitted.scoreSamples(x), { rtol: 1e-5 });
        expectClose(model.precision(), fitted.precision(), { rtol: 1e-5, atol: 1e-6 });
      });
      [fitted, model].forEach((each) => each.dispose());
    }
  });

  const WRONG: [string, Record<string, unknown>, RegExp][] = [
    ['a name that is none', { noise: 1 }, /unknown option "noise" \(its value is 1\)/],
    ['components missing', { components: undefined }, /components must be .*; got undefined/],
    ['components null', { components: null }, /components must be .*; got null/],
    ['components a number', { components: 3 }, /components must be .*; got 3/],
    ['components empty', { components: [] }, /components must have at least one row/],
    ['components ragged', { components: [[1, 0, 0], [0, 1]] }, /components: row 1 has 2 values where row 0 has 3/], // prettier-ignore
    ['components with NaN', { components: [[1, 0, 0], [0, NaN, 0]] }, /components: row 1, column 1 is NaN/], // prettier-ignore
    ['components too long', { components: [[2, 0, 0], [0, 1, 0]] }, /orthonormal; the product of rows 0 and 0 is 4\. Orthonormalise/], // prettier-ignore
    ['components skewed', { components: [[1, 0, 0], [0.6, 0.8, 0]] }, /the product of rows 1 and 0 is 0\.6/], // prettier-ignore
    ['more components than features', { components: [[1], [1]], mean: [0] }, /the product of rows 1 and 0 is 1/], // prettier-ignore
    ['mean missing', { mean: undefined }, /mean must be .*; got undefined/],
    ['mean null', { mean: null }, /mean must be given; got null/],
    ['mean short', { mean: [1, 2] }, /mean must have 3 entries; it has 2/],
    ['mean with an infinity', { mean: [1, Infinity, 2] }, /mean: entry 1 must be a finite number; got Infinity/], // prettier-ignore
    ['mean with a string', { mean: [1, '2', 3] }, /mean: entry 1 must be a finite number; got "2"/],
    ['mean beyond float32', { mean: [1, 1e39, 2] }, /mean\[1\] must be a number from .*; got 1e\+39/],
    ['explainedVariance missing', { explainedVariance: undefined }, /explainedVariance must be .*; got undefined/], // prettier-ignore
    ['explainedVariance long', { explainedVariance: [3, 2, 1] }, /explainedVariance must have 2 entries; it has 3/], // prettier-ignore
    ['explainedVariance negative', { explainedVariance: [2, -1] }, /explainedVariance\[1\] must be a number from 0 .*; got -1/], // prettier-ignore
    ['explainedVariance with NaN', { explainedVariance: [NaN, 1] }, /explainedVariance: entry 0 must be a finite number; got NaN/], // prettier-ignore
    ['noiseVariance negative', { noiseVariance: -1 }, /noiseVariance must be a number from 0 .*; got -1/],
    ['noiseVariance NaN', { noiseVariance: NaN }, /noiseVariance must be .*; got NaN/],
    ['noiseVariance a string', { noiseVariance: '1' }, /noiseVariance must be .*; got "1"/],
    ['whiten a number', { whiten: 1 }, /whiten must be true or false; got 1/],
  ];

  it.each(WRONG)('refuses %s', async (_, wrong, message) => {
    const making = PCA.fromParams({ ...given, ...wrong } as unknown as Params);
    await expect(making).rejects.toThrow(InputError);
    await expect(making).rejects.toThrow(message);
    await expect(making).rejects.toThrow(/^PCA\.fromParams: /);
  });

  it('refuses what is no record, and tensors that are dead or of another shape', async () => {
    const [cube, gone, wide] = [zeros([2, 3, 1]), zeros([2, 3]), zeros([1, 3])];
    gone.dispose();
    const wrong = [undefined, null, 3, [given], wide, { ...given, components: cube }, { ...given, components: gone }, { ...given, mean: wide }, { ...given, mean: gone }]; // prettier-ignore
    for (const params of wrong) {
      const making = PCA.fromParams(params as unknown as Params);
      await expect(making).rejects.toThrow(InputError);
      await expect(making).rejects.toThrow(/^PCA\.fromParams: (the params must be an object|components|mean)/); // prettier-ignore
    }
    [cube, wide].forEach((each) => each.dispose());
  });
});

const OPTIONS: [keyof PCAOptions, unknown[]][] = [
  ['nComponents', [0, -1, 1.5, NaN, 'all', null]],
  ['whiten', [1, 'yes', null]],
  ['solver', ['arpack', 'covariance_eigh', 3]],
  ['nOversamples', [-1, 0.5, Infinity]],
  ['nPowerIter', [-1, 0.5, 'many']],
  ['seed', [-1, 0.5, 2 ** 32]],
  ['signal', [{}, 'stop']],
];

describe('PCA.fit', () => {
  beforeAll(() => useBackend(backends[0]));

  it.each(OPTIONS)('refuses a wrong %s by name and value', async (name, wrong) => {
    for (const value of wrong) {
      const fitting = PCA.fit(x, { [name]: value });
      await expect(fitting).rejects.toThrow(InputError);
      await expect(fitting).rejects.toThrow(new RegExp(`^PCA\\.fit: ${name} must be .*; got `));
    }
  });

  it('refuses an option that is none', async () => {
    const options = { n_components: 2 } as PCAOptions;
    await expect(PCA.fit(x, options)).rejects.toThrow(/unknown option "n_components" \(its value is 2\)/);
  });
});
