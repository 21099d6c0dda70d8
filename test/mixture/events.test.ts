/** What a fit of a mixture tells while it runs, how it is cancelled, and what tensors it and its model leave. */
import { memory, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import {
  GaussianMixture,
  gaussianMixtureLogProb,
  InputError,
  type GaussianMixtureOptions,
} from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';
import { leaves } from '../support/leaks.js';

const x = clustered([[0, 0], [3, 1], [-1, 3]], 1, 40, 12).x; // prettier-ignore
const far = x.map((row) => row.map((value) => value + 10_000));

type Iteration = Parameters<NonNullable<GaussianMixtureOptions['onIteration']>>[0];
type Restart = Parameters<NonNullable<GaussianMixtureOptions['onInit']>>[0];

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('tells every iteration of every restart, and each restart once, in order', async () => {
    const events: (({ kind: 'iteration' } & Iteration) | ({ kind: 'init' } & Restart))[] = [];
    const model = await GaussianMixture.fit(x, {
      ...{ nComponents: 3, init: 'random_from_data', nInit: 4, seed: 2, tol: 1e-3, maxIter: 12 },
      onIteration: (state) => void events.push({ kind: 'iteration', ...state }),
      onInit: (state) => void events.push({ kind: 'init', ...state }),
    });
    const restarts = events.filter((event) => event.kind === 'init');
    expect(restarts.map(({ init }) => init)).toEqual([0, 1, 2, 3]);
    expect(new Set(restarts.map(({ converged }) => converged))).toEqual(new Set([true, false]));
    let at = 0;
    for (const { init, iterations, objective, converged } of restarts) {
      let previous = -Infinity;
      for (let iteration = 1; iteration <= iterations; iteration++, at++) {
        const event = events[at] as Iteration;
        expect(event).toMatchObject({ kind: 'iteration', init, iteration });
        expect(event.change).toBe(event.objective - previous);
        previous = event.objective;
        const isLast = iteration === iterations;
        expect(Math.abs(event.change) < 1e-3).toBe(isLast && converged);
      }
      expect(objective).toBe(previous);
      expect(converged || iterations === 12).toBe(true);
      expect(events[at++].kind).toBe('init');
    }
    expect(at).toBe(events.length);
    const best = restarts.reduce((a, b) => (b.objective > a.objective ? b : a));
    const { lowerBound, nIter, converged, history } = model;
    expect({ lowerBound, nIter, converged }).toEqual({ lowerBound: best.objective, nIter: best.iterations, converged: best.converged }); // prettier-ignore
    const ofBest = events.filter((event) => event.kind === 'iteration' && event.init === best.init);
    expect(history).toEqual(ofBest.map(({ objective }) => objective));
    model.dispose();
  });

  it.each(covarianceTypes)(
    "gives a %s model's params as copies in the data's units, if asked",
    async (type) => {
      for (const rows of [x, far]) {
        const seen: Record<string, Float32Array>[] = [];
        const options = { nComponents: 3, covarianceType: type, seed: 0, tol: 0, maxIter: 6 };
        const onIteration = ({ params }: Iteration) => {
          seen.push(params());
          for (const values of Object.values(params())) values.fill(NaN); // no harm: they are copies
        };
        const model = await GaussianMixture.fit(rows, { ...options, onIteration });
        const plain = await GaussianMixture.fit(rows, options);
        expect(seen).toHaveLength(6);
        const fields = ['weights', 'means', 'precisionsCholesky'] as const;
        for (const params of seen) {
          expect(Object.keys(params).sort()).toEqual([...fields].sort());
          for (const field of fields) expect(params[field]).toBeInstanceOf(Float32Array);
          expect(params.means.every((value) => rows === x || Math.abs(value - 10_000) < 20)).toBe(true);
        }
        expect(seen[0].means).not.toEqual(seen[5].means);
        for (const field of fields) {
          expect(seen[5][field]).toEqual(model[field].dataSync());
          expect(model[field].dataSync()).toEqual(plain[field].dataSync());
        }
        // The params of any iteration are a model: the one that a fit cut short there gives.
        const short = await GaussianMixture.fit(rows, { ...options, maxIter: 3 });
        for (const field of fields)
          expectClose(seen[2][field], Array.from(short[field].dataSync()), { rtol: 1e-6 });
        for (const each of [model, plain, short]) each.dispose();
      }
    },
  );

  it('waits for what the hooks promise, and fails with what they throw', async () => {
    const order: string[] = [];
    const later = () => new Promise<void>((resolve) => setImmediate(resolve));
    const model = await GaussianMixture.fit(x, {
      ...{ nComponents: 2, maxIter: 2, tol: 0, seed: 0 },
      onIteration: async ({ iteration }) => {
        order.push(`begin ${iteration}`);
        await later();
        order.push(`end ${iteration}`);
      },
      onInit: async () => {
        await later();
        order.push('init');
      },
    });
    order.push('model');
    expect(order).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'init', 'model']);
    model.dispose();
    for (const name of ['onIteration', 'onInit'] as const) {
      const fail = () => Promise.reject(new Error(`from ${name}`));
      const leaked = await leaves(() =>
        expect(GaussianMixture.fit(x, { nComponents: 2, [name]: fail })).rejects.toThrow(`from ${name}`),
      );
      expect(leaked).toBe(0);
    }
  });

  it.each(covarianceTypes)(
    'an abort ends a %s fit within two iterations and leaves no tensor',
    async (type) => {
      const before = memory().numTensors;
      const options = { nComponents: 3, covarianceType: type, tol: 0, maxIter: 1_000_000, seed: 0 };
      for (const abortAt of ['hook', 'timer'] as const) {
        const controller = new AbortController();
        const reason = new Error(`enough of ${abortAt}`);
        let after = 0;
        const onIteration = ({ iteration }: Iteration) => {
          if (controller.signal.aborted) after++;
          if (iteration === 4 && abortAt === 'hook') controller.abort(reason);
          if (iteration === 4 && abortAt === 'timer') setTimeout(() => controller.abort(reason), 20);
        };
        const fitting = GaussianMixture.fit(x, { ...options, onIteration, signal: controller.signal });
        await expect(fitting).rejects.toBe(reason);
        expect(after).toBeLessThanOrEqual(2);
        expect(memory().numTensors).toBe(before);
      }
      const aborted = AbortSignal.abort(new Error('before it began'));
      await expect(GaussianMixture.fit(x, { ...options, signal: aborted })).rejects.toThrow(
        'before it began',
      );
      const inTheStart = new AbortController();
      const starting = GaussianMixture.fit(x, { ...options, nInit: 9, signal: inTheStart.signal });
      inTheStart.abort(new Error('in the start'));
      await expect(starting).rejects.toThrow('in the start');
      expect(memory().numTensors).toBe(before);
    },
  );

  describe.each(covarianceTypes)('a %s model', (covarianceType) => {
    const options = { nComponents: 3, covarianceType, seed: 0, maxIter: 5 };

    it('leaves exactly the tensors that its methods return, and none when it is disposed', async () => {
      const rows = tensor2d(x);
      const weights = tensor1d(x.map(() => 1));
      const before = memory().numTensors;
      for (const given of [x, rows, { values: Float64Array.from(x.flat()), shape: [x.length, 2] as const }]) {
        const model = await GaussianMixture.fit(given, { ...options, sampleWeight: weights });
        for (const method of ['predict', 'predictProba', 'scoreSamples', 'score'] as const) {
          const returned: Tensor[] = [];
          expect(await leaves(() => returned.push(model[method](given)))).toBe(1);
          returned[0].dispose();
          expect(await leaves(() => tidy(() => void model[method](given)))).toBe(0);
        }
        expect(await leaves(() => model.bic(given))).toBe(0);
        expect(await leaves(() => model.aic(given))).toBe(0);
        const sampled: Tensor[] = [];
        expect(await leaves(() => sampled.push(...Object.values(model.sample(5, 1))))).toBe(2);
        for (const each of sampled) each.dispose();
        // Made once, and the model's: tidy does not take them.
        expect(await leaves(() => tidy(() => void [model.covariances, model.precisions]))).toBe(2);
        expect(await leaves(() => [model.covariances, model.precisions])).toBe(0);
        expect(model.covariances.isDisposed).toBe(false);
        model.dispose();
        model.dispose();
        expect(memory().numTensors).toBe(before);
      }
      expect([rows.isDisposed, weights.isDisposed]).toEqual([false, false]);
      rows.dispose();
      weights.dispose();
    });

    it('keeps copies of what fromParams is given, and the pure function returns one tensor', async () => {
      const fitted = await GaussianMixture.fit(x, options);
      const given = { weights: fitted.weights, means: fitted.means, precisionsCholesky: fitted.precisionsCholesky }; // prettier-ignore
      const before = memory().numTensors;
      const model = await GaussianMixture.fromParams(given, covarianceType);
      const rows = tensor2d(x);
      let joint: Tensor | undefined;
      expect(await leaves(() => (joint = gaussianMixtureLogProb(rows, given, covarianceType)))).toBe(1);
      for (const each of [joint!, rows]) each.dispose();
      model.dispose();
      expect(memory().numTensors).toBe(before);
      expect(given.means.isDisposed).toBe(false);
      fitted.dispose();
    });

    it('refuses every call after dispose', async () => {
      const model = await GaussianMixture.fit(x, options);
      model.dispose();
      for (const method of ['predict', 'predictProba', 'scoreSamples', 'score'] as const) {
        expect(() => model[method](x)).toThrow(InputError);
        expect(() => model[method](x)).toThrow(`GaussianMixture.${method}: this model was disposed`);
      }
      expect(() => model.sample(3, 0)).toThrow(/GaussianMixture.sample: this model was disposed/);
      for (const field of ['covariances', 'precisions'] as const)
        expect(() => model[field]).toThrow(InputError);
      for (const method of ['bic', 'aic'] as const)
        await expect(model[method](x)).rejects.toThrow(InputError);
    });
  });

  it('sample refuses a number of rows and a seed that cannot be', async () => {
    const model = await GaussianMixture.fit(x, { seed: 0 });
    for (const n of [0, -1, 1.5, NaN]) expect(() => model.sample(n, 0)).toThrow(`n must be an integer of at least 1; got ${n}`); // prettier-ignore
    for (const seed of [-1, 0.5, 2 ** 32]) expect(() => model.sample(1, seed)).toThrow(`got ${seed}`);
    const { x: one, labels } = model.sample();
    expect([one.shape, labels.shape]).toEqual([[1, 2], [1]]);
    for (const each of [one, labels, model]) each.dispose();
  });
});
