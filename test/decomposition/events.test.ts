/** How a fit of PCA is cancelled, the tensors that each call leaves, and what is left after dispose. */
import { memory, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { InputError, NumericalError, PCA, pcaTransform, RandomState, type PCAOptions } from '../../src/index.js'; // prettier-ignore
import * as core from '../../src/core/read.js';
import { backends, useBackend } from '../support/backends.js';
import { leaves } from '../support/leaks.js';
import { inMemory } from '../support/models.js';

const D = 4;
const random = new RandomState(6);
const x = Array.from({ length: 50 }, () => Array.from(random.standardNormal(D), (v, j) => v * 0.7 ** j + 3));
/** More rows than one batch holds: tensors are alive between two looks. */
const many = Array.from({ length: 8193 }, (_, i) => [Math.sin(i), Math.cos(2 * i), Math.sin(3 * i)]);

const FITS: [string, number[][], PCAOptions, number][] = [
  ['covariance', many, { solver: 'covariance' }, 1],
  ['full', x, { solver: 'full' }, 0],
  ['randomized', x, { solver: 'randomized', nComponents: 2, seed: 0 }, 6],
  ['randomized of many rows', many, { solver: 'randomized', nComponents: 2, nPowerIter: 2, seed: 0 }, 4],
];

/** A signal that is aborted when the fit has looked at it so many times, and counts how often it looks. */
function abortAtLook(at: number, reason: Error) {
  const signal = {
    looks: 0,
    aborted: false,
    throwIfAborted() {
      signal.looks++;
      signal.aborted ||= signal.looks > at;
      if (signal.aborted) throw reason;
    },
  };
  return signal;
}
const asSignal = (signal: object) => signal as AbortSignal;

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe('whatever the clock says', () => {
    beforeAll(() => void jest.spyOn(performance, 'now').mockReturnValue(0));
    afterAll(() => jest.restoreAllMocks());
    const reason = new Error('seen enough');

    it.each(FITS)(
      '%s: an abort at any look ends the fit there, with no tensor left',
      async (_, rows, options, passes) => {
        const whole = abortAtLook(Infinity, reason);
        (await PCA.fit(rows, { ...options, signal: asSignal(whole) })).dispose();
        // After each batch of each pass: two over the rows for their mean, then the solver's.
        const batches = rows === many && options.solver !== 'covariance' ? 2 : 1;
        expect(whole.looks).toBeGreaterThanOrEqual((2 + passes) * batches);
        for (let at = 0; at < whole.looks; at++) {
          const signal = abortAtLook(at, reason);
          const fitting = () =>
            expect(PCA.fit(rows, { ...options, signal: asSignal(signal) })).rejects.toBe(reason);
          expect(await leaves(fitting)).toBe(0);
          expect(signal.looks).toBe(at + 1);
        }
      },
    );

    it('covariance, of more products than the host does: an abort after a batch leaves no tensor', async () => {
      const [n, d] = [640, 400];
      const rows = {
        values: Float32Array.from({ length: n * d }, (_, i) => Math.sin(i)),
        shape: [n, d] as const,
      };
      const signal = abortAtLook(1, reason); // at the start; the next look is after the batch
      const options: PCAOptions = { solver: 'covariance', signal: asSignal(signal) };
      const reads = (['read', 'digest'] as const).map((name) => jest.spyOn(core, name));
      expect(await leaves(() => expect(PCA.fit(rows, options)).rejects.toBe(reason))).toBe(0);
      expect(reads.flatMap(({ mock }) => mock.calls)).toHaveLength(1);
    });
  });

  it.each(['covariance', 'full', 'randomized'] as const)(
    '%s: never begins where it was aborted before, ends where it is aborted while it runs',
    async (solver) => {
      const before = memory().numTensors;
      await expect(PCA.fit(x, { solver, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' }); // prettier-ignore
      const controller = new AbortController();
      const reason = new Error('changed my mind');
      const fitting = PCA.fit(x, { solver, signal: controller.signal });
      controller.abort(reason);
      await expect(fitting).rejects.toBe(reason);
      expect(memory().numTensors).toBe(before);
    },
  );

  it('gives timers their turn, whose abort ends a fit that would not end', async () => {
    const controller = new AbortController();
    const reason = new Error('too long');
    setTimeout(() => controller.abort(reason), 20);
    const options = { solver: 'randomized', nComponents: 1, nPowerIter: 1e9, signal: controller.signal } as const; // prettier-ignore
    expect(await leaves(() => expect(PCA.fit(x, options)).rejects.toBe(reason))).toBe(0);
  });

  it.each(FITS)(
    '%s: a fit leaves what dispose frees, whatever form the rows have',
    async (_, rows, options) => {
      const tensor = tensor2d(rows.map((row) => Array.from(row)));
      for (const data of [rows, tensor]) {
        const model = await PCA.fit(data, options);
        const fields = [model.components, model.mean, model.explainedVariance, model.explainedVarianceRatio!, model.singularValues!]; // prettier-ignore
        const before = memory().numTensors;
        tidy(() => void model.transform(rows.slice(0, 2)));
        expect(memory().numTensors).toBe(before);
        expect(fields.map((each) => each.isDisposed)).toEqual(fields.map(() => false));
        model.dispose();
        expect(fields.map((each) => each.isDisposed)).toEqual(fields.map(() => true));
      }
      const freed = await leaves(async () => (await PCA.fit(tensor, options)).dispose());
      expect([freed, tensor.isDisposed]).toEqual([0, false]);
      tensor.dispose();
    },
  );

  it('each method leaves its one result, the pure function too', async () => {
    const tensor = tensor2d(x);
    for (const whiten of [false, true]) {
      const model = await PCA.fit(x, { nComponents: 2, whiten });
      const z = model.transform(x);
      for (const data of [x, tensor]) {
        const calls = [
          () => model.transform(data),
          () => model.inverseTransform(data === x ? z.arraySync() : z),
          () => model.scoreSamples(data),
          () => model.score(data),
          () => model.covariance(),
          () => model.precision(),
          () => pcaTransform(tensor, model),
        ];
        for (const call of calls) {
          const returned: Tensor[] = [];
          expect(await leaves(() => returned.push(call()))).toBe(1);
          returned[0].dispose();
          expect(await leaves(() => tidy(() => void call()))).toBe(0);
        }
      }
      [z, model].forEach((each) => each.dispose());
    }
    expect(tensor.isDisposed).toBe(false);
    tensor.dispose();
  });

  it('what refuses leaves nothing', async () => {
    const [bad, narrow] = [tensor2d([[1, NaN], [0, 0]]), tensor2d([[1], [2]])]; // prettier-ignore
    const flat = await PCA.fit(x.map((row) => [...row, 1]), {}); // prettier-ignore
    const left = await leaves(async () => {
      for (const solver of ['covariance', 'full', 'randomized'] as const)
        await expect(PCA.fit(bad, { solver })).rejects.toThrow(/row 0, column 1 is NaN/);
      await expect(PCA.fromParams({ components: bad, mean: [0, 0], explainedVariance: [1, 1] })).rejects.toThrow(InputError); // prettier-ignore
      for (const method of ['transform', 'scoreSamples', 'score'] as const) {
        expect(() => flat[method](narrow)).toThrow(`PCA.${method}: x must have 5 columns; it has 1`);
        expect(() => flat[method](narrow)).toThrow(InputError);
        expect(() => flat[method]([[NaN, 0, 0, 0, 0]])).toThrow(/row 0, column 0 is NaN/);
      }
      expect(() => flat.inverseTransform(narrow)).toThrow(
        'PCA.inverseTransform: z must have 5 columns; it has 1',
      );
      for (const data of [[[1, 2, 3, 4, 5]], tensor2d([[1, 2, 3, 4, 5]])]) {
        expect(() => flat.scoreSamples(data)).toThrow(NumericalError);
        expect(() => flat.score(data)).toThrow(NumericalError);
        if ('dispose' in data) data.dispose();
      }
      expect(() => flat.precision()).toThrow(NumericalError);
      expect(() => pcaTransform(narrow, flat)).toThrow(/pcaTransform: components must be .* \[M, 1\]/);
    });
    expect(left).toBe(0);
    [bad, narrow, flat].forEach((each) => each.dispose());
  });

  it('after dispose every call says so, and twice is fine', async () => {
    const model = await PCA.fit(x);
    model.dispose();
    model.dispose();
    for (const method of [
      'transform',
      'inverseTransform',
      'scoreSamples',
      'score',
      'covariance',
      'precision',
    ] as const) {
      // prettier-ignore
      const call = () => (model[method] as (rows: number[][]) => Tensor).call(model, x);
      expect(call).toThrow(InputError);
      expect(call).toThrow(`PCA.${method}: this model was disposed`);
    }
    await expect(model.save(inMemory())).rejects.toThrow('PCA.save: this model was disposed');
    const rows = tensor2d(x);
    expect(() => pcaTransform(rows, model)).toThrow(/components was disposed/);
    rows.dispose();
  });
});
