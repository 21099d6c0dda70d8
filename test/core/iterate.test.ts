/** The loop, the fold over batches, pacing, and what belongs to a model; the estimators' own are in their tests. */
import { memory, scalar, tensor1d, tensor2d, tidy, type Scalar, type Tensor } from '@tensorflow/tfjs-core';
import { accurateMean } from '../../src/core/accurateMean.js';
import { fold, iterate, macrotask, pacer, type FitEvents, type Step } from '../../src/core/iterate.js';
import { op } from '../../src/core/op.js';
import { Owned } from '../../src/core/owned.js';
import { fitRows } from '../../src/core/rows.js';
import { GaussianMixture, InputError, KMeans, makeBlobs, PCA, RandomState } from '../../src/index.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { routes, useRoute } from '../support/paths.js';

const report = (x: number) => ({ x: Float32Array.of(x) });
const run = (
  step: (x: number) => Step<number> | Promise<Step<number>>,
  maxIter = 10,
  events: FitEvents = {},
) => iterate<number>(2, 64, async (x) => step(x), maxIter, events, report);
const halve = (x: number): Step<number> => ({ params: x / 2, objective: -x, change: x / 2, done: x <= 8 });

/** Works without a pause for a number of milliseconds. */
function busy(milliseconds: number): void {
  const end = performance.now() + milliseconds;
  while (performance.now() < end);
}

describe('iterate', () => {
  it('goes on until a step is done', async () => {
    expect(await run(halve)).toEqual({ params: 4, objective: -8, converged: true, nIter: 4, history: [-64, -32, -16, -8] }); // prettier-ignore
  });

  it('or until maxIter, and says so', async () => {
    expect(await run(halve, 3)).toMatchObject({ params: 8, nIter: 3, converged: false });
    expect(await run(halve, 4)).toMatchObject({ nIter: 4, converged: true });
  });

  it('takes what a step makes of several iterations, and asks for one where each is told', async () => {
    const asked: number[] = [];
    const several = (events: FitEvents) =>
      iterate<number>(
        0,
        64,
        (x, most) => {
          asked.push(most);
          const before = Array.from({ length: Math.min(most, 3) - 1 }, (_, i) => i);
          return Promise.resolve({ params: x / 2, objective: 9, change: 1, done: false, before });
        },
        7,
        events,
        report,
      );
    expect(await several({})).toMatchObject({ params: 8, nIter: 7, history: [0, 1, 9, 0, 1, 9, 9] });
    expect(asked.splice(0)).toEqual([7, 4, 1]);
    expect(await several({ onIteration: () => undefined })).toMatchObject({ nIter: 7, params: 0.5 });
    expect(asked).toEqual([1, 1, 1, 1, 1, 1, 1]);
  });

  it('lets go of the states that were replaced, unless a hook may still ask for them', async () => {
    const gone: number[] = [];
    const free = (x: number) => void gone.push(x);
    const step = (x: number) => Promise.resolve(halve(x));
    await iterate<number>(0, 64, step, 3, { onInit: () => undefined }, report, free);
    expect(gone).toEqual([64, 32, 16]);
    const rest = (x: number) => Promise.resolve({ ...halve(x), params: x }); // it is the next one too
    await iterate<number>(0, 64, rest, 3, {}, report, free);
    await iterate<number>(0, 64, step, 3, { onIteration: () => undefined }, report, free);
    expect(gone.slice(3)).toEqual([64, 32, 16]);
  });

  it('tells each iteration and the end, with params for as long as the hook runs', async () => {
    const told: unknown[] = [];
    const read: unknown[] = [];
    const late: (() => unknown)[] = [];
    await run(halve, 3, {
      onIteration: async ({ params, ...state }) => {
        told.push(state);
        late.push(params);
        await Promise.resolve();
        read.push(params());
      },
      onInit: (state) => void told.push(state),
    });
    expect(told).toEqual([
      { init: 2, iteration: 1, objective: -64, change: 32 },
      { init: 2, iteration: 2, objective: -32, change: 16 },
      { init: 2, iteration: 3, objective: -16, change: 8 },
      { init: 2, converged: false, iterations: 3, objective: -16 },
    ]);
    expect(read).toEqual([report(32), report(16), report(8)]);
    for (const params of late) expect(params).toThrow(InputError);
  });

  it('ends with what a step, a hook or the signal throws, and takes no step after it', async () => {
    const error = new Error('broken');
    const broken = () => {
      throw error;
    };
    let steps = 0;
    const counted = (x: number) => {
      steps++;
      return { ...halve(x), done: false };
    };
    await expect(run(broken)).rejects.toBe(error);
    for (const events of [{ onIteration: broken }, { onIteration: () => Promise.reject(error) }]) {
      await expect(run(counted, 10, events)).rejects.toBe(error);
    }
    expect(steps).toBe(2);
    await expect(run(counted, 1, { onInit: broken })).rejects.toBe(error);
    const controller = new AbortController();
    const onIteration = () => controller.abort(error);
    steps = 0;
    await expect(run(counted, 10, { onIteration, signal: controller.signal })).rejects.toBe(error);
    expect(steps).toBe(1);
  });
});

describe('pacing', () => {
  it('a macrotask lets timers and immediates that are due run first', async () => {
    const order: string[] = [];
    setImmediate(() => order.push('immediate'));
    await Promise.resolve();
    order.push('microtask');
    await macrotask();
    order.push('after');
    expect(order).toEqual(['microtask', 'immediate', 'after']);
  });

  it('without setImmediate a message channel does the same', async () => {
    const { setImmediate } = globalThis;
    try {
      Object.assign(globalThis, { setImmediate: undefined });
      let fired = false;
      setTimeout(() => (fired = true), 0);
      busy(2);
      while (!fired) await macrotask();
      expect(fired).toBe(true);
    } finally {
      Object.assign(globalThis, { setImmediate });
    }
  });

  it('yields once a frame has passed, and not at every call', async () => {
    const pace = pacer();
    let turns = 0;
    let ended = false;
    const count = () => {
      turns++;
      if (!ended) setImmediate(count);
    };
    setImmediate(count);
    for (let i = 0; i < 4; i++) {
      busy(20); // longer than a frame
      await pace();
    }
    expect(turns).toBeGreaterThanOrEqual(4);
    // Calls that are cheap pass in the same turn, until a frame is over.
    const before = turns;
    for (let i = 0; i < 20; i++) await pace();
    expect(turns - before).toBeLessThan(20);
    ended = true;
  });

  it('throws the reason of its signal, whether aborted before or while it yields', async () => {
    const reason = new Error('enough');
    await expect(pacer(AbortSignal.abort(reason))()).rejects.toBe(reason);
    const controller = new AbortController();
    const pace = pacer(controller.signal);
    setImmediate(() => controller.abort(reason));
    busy(20);
    await expect(pace()).rejects.toBe(reason);
  });
});

describe.each(routes)('on %s', (route) => {
  beforeAll(() => useRoute(route));

  it('a fold frees its batch before the next one, and when it is aborted between two', async () => {
    const x = { values: new Float64Array(30_000), shape: [30_000, 1] as const };
    const rows = await fitRows('x', x, () => 1, pacer());
    const before = memory().numTensors;
    const held: number[] = [];
    const controller = new AbortController();
    const reason = new Error('between batches');
    const accumulate = () => {
      held.push(memory().numTensors - before);
      if (held.length === 2) controller.abort(reason);
      return Promise.resolve({ statistics: 0, memo: null });
    };
    await expect(fold(rows, accumulate, () => 0, [], pacer(controller.signal))).rejects.toBe(reason);
    expect(held).toEqual([1, 1]);
    expect(memory().numTensors).toBe(before);
  });

  const { x } = makeBlobs({ nSamples: 3000, nFeatures: 4, centers: 3, clusterStd: 4, seed: 1 });
  type Fit = (signal: AbortSignal, onIteration: () => void) => Promise<unknown>;
  const endless: [string, Fit][] = [
    ...(['full', 'tied', 'diag', 'spherical'] as const).map((covarianceType): [string, Fit] => [
      `a ${covarianceType} mixture`,
      (signal, onIteration) =>
        GaussianMixture.fit(x, { nComponents: 3, covarianceType, tol: 0, maxIter: 1e9, signal, onIteration, seed: 0 }), // prettier-ignore
    ]),
    [
      'K-means',
      (signal, onIteration) => KMeans.fit(x, { nClusters: 8, nInit: 1e9, tol: 0, signal, onIteration, seed: 0 }), // prettier-ignore
    ],
    [
      'a randomized PCA',
      (signal) => PCA.fit(x, { nComponents: 2, solver: 'randomized', nPowerIter: 1e9, signal, seed: 0 }),
    ],
  ];

  it.each(endless)(
    '%s gives timers their turns; one that aborts ends it within two iterations',
    async (_, fit) => {
      const before = memory().numTensors;
      const controller = new AbortController();
      const reason = new Error('by a timer');
      let ticks = 0;
      let after = 0;
      const ticking = setInterval(() => {
        if (++ticks === 5) controller.abort(reason);
      }, 1);
      const onIteration = () => void (after += controller.signal.aborted ? 1 : 0);
      try {
        await expect(fit(controller.signal, onIteration)).rejects.toBe(reason);
      } finally {
        clearInterval(ticking);
      }
      expect(ticks).toBeGreaterThanOrEqual(5);
      expect(after).toBeLessThanOrEqual(2);
      expect(memory().numTensors).toBe(before);
    },
  );

  it('a model’s tensors outlive tidy, and go with it, once', () => {
    const before = memory().numTensors;
    const owned = new Owned('KMeans');
    const held = tidy(() => [
      owned.hold(() => tensor1d([1, 2]).add(1)),
      ...Object.values(owned.holdAll(() => ({ a: scalar(1), b: scalar(2).mul(3) }))),
    ]);
    expect(memory().numTensors - before).toBe(3);
    expect(held.map((each: Tensor) => Array.from(each.dataSync()))).toEqual([[2, 3], [1], [6]]);
    expect(() => owned.check('predict')).not.toThrow();
    owned.dispose();
    owned.dispose();
    expect(memory().numTensors).toBe(before);
    expect(() => owned.check('predict')).toThrow(
      new InputError('KMeans.predict: this model was disposed; fit or load it again.'),
    );
    const failing = new Owned('PCA');
    const broken = (): Tensor => {
      scalar(1);
      throw new Error('no tensor');
    };
    expect(() => failing.hold(broken)).toThrow('no tensor');
    expect(memory().numTensors).toBe(before);
  });

  it('an op frees what it makes on the way, returns what it returns, and throws what it throws', async () => {
    const norm = op('norm', (x: Tensor) => x.square().sum().sqrt());
    const parts = op('parts', (x: Tensor) => [x.square().sum(), x.abs().max()]);
    const named = op('named', (x: Tensor) => ({ twice: x.add(x).mul(1) }));
    const broken = op('broken', (x: Tensor): Tensor => {
      x.square();
      throw new InputError('from the op');
    });
    const x = tensor2d([[3, -4]]);
    const kept: Tensor[] = [];
    expect(await leaves(() => kept.push(norm(x)))).toBe(1);
    expect(await leaves(() => kept.push(...parts(x)))).toBe(2);
    expect(await leaves(() => kept.push(named(x).twice))).toBe(1);
    expect(await leaves(() => expect(() => broken(x)).toThrow(InputError))).toBe(0);
    expect(kept.map((each) => Array.from(each.dataSync()))).toEqual([[5], [25], [4], [6, -8]]);
    for (const each of [x, ...kept]) each.dispose();
  });

  it('a mean of many values about -1195 is right to float32', async () => {
    const values = Float32Array.from(new RandomState(4).normal(-1195, 30, 50_000));
    const exact = values.reduce((sum, value) => sum + value, 0) / values.length;
    const given = tensor1d(values);
    let mean: Scalar | undefined;
    expect(await leaves(() => (mean = tidy(() => accurateMean(given))))).toBe(1);
    expectClose(mean!, exact, { rtol: 2 ** -23 });
    const none = tensor1d([-3, -Infinity]);
    const infinite = tidy(() => accurateMean(none));
    expectClose(infinite, -Infinity);
    for (const each of [given, mean!, none, infinite]) each.dispose();
  });
});
