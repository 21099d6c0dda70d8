import { tensor2d, type Tensor } from '@tensorflow/tfjs-core';
import { InputError, NumericalError } from '../../src/core/errors.js';
import { RandomState } from '../../src/core/random.js';
import { PCA, pcaTransform } from '../../src/decomposition/pca.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { identity, multiply, transpose } from '../support/naive-linalg.js';

const random = new RandomState(3);
/** Six features of falling spread. */
const x = Array.from({ length: 90 }, () =>
  Array.from(random.standardNormal(6), (v, j) => v * 0.6 ** j + (j > 0 ? 0 : 2)),
);
const rowsOf = (t: Tensor) => t.arraySync() as number[][];

describe.each(backends)('PCA on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(['covariance', 'full', 'randomized'] as const)(
    '%s: orthonormal, complete, exact inverse',
    async (solver) => {
      const model = await PCA.fit(x, { solver, seed: 1 });
      const w = rowsOf(model.components);
      expectClose(multiply(w, transpose(w)), identity(6), { atol: 1e-6 });
      expect(Array.from(model.explainedVarianceRatio!.dataSync()).reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      expectClose(model.inverseTransform(model.transform(x)), x, { atol: 2e-6 });
      model.dispose();
    },
  );

  it('finds the same components with every solver', async () => {
    const full = await PCA.fit(x, { solver: 'full', nComponents: 3 });
    for (const solver of ['covariance', 'randomized'] as const) {
      const other = await PCA.fit(x, { solver, nComponents: 3, seed: 1 });
      expectClose(other.components, full.components, { atol: 1e-5 });
      expectClose(other.explainedVariance, full.explainedVariance, { rtol: 1e-5 });
      expectClose(other.noiseVariance, full.noiseVariance, { rtol: 1e-4 });
    }
  });

  it('has a covariance and a precision that are inverse', async () => {
    const model = await PCA.fit(x, { nComponents: 3 });
    expectClose(multiply(rowsOf(model.covariance()), rowsOf(model.precision())), identity(6), { atol: 1e-5 });
  });

  it('has gradients', async () => {
    const model = await PCA.fit(x, { nComponents: 3, whiten: true });
    const some = tensor2d(x.slice(0, 5));
    const { components, mean } = model;
    expectGradient((t) => model.transform(t as never), [some]);
    expectGradient((t) => model.inverseTransform(t as never), [tensor2d([[1, 2, 3]])]);
    expectGradient((t) => model.scoreSamples(t as never), [some]);
    expectGradient(
      (t, w, m) => pcaTransform(t as never, { components: w, mean: m } as never),
      [some, components, mean],
    );
  });

  it('does not depend on an offset of the numbers', async () => {
    const here = await PCA.fit(x);
    const there = await PCA.fit(x.map((row) => row.map((v) => v + 1e4)));
    expectClose(there.explainedVarianceRatio!, here.explainedVarianceRatio!, { rtol: 1e-5 });
  });

  it('leaves no tensor, also when it is aborted', async () => {
    expect(await leaves(async () => (await PCA.fit(x)).dispose())).toBe(0);
    const signal = AbortSignal.abort(new Error('enough'));
    expect(await leaves(() => expect(PCA.fit(x, { signal })).rejects.toThrow('enough'))).toBe(0);
  });

  it('refuses what has no answer', async () => {
    await expect(PCA.fit([[1, 2]])).rejects.toThrow(InputError);
    await expect(PCA.fit(x, { nComponents: 7 })).rejects.toThrow(InputError);
    await expect(PCA.fit(x.slice(0, 3), { nComponents: 'mle' })).rejects.toThrow(InputError);
    await expect(PCA.fit(x, { nComponents: 0.9, solver: 'randomized' })).rejects.toThrow(InputError);
    const flat = await PCA.fit(x.map((row) => [...row, 1]));
    expect(() => flat.scoreSamples([[1, 2, 3, 4, 5, 6, 7]])).toThrow(NumericalError);
  });
});
