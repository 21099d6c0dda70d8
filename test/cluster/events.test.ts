/** How a fit of K-means is watched and cancelled, and the tensors that each call leaves. */
import { memory, tensor1d, tensor2d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { InputError, KMeans, softAssign, type FitEvents } from '../../src/index.js';
import { paths, usePath } from '../support/paths.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { naiveInertia, naiveLabels, naiveMeans } from '../support/naive-kmeans.js';

type Iteration = Parameters<NonNullable<FitEvents['onIteration']>>[0];
type Init = Parameters<NonNullable<FitEvents['onInit']>>[0];

const around = [[1000, 0], [1001, 2], [998, 1]]; // prettier-ignore
const { x } = clustered(around, 1, 60, 5);
const ones = x.map(() => 1);

const rowsOf = (flat: ArrayLike<number>): number[][] =>
  Array.from({ length: flat.length / 2 }, (_, k) => [flat[2 * k], flat[2 * k + 1]]);

describe.each(paths)('events of K-means on %s', (path) => {
  beforeAll(() => usePath(path));

  it('tell every iteration of every restart, then its end', async () => {
    const log: string[] = [];
    const inits: Init[] = [];
    const objectives: number[][] = [];
    const model = await KMeans.fit(x, {
      nClusters: 5,
      nInit: 4,
      seed: 3,
      onIteration: ({ init, iteration, objective, change }) => {
        log.push(`${init}.${iteration}`);
        (objectives[init] ??= []).push(objective);
        expect(change).toBeGreaterThanOrEqual(0);
      },
      onInit: (state) => {
        log.push(`end of ${state.init}`);
        inits.push(state);
      },
    });
    const expected = inits.flatMap(({ init, iterations }) => [
      ...Array.from({ length: iterations }, (_, i) => `${init}.${i + 1}`),
      `end of ${init}`,
    ]);
    expect(inits.map(({ init }) => init)).toEqual([0, 1, 2, 3]);
    expect(log).toEqual(expected);
    expect(inits.map(({ objective }) => objective)).toEqual(objectives.map((each) => each.at(-1)));
    expect(objectives).toContainEqual([...model.history!]);
    expect(inits.every(({ converged }) => converged)).toBe(true);
    model.dispose();
  });

  it('give the centres in the units of the data, and how far they moved', async () => {
    const init = x.slice(0, 3);
    let before = init;
    const model = await KMeans.fit(x, {
      init,
      tol: 0,
      onIteration: ({ params, objective, change, iteration }) => {
        const labels = naiveLabels(x, before);
        const means = naiveMeans(x, labels, before, ones);
        const { clusterCenters } = params();
        expectClose(rowsOf(clusterCenters), means, { rtol: 1e-7, atol: 1e-6 });
        expectClose(objective, naiveInertia(x, labels, means, ones), { rtol: 1e-5 });
        const moves = means.flatMap((mean, k) => mean.map((value, j) => (value - before[k][j]) ** 2));
        // Centres given back at 1000 are rounded by up to 6e-5.
        expectClose(Math.sqrt(change), Math.sqrt(moves.reduce((a, b) => a + b)), { rtol: 1e-4, atol: 2e-4 });
        expect(iteration).toBeLessThan(50);
        before = rowsOf(clusterCenters);
      },
    });
    expect(rowsOf(await model.clusterCenters.data())).toEqual(before);
    model.dispose();
  });

  it('give copies: writing to them changes nothing', async () => {
    const options = { nClusters: 4, seed: 8 };
    const alone = await KMeans.fit(x, options);
    const copies: Float32Array[] = [];
    const onIteration = ({ params }: Iteration) => {
      copies.push(params().clusterCenters.fill(NaN), params().clusterCenters);
    };
    const watched = await KMeans.fit(x, { ...options, onIteration });
    expectClose(watched.clusterCenters, alone.clusterCenters, { rtol: 0 });
    expect(copies).toHaveLength(2 * watched.nIter!);
    expect(copies.every((copy, i) => copy.every((value) => Number.isNaN(value) === (i % 2 === 0)))).toBe(
      true,
    );
    [alone, watched].forEach((model) => model.dispose());
  });

  it('wait for promises', async () => {
    const log: string[] = [];
    const slow = async (what: string) => {
      log.push(`${what} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${what} ends`);
    };
    const model = await KMeans.fit(x, {
      nClusters: 2,
      maxIter: 2,
      tol: 0,
      seed: 0,
      onIteration: ({ iteration }) => slow(`${iteration}`),
      onInit: ({ converged }) => slow(`restart, converged ${converged},`),
    });
    expect(log).toEqual(['1', '2', 'restart, converged false,'].flatMap((s) => [`${s} begins`, `${s} ends`]));
    model.dispose();
  });

  it('end where the signal says so, with its reason and no tensor left', async () => {
    const reason = new Error('seen enough');
    const run = async (when: (state: { init: number; iteration?: number }) => boolean) => {
      const controller = new AbortController();
      const seen: string[] = [];
      const look = (state: { init: number; iteration?: number }) => {
        seen.push(`${state.init}.${state.iteration ?? 'end'}`);
        if (when(state)) controller.abort(reason);
      };
      const options = { nClusters: 6, nInit: 3, tol: 0, seed: 1, signal: controller.signal };
      const left = await leaves(() =>
        expect(KMeans.fit(x, { ...options, onIteration: look, onInit: look })).rejects.toBe(reason),
      );
      expect(left).toBe(0);
      return seen;
    };
    expect(await run(({ iteration }) => iteration === 2)).toEqual(['0.1', '0.2']);
    const throughOne = await run(({ iteration }) => iteration === undefined);
    expect(throughOne.at(-1)).toBe('0.end');
    const intoSecond = await run(({ init }) => init === 1);
    expect(intoSecond.at(-1)).toBe('1.1');
  });

  it('never begin where the signal was aborted before', async () => {
    const onIteration = jest.fn();
    const fit = KMeans.fit(x, { nClusters: 2, signal: AbortSignal.abort(), onIteration });
    await expect(fit).rejects.toMatchObject({ name: 'AbortError' });
    expect(onIteration).not.toHaveBeenCalled();
  });

  it.each(['onIteration', 'onInit'] as const)(
    'pass on what %s rejects with, and leave nothing',
    async (name) => {
      const reject = () => Promise.reject(new Error('the disk is full'));
      const left = await leaves(() =>
        expect(KMeans.fit(x, { nClusters: 2, [name]: reject })).rejects.toThrow('the disk is full'),
      );
      expect(left).toBe(0);
    },
  );
});

describe.each(paths)('tensors of K-means on %s', (path) => {
  let model: KMeans;
  beforeAll(async () => {
    await usePath(path);
    model = await KMeans.fit(x, { nClusters: 3, seed: 0 });
  });
  afterAll(() => model.dispose());

  const freed = async (make: () => Tensor | KMeans | Promise<KMeans>): Promise<void> => {
    expect(
      await leaves(async () => {
        (await make()).dispose();
      }),
    ).toBe(0);
  };

  it('fit and fromParams leave what dispose frees, whatever form the data have', async () => {
    const tensor = tensor2d(x);
    const weights = tensor1d(ones);
    const init = tensor2d(around);
    for (const options of [{ nInit: 2 }, { init }, { init: 'random', sampleWeight: weights }] as const) {
      for (const data of [x, tensor]) await freed(() => KMeans.fit(data, { nClusters: 3, ...options }));
    }
    await freed(() => KMeans.fromParams({ clusterCenters: init }));
    await freed(() => KMeans.fromParams({ clusterCenters: around }));
    expect([tensor, weights, init].map((each) => each.isDisposed)).toEqual([false, false, false]);
    [tensor, weights, init].forEach((each) => each.dispose());
  });

  it('each method leaves its one result', async () => {
    const tensor = tensor2d(x);
    for (const data of [x, tensor]) {
      await freed(() => model.predict(data));
      await freed(() => model.transform(data));
      await freed(() => model.predictProba(data, 2));
      await freed(() => model.score(data));
    }
    await freed(() => softAssign(tensor, model.clusterCenters, 0.5));
    tensor.dispose();
  });

  it('what refuses leaves nothing', async () => {
    const bad = tensor2d([[1, NaN], [0, 0]]); // prettier-ignore
    const narrow = tensor2d([[1], [2]]);
    const left = await leaves(async () => {
      await expect(KMeans.fit(bad, { nClusters: 1 })).rejects.toThrow(InputError);
      await expect(KMeans.fit(x, { nClusters: 3, sampleWeight: [1] })).rejects.toThrow(InputError);
      await expect(KMeans.fit(x, { init: narrow })).rejects.toThrow(InputError);
      await expect(KMeans.fromParams({ clusterCenters: bad })).rejects.toThrow(InputError);
      for (const f of ['predict', 'transform', 'predictProba', 'score'] as const) {
        expect(() => model[f](narrow)).toThrow(InputError);
      }
      expect(() => model.predictProba(x, 0)).toThrow(/temperature must be a number from 1e-38 to .*; got 0/);
    });
    expect(left).toBe(0);
    [bad, narrow].forEach((each) => each.dispose());
  });

  it('a model outlives tidy, what it returns does not', async () => {
    const tensor = tensor2d(x);
    const before = memory().numTensors;
    const inside = tidy(() => {
      const labels = model.predict(tensor);
      model.score(tensor);
      return labels;
    });
    expect(memory().numTensors).toBe(before + 1);
    expect(Array.from(await inside.data())).toEqual(Array.from(await model.labels!.data()));
    [inside, tensor].forEach((each) => each.dispose());
  });

  it('after dispose every method says so, and twice is fine', async () => {
    const gone = await KMeans.fromParams({ clusterCenters: around });
    gone.dispose();
    gone.dispose();
    for (const f of ['predict', 'transform', 'predictProba', 'score'] as const) {
      expect(() => gone[f](x)).toThrow(`KMeans.${f}: this model was disposed`);
    }
  });
});
