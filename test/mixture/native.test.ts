/** The native kernels of a mixture's pass and M-step: they say what tensor operations and plain float64 loops say. */
import { memory, tensor2d, transpose, type Tensor2D } from '@tensorflow/tfjs-core';
import { pacer } from '../../src/core/iterate.js';
import { nativeKernel } from '../../src/core/native.js';
import { fitRows } from '../../src/core/rows.js';
import { GaussianMixture, PCA, RandomState } from '../../src/index.js';
import { COVARIANCES } from '../../src/mixture/covariance.js';
import type { Mixture } from '../../src/mixture/density.js';
import { maximize, pass, type Problem, type Statistics, type Winners } from '../../src/mixture/em.js';
import { hostLimit } from '../../src/mixture/host.js';
import { nativeLimit } from '../../src/mixture/native.js';
import { loadMnist } from '../../src/node/index.js';
import { expectClose } from '../support/close.js';
import { kernelBackends, useBackend } from '../support/backends.js';
import { withoutKernels } from '../support/kernels.js';

interface Case {
  n: number;
  k: number;
  d: number;
  /** How far the components' means are from each other, in deviations; 0: all rows are everybody's. */
  apart: number;
  /** How far all of it is from 0. */
  far?: number;
  weighted?: boolean;
  /** Rows of the last component. */
  few?: number;
  /** Rows as a tensor, not as numbers. */
  tensor?: boolean;
}

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

const nameOf = (each: Case): string => JSON.stringify(each).replace(/["{}]/g, '').replace(/,/g, ', ');

/** Rows of components of many shapes, and a mixture near them. */
function made({ n, k, d, apart, far = 0, few, weighted }: Case) {
  const random = new RandomState(n + d);
  const centers = random.normal(0, apart / Math.sqrt(2), k * d);
  const deviations = random.uniform(0.2, 5, k * d);
  const noise = random.normal(0, 1, n * d);
  const x = new Float32Array(n * d);
  for (let i = 0; i < n; i++) {
    const c = few && i >= few ? i % (k - 1) : i % k;
    for (let j = 0; j < d; j++) {
      // Neighbouring features go together.
      const z = noise[i * d + j] + (j > 0 ? 0.4 * noise[i * d + j - 1] : 0);
      x[i * d + j] = far + (centers[c * d + j] + z) * deviations[c * d + j];
    }
  }
  const covariances = new Float64Array(k * d * d);
  for (let c = 0; c < k; c++) {
    for (let i = 0; i < d; i++) {
      const variance = (1 + (i % 3) / 4) * deviations[c * d + i] ** 2;
      covariances[(c * d + i) * d + i] = variance;
      if (i === 0) continue;
      const across = 0.3 * deviations[c * d + i] * deviations[c * d + i - 1];
      covariances[(c * d + i) * d + i - 1] = covariances[(c * d + i - 1) * d + i] = across;
    }
  }
  const weights = Float64Array.from({ length: k }, (_, c) => (2 * (c + 1)) / (k * (k + 1)));
  const precisionsCholesky = COVARIANCES.full.fromCovariances(covariances, d) as Float64Array;
  const relative = (origin: Float64Array): Mixture => ({
    weights,
    means: centers.map((value, at) => far + value * deviations[at] - origin[at % d]),
    precisionsCholesky,
  });
  return { x, relative, weight: weighted ? Float64Array.from({ length: n }, (_, i) => (i % 4) / 3) : null };
}

async function problemOf(each: Case): Promise<{ problem: Problem; mixture: Mixture; x: Tensor2D }> {
  const { n, d, tensor } = each;
  const { x: values, relative, weight } = made(each);
  const x = tensor2d(values, [n, d]);
  const source = tensor ? x : { values, shape: [n, d] as [number, number] };
  const rows = await fitRows('x', source, (width) => 3 * width, pacer());
  const problem = { rows, onHost: null, weight, covariance: COVARIANCES.full, regCovar: 0.01, pace: pacer() };
  return { problem, mixture: relative(rows.origin), x };
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

describe.each(kernelBackends)('native kernels of %s', (backend) => {
  beforeAll(() => useBackend(backend));
  beforeEach(() => Object.assign(nativeLimit, { features: 0 }));
  afterEach(() => Object.assign(nativeLimit, { features: 24 }));

  it('are there', () => {
    expect(nativeKernel('LatentMixturePass')).not.toBeNull();
    expect(nativeKernel('LatentMixtureRefine')).not.toBeNull();
  });

  it.each(CASES.map((each) => [nameOf(each), each] as const))('a pass over %s', async (what, each) => {
    const { problem, mixture, x } = await problemOf(each);
    const all = await problem.rows.at(Array.from({ length: each.n }, (_, i) => i));
    const exact = await pass({ ...problem, onHost: all }, mixture, []);
    const byTensors = await withoutKernels(() => pass(problem, mixture, []));
    const before = memory().numTensors;
    const winners: Winners = [];
    const first = await pass(problem, mixture, winners);
    const again = await pass(problem, mixture, winners);
    expect(memory().numTensors).toBe(before);
    expectSame(first, exact, each.n, what);
    expectSame(again, exact, each.n, `${what}, winners known`);
    expectSame(byTensors, exact, each.n, `${what}, by tensors`);
    x.dispose();
  });

  it.each([
    ['one of each row', (i: number, c: number) => (i % 3 === c ? 1 : 0)],
    ['all of each row', (i: number, c: number) => (1 + ((i + c) % 5)) / 9],
    ['few rows', (i: number, c: number) => (i === 40 * c ? 1 : 0)],
  ])('given responsibilities: %s', async (what, r) => {
    for (const n of [130, 4500]) {
      const { problem, mixture, x } = await problemOf({ n, k: 3, d: 29, apart: 1, tensor: true });
      const given = (start: number, end: number) => {
        const values = Array.from({ length: end - start }, (_, i) => [0, 1, 2].map((c) => r(start + i, c)));
        return transpose(tensor2d(values));
      };
      const all = await problem.rows.at(Array.from({ length: n }, (_, i) => i));
      const exact = await pass({ ...problem, onHost: all }, mixture, [], given);
      const before = memory().numTensors;
      const actual = await pass(problem, mixture, [], given);
      expect(memory().numTensors).toBe(before);
      expectSame({ ...actual, logLikelihood: 0 }, { ...exact, logLikelihood: 0 }, n, what);
      x.dispose();
    }
  });

  it.each([0, 1e-6, 1e4])('an M-step with regCovar %d', async (regCovar) => {
    for (const d of [1, 5, 24, 61]) {
      const { problem, mixture, x } = await problemOf({ n: 900, k: 3, d, apart: 1, tensor: true });
      const statistics = await pass(problem, mixture, []);
      const byKernel = maximize({ ...problem, regCovar }, mixture, statistics);
      const onHost = await withoutKernels(async () =>
        maximize({ ...problem, regCovar }, mixture, statistics),
      );
      expect(byKernel.weights).toEqual(onHost.weights);
      expect(byKernel.means).toEqual(onHost.means);
      expectClose(byKernel.precisionsCholesky, onHost.precisionsCholesky, { rtol: 1e-9, atol: 1e-12 });
      x.dispose();
    }
  });

  it('an M-step takes what float32 sums no longer resolve for a share of what it was', async () => {
    const { problem, mixture, x } = await problemOf({ n: 900, k: 3, d: 30, apart: 1, tensor: true });
    const { first, second, ...rest } = await pass(problem, mixture, []);
    const at = 30 + 7; // component 1, feature 7: flat, and below by a rounding
    const flat = { ...rest, first: first.slice(), second: second.slice() };
    flat.first[at] = 0;
    for (let i = 0; i < 30; i++) flat.second[30 * 30 + 7 * 30 + i] = flat.second[30 * 30 + i * 30 + 7] = 0;
    flat.second[30 * 30 + 7 * 30 + 7] = -1e-9;
    const step = (regCovar = 1e-12) => maximize({ ...problem, regCovar }, mixture, flat).precisionsCholesky;
    const [byKernel, onHost] = [step(), await withoutKernels(() => Promise.resolve(step()))];
    expectClose(byKernel, onHost, { rtol: 1e-6, atol: 1e-9 });
    const [before, after] = [mixture.precisionsCholesky, byKernel].map((p) => p[30 * 30 + 7 * 30 + 7]);
    expectClose((before / after) ** 2, 1e-7, { rtol: 1e-3 });
    const exact = await problem.rows.at(Array.from({ length: 900 }, (_, i) => i));
    const exactly = () => maximize({ ...problem, regCovar: 1e-12, onHost: exact }, mixture, flat);
    expect(exactly).toThrow('component 1 collapsed');
    expect(() => step(0)).toThrow('component 1 collapsed');
    x.dispose();
  });

  it('an M-step tells which component collapsed', async () => {
    const { problem, mixture, x } = await problemOf({ n: 400, k: 3, d: 9, apart: 9, tensor: true });
    const statistics = await pass(problem, mixture, []);
    const second = statistics.second.slice();
    second[9 * 9 + 4 * 9 + 4] = -1; // component 1, feature 4
    expect(() => maximize(problem, mixture, { ...statistics, second })).toThrow('component 1 collapsed');
    x.dispose();
  });
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
    expectClose(await restarts(x, 0), exact, { rtol: 0, atol, what: 'kernels' });
    expectClose(await withoutKernels(() => restarts(x, 0)), exact, { rtol: 0, atol, what: 'tensors' });
    x.dispose();
  });
});
