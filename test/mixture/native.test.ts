/** The native kernels of a mixture's pass and M-step: they say what tensor operations and plain float64 loops say. */
import { memory, tensor1d, tensor2d, transpose, type Tensor2D } from '@tensorflow/tfjs-core';
import { pacer } from '../../src/core/iterate.js';
import { asDoubles, asFloats, nativeKernel } from '../../src/core/native.js';
import { fitRows } from '../../src/core/rows.js';
import { GaussianMixture, PCA } from '../../src/index.js';
import { COVARIANCES } from '../../src/mixture/covariance.js';
import { factorOf, type Mixture } from '../../src/mixture/density.js';
import {
  freeWinners,
  maximize,
  pass,
  type Found,
  type Problem,
  type Statistics,
  type Winners,
} from '../../src/mixture/em.js';
import { hostLimit } from '../../src/mixture/host.js';
import { fewLimit, nativeOf, type Native } from '../../src/mixture/native.js';
import { loadMnist } from '../../src/node/index.js';
import { expectClose } from '../support/close.js';
import { kernelBackends, useBackend } from '../support/backends.js';
import { withoutKernels } from '../support/kernels.js';
import { made, nameOf, type Case } from '../support/mixtures.js';

const CASES: Case[] = [
  { n: 7, k: 2, d: 1, apart: 2 },
  { n: 61, k: 3, d: 2, apart: 3, weighted: true },
  { n: 100, k: 4, d: 3, apart: 0, tensor: true },
  { n: 1, k: 1, d: 17, apart: 0 },
  { n: 333, k: 5, d: 17, apart: 1, weighted: true, tensor: true },
  { n: 523, k: 1, d: 31, apart: 0, far: 1e4 },
  { n: 523, k: 10, d: 32, apart: 1.5, few: 40, tensor: true },
  { n: 300, k: 3, d: 33, apart: 4, far: 1e4, weighted: true, tensor: true },
  { n: 777, k: 2, d: 64, apart: 0, tensor: true },
  { n: 5003, k: 3, d: 47, apart: 0, tensor: true }, // more than the kernel holds at once, in more than one share
  { n: 17_001, k: 3, d: 24, apart: 2, weighted: true, tensor: true }, // more than one call
  { n: 8300, k: 4, d: 26, apart: 6, weighted: true }, // more than one batch of numbers
  { n: 1201, k: 10, d: 261, apart: 0.7, few: 30, tensor: true },
];

interface Set {
  /** Without kernels. */
  problem: Problem;
  native: Native;
  mixture: Mixture;
  free(): void;
}

async function problemOf(each: Case): Promise<Set> {
  const { n, k, d, tensor } = each;
  const { x: values, relative, weight } = made(each);
  const x = tensor2d(values, [n, d]);
  const source = tensor ? x : { values, shape: [n, d] as [number, number] };
  const rows = await fitRows('x', source, (width) => 3 * width, pacer());
  const covariance = COVARIANCES.full;
  const problem = { rows, onHost: null, native: null, weight, covariance, regCovar: 0.01, pace: pacer() };
  const native = nativeOf(rows, k);
  const free = () => [x, native].forEach((one) => one.dispose());
  return { problem, native, mixture: relative(rows.origin), free };
}

/** For a pass, that takes P over. */
const copied = (mixture: Mixture): Mixture => ({
  ...mixture,
  precisionsCholesky: mixture.precisionsCholesky.slice(),
});

/** What a pass found, with the sums that kernels keep. */
async function statisticsOf({ sums }: Native, found: Found, d: number): Promise<Statistics> {
  const all = asDoubles(await sums.data<'float32'>());
  const k = found.counts.length;
  const first = new Float64Array(k * d);
  const second = new Float64Array(k * d * d);
  for (let c = 0, at = 0; c < k; c++, at += d + 1) {
    for (let i = 0; i < d; i++, at += i) second.set(all.subarray(at, at + i + 1), (c * d + i) * d);
    first.set(all.subarray(at, at + d), c * d);
  }
  return { ...found, first, second };
}

/** Kernels that keep these sums. */
function keeping(native: Native, { counts, first, second }: Statistics): Native {
  const [k, d] = [counts.length, first.length / counts.length];
  const all: number[] = [];
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < d; i++) all.push(...second.subarray((c * d + i) * d, (c * d + i) * d + i + 1));
    all.push(...first.subarray(c * d, (c + 1) * d), counts[c]);
  }
  return { ...native, sums: tensor1d(asFloats(Float64Array.from(all))) };
}

/** Standard deviations are about 1 in a component's own frame: so are the sums, of each row. */
function expectSame(actual: Statistics, expected: Statistics, n: number, what: string) {
  const perRow = (a: number, b: number) => Math.abs(a - b) / n;
  const of = (sums: Float64Array, others: Float64Array) =>
    sums.reduce((worst, value, at) => Math.max(worst, perRow(value, others[at])), 0);
  const d = expected.first.length / expected.counts.length;
  const lower = ({ second }: Statistics) => second.filter((_, at) => Math.floor(at / d) % d >= at % d);
  expect({ what, worst: perRow(actual.logLikelihood, expected.logLikelihood) < 1e-4 }).toEqual({
    what,
    worst: true,
  });
  expect(of(actual.counts, expected.counts)).toBeLessThan(1e-6);
  expect(of(actual.first, expected.first)).toBeLessThan(2e-5);
  expect(of(lower(actual), lower(expected))).toBeLessThan(1e-4);
}

const BORDER = fewLimit.features;
const PASSES = [
  ['few', Infinity],
  ['many', 0],
] as const;

describe.each(
  kernelBackends.flatMap((backend) => PASSES.map(([which, most]) => [which, backend, most] as const)),
)('the pass for %s features in kernels of %s', (_, backend, most) => {
  beforeAll(() => useBackend(backend));
  beforeEach(() => Object.assign(fewLimit, { features: most }));
  afterEach(() => Object.assign(fewLimit, { features: BORDER }));

  it('are there', () => {
    expect(nativeKernel('LatentMixturePass')).not.toBeNull();
    expect(nativeKernel('LatentMixtureRefine')).not.toBeNull();
  });

  it.each(CASES.map((each) => [nameOf(each), each] as const))('a pass over %s', async (what, each) => {
    const { problem, native, mixture, free } = await problemOf(each);
    const all = await problem.rows.at(Array.from({ length: each.n }, (_, i) => i));
    const exact = (await pass({ ...problem, onHost: all }, mixture, [])) as Statistics;
    const byTensors = (await pass(problem, mixture, [])) as Statistics;
    const before = memory().numTensors;
    const winners: Winners = [];
    const passed = async () =>
      statisticsOf(native, await pass({ ...problem, native }, copied(mixture), winners), each.d);
    expectSame(await passed(), exact, each.n, what);
    expectSame(await passed(), exact, each.n, `${what}, winners known`);
    expectSame(byTensors, exact, each.n, `${what}, by tensors`);
    freeWinners(winners);
    expect(memory().numTensors).toBe(before);
    free();
  });

  it.each([
    ['one of each row', (i: number, c: number) => (i % 3 === c ? 1 : 0)],
    ['all of each row', (i: number, c: number) => (1 + ((i + c) % 5)) / 9],
    ['few rows', (i: number, c: number) => (i === 40 * c ? 1 : 0)],
  ])('given responsibilities: %s', async (what, r) => {
    for (const n of [130, 4500]) {
      const { problem, native, mixture, free } = await problemOf({ n, k: 3, d: 29, apart: 1, tensor: true });
      const given = (start: number, end: number) => {
        const values = Array.from({ length: end - start }, (_, i) => [0, 1, 2].map((c) => r(start + i, c)));
        return transpose(tensor2d(values));
      };
      const all = await problem.rows.at(Array.from({ length: n }, (_, i) => i));
      const exact = (await pass({ ...problem, onHost: all }, mixture, [], given)) as Statistics;
      const before = memory().numTensors;
      const found = await pass({ ...problem, native }, copied(mixture), [], given);
      expect(memory().numTensors).toBe(before);
      const actual = await statisticsOf(native, found, 29);
      expectSame({ ...actual, logLikelihood: 0 }, { ...exact, logLikelihood: 0 }, n, what);
      free();
    }
  });
});

describe.each(kernelBackends)('the M-step in kernels of %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each([0, 1e-6, 1e4])('with regCovar %d', async (regCovar) => {
    for (const d of [1, 5, 24, 61]) {
      const { problem, native, mixture, free } = await problemOf({ n: 900, k: 3, d, apart: 1, tensor: true });
      const winners: Winners = [];
      const state = copied(mixture);
      const found = await pass({ ...problem, native }, state, winners);
      const byKernel = maximize({ ...problem, native, regCovar }, state, found);
      const onHost = maximize({ ...problem, regCovar }, mixture, await statisticsOf(native, found, d));
      expect(byKernel.weights).toEqual(onHost.weights);
      expectClose(byKernel.means, onHost.means, { rtol: 1e-9, atol: 1e-9 });
      // The kernel's are float32: rounded once.
      expectClose(factorOf(byKernel), factorOf(onHost), { rtol: 2 ** -23, atol: 1e-12 });
      freeWinners(winners);
      free();
    }
  });

  it('takes what float32 sums no longer resolve for a share of what it was', async () => {
    const { problem, native, mixture, free } = await problemOf({
      n: 900,
      k: 3,
      d: 30,
      apart: 1,
      tensor: true,
    });
    const flat = (await pass(problem, mixture, [])) as Statistics;
    const at = 30 + 7; // component 1, feature 7: flat, and below by a rounding
    flat.first[at] = 0;
    for (let i = 0; i < 30; i++) flat.second[30 * 30 + 7 * 30 + i] = flat.second[30 * 30 + i * 30 + 7] = 0;
    flat.second[30 * 30 + 7 * 30 + 7] = -1e-9;
    const kernels = keeping(native, flat);
    const step = (regCovar: number, native: Native | null) => {
      native?.factors.write(mixture.precisionsCholesky);
      return factorOf(maximize({ ...problem, native, regCovar }, mixture, flat));
    };
    const [byKernel, onHost] = [step(1e-12, kernels), step(1e-12, null)];
    expectClose(byKernel, onHost, { rtol: 1e-6, atol: 1e-9 });
    const [before, after] = [mixture.precisionsCholesky, byKernel].map((p) => p[30 * 30 + 7 * 30 + 7]);
    expectClose((before / after) ** 2, 1e-7, { rtol: 1e-3 });
    const exact = await problem.rows.at(Array.from({ length: 900 }, (_, i) => i));
    const exactly = () => maximize({ ...problem, regCovar: 1e-12, onHost: exact }, mixture, flat);
    expect(exactly).toThrow('component 1 collapsed');
    for (const each of [kernels, null]) expect(() => step(0, each)).toThrow('component 1 collapsed');
    kernels.sums.dispose();
    free();
  });

  it('tells which component collapsed', async () => {
    const { problem, native, mixture, free } = await problemOf({
      n: 400,
      k: 3,
      d: 9,
      apart: 9,
      tensor: true,
    });
    const found = (await pass(problem, mixture, [])) as Statistics;
    found.second[9 * 9 + 4 * 9 + 4] = -1; // component 1, feature 4
    const kernels = keeping(native, found);
    kernels.factors.write(mixture.precisionsCholesky);
    expect(() => maximize({ ...problem, native: kernels }, mixture, found)).toThrow('component 1 collapsed');
    kernels.sums.dispose();
    free();
  });
});

describe.each(kernelBackends)('two fits from one seed on %s', (backend) => {
  beforeAll(() => useBackend(backend));
  afterEach(() => Object.assign(fewLimit, { features: BORDER }));

  it.each(PASSES)(
    'are the same to the last bit, however threads share the work: %s features',
    async (_, most) => {
      Object.assign(fewLimit, { features: most });
      // Overlapping components, rows for several threads and more than one call: a sum in another order would show.
      const { x: values } = made({ n: 20_000, k: 4, d: 30, apart: 1 });
      const x = tensor2d(values, [20_000, 30]);
      const fit = async () => {
        const model = await GaussianMixture.fit(x, { nComponents: 4, maxIter: 8, tol: 0, seed: 7 });
        const bits = [model.weights, model.means, model.precisionsCholesky].map((each) => each.dataSync());
        const { history } = model;
        model.dispose();
        return { history, bits };
      };
      const first = await fit();
      expect(first.history).toHaveLength(8);
      for (let again = 0; again < 3; again++) expect(await fit()).toEqual(first);
      x.dispose();
    },
  );
});

/** The first digits of MNIST in few components. */
async function digits(scale: number): Promise<Tensor2D> {
  const { x } = await loadMnist({ split: 'train', nRows: 1600, dir: 'data/mnist' });
  const pixels = tensor2d(
    Float32Array.from(x.values, (value) => value / scale),
    x.shape,
  );
  const pca = await PCA.fit(pixels, { nComponents: 40, seed: 42 });
  const reduced = pca.transform(pixels);
  [pixels, pca].forEach((each) => each.dispose());
  return reduced;
}

/** The log-likelihoods of all iterations of all restarts. */
async function restarts(x: Tensor2D, work: number): Promise<number[][]> {
  hostLimit.work = work;
  const histories: number[][] = [];
  const onIteration = ({ init, objective }: { init: number; objective: number }) =>
    void (histories[init] ??= []).push(objective);
  const options = { nComponents: 10, nInit: 4, maxIter: 12, tol: 0, seed: 42, onIteration };
  (await GaussianMixture.fit(x, options)).dispose();
  return histories;
}

describe.each(
  kernelBackends.flatMap((backend) => [[255, backend, 1e-4] as const, [1, backend, 3e-3] as const]),
)('restarts on digits / %d, %s', (scale, backend, atol) => {
  beforeAll(() => useBackend(backend));

  it('are those of float64 at every iteration', async () => {
    const x = await digits(scale);
    const exact = await restarts(x, Infinity);
    expect(exact.map((history) => history.length)).toEqual([12, 12, 12, 12]);
    for (const [what, features] of PASSES) {
      Object.assign(fewLimit, { features });
      expectClose(await restarts(x, 0), exact, { rtol: 0, atol, what });
    }
    Object.assign(fewLimit, { features: BORDER });
    expectClose(await withoutKernels(() => restarts(x, 0)), exact, { rtol: 0, atol, what: 'tensors' });
    x.dispose();
  });
});
