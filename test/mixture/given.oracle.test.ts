/** scikit-learn's mixtures from the same parameters, at every stage of the fit, and where covariances collapse. */
import { memory } from '@tensorflow/tfjs-core';
import { GaussianMixture, NumericalError } from '../../src/index.js';
import { passes, usePass } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes, expectMixture } from '../support/expectMixture.js';
import { dataset, fixture, type MixtureGiven } from '../support/fixtures.js';

const optionsOf = ({ covarianceType, regCovar, init }: MixtureGiven) => ({
  nComponents: init.weights.length,
  covarianceType,
  regCovar,
  init,
});

/**
 * Where `tol` is near what float32 resolves, one rounding decides whether one more iteration follows: the same number of
 * iterations is taken instead. The default tolerance is kept as it is, and must stop at the same one.
 */
const stopOf = ({ maxIter, tol, nIter }: MixtureGiven['fits'][number]) =>
  tol < 1e-3 ? { maxIter: nIter, tol: 0 } : { maxIter, tol };

describe.each(passes)('on %s', (where) => {
  beforeAll(() => usePass(where));
  // The engine in JavaScript takes 15 ms for an iteration; what fits of up to 640 say of it, one of 36 says too.
  const longest = where === 'cpu' ? 40 : Infinity;

  it.each(covarianceTypes)('a %s mixture after 1, 2, 5 iterations and at convergence', async (type) => {
    const cases = fixture('mixture').given.filter(({ covarianceType }) => covarianceType === type);
    expect(cases.length).toBeGreaterThan(5);
    const before = memory().numTensors;
    for (const given of cases) {
      const { x } = dataset(given.data);
      for (const known of given.fits.filter(({ nIter }) => nIter <= longest)) {
        const model = await GaussianMixture.fit(x, { ...optionsOf(given), ...stopOf(known) });
        const what = `${given.data}, regCovar ${given.regCovar}, maxIter ${known.maxIter}, tol ${known.tol}`;
        expect({ what, nIter: model.nIter }).toEqual({ what, nIter: known.nIter });
        if (known.tol === 1e-3) expect(model.converged).toBe(known.converged);
        const history = model.history!.slice(0, known.history.length);
        expectClose(history, known.history, { rtol: 0, atol: 1e-5, what: `${what}: history` });
        await expectMixture(model, known, x, what);
        model.dispose();
      }
    }
    expect(memory().numTensors).toBe(before);
  });

  it.each(covarianceTypes)('a %s mixture at its optimum stays there', async (type) => {
    const given = fixture('mixture').given.find(
      (each) => each.data === 'iris' && each.covarianceType === type,
    )!;
    const known = given.fits.find(({ tol, maxIter }) => tol === 1e-10 && maxIter === 3000)!;
    const { x } = dataset('iris');
    // Two values that are near the optimum, and by chance the same to 1e-10, would end it at any tol but 0.
    const model = await GaussianMixture.fit(x, { ...optionsOf(given), tol: 0, maxIter: 150 });
    // float32 wanders by its roundings, times how flat the optimum is.
    await expectMixture(model, known, x, type, { params: 1e-4, responsibilities: 1e-4, nats: 1e-5 });
    model.dispose();
  });

  it('a covariance collapses exactly where it does for scikit-learn', async () => {
    const before = memory().numTensors;
    for (const { name, x, error, ...options } of fixture('mixture').collapse) {
      const fit = GaussianMixture.fit(x, options);
      const what = `${name}, ${options.covarianceType}`;
      const outcome = await fit.then(
        (model) => model.dispose(),
        (reason: Error) => reason,
      );
      expect({ what, failed: outcome instanceof NumericalError }).toEqual({ what, failed: error !== null });
      if (outcome)
        expect(outcome.message).toMatch(
          /(component [01]|all components share) .*fewer components, raise regCovar/,
        );
    }
    expect(memory().numTensors).toBe(before);
  });
});
