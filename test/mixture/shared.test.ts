/** The native kernel of mixtures that share a covariance or scale features: it says what plain float64 loops say. */
import { engine, memory, tensor2d, transpose } from '@tensorflow/tfjs-core';
import { pacer } from '../../src/core/iterate.js';
import { kernelName } from '../../src/core/native.js';
import { fitRows } from '../../src/core/rows.js';
import { GaussianMixture, type CovarianceType } from '../../src/index.js';
import { COVARIANCES } from '../../src/mixture/covariance.js';
import { pass, type Problem, type Statistics } from '../../src/mixture/em.js';
import { hostLimit } from '../../src/mixture/host.js';
import { nativeOf, sharedLimit } from '../../src/mixture/shared.js';
import { kernelBackends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { withoutKernels } from '../support/kernels.js';
import { made, nameOf, type Case } from '../support/mixtures.js';

const original = engine().runKernel;

const TYPES = ['tied', 'diag', 'spherical'] as const;

const CASES: Case[] = [
  { n: 7, k: 2, d: 1, apart: 2 },
  { n: 100, k: 4, d: 3, apart: 0, tensor: true },
  { n: 1, k: 1, d: 17, apart: 0 },
  { n: 333, k: 5, d: 17, apart: 1, weighted: true, tensor: true },
  { n: 523, k: 1, d: 31, apart: 0, far: 1e4 },
  { n: 300, k: 3, d: 33, apart: 4, far: 1e4, weighted: true, tensor: true },
  { n: 5003, k: 3, d: 47, apart: 0.3, tensor: true }, // more than the kernel holds at once, in more than one share
  { n: 8300, k: 4, d: 26, apart: 6, weighted: true }, // more than one batch of numbers
  { n: 1201, k: 10, d: 261, apart: 0.2, few: 30, tensor: true },
];

async function problemOf(each: Case, type: CovarianceType) {
  const { n, k, d, tensor } = each;
  const { x: values, relative, weight } = made(each, type);
  const x = tensor2d(values, [n, d]);
  const source = tensor ? x : { values, shape: [n, d] as [number, number] };
  const rows = await fitRows('x', source, (width) => 3 * k * width, pacer());
  const covariance = COVARIANCES[type];
  const problem: Problem = {
    rows,
    onHost: null,
    native: null,
    weight,
    covariance,
    regCovar: 0,
    pace: pacer(),
  };
  const onHost = await rows.at(Array.from({ length: n }, (_, i) => i));
  const native = nativeOf(rows, k, covariance);
  const free = () => [x, native].forEach((one) => one.dispose());
  return {
    exactly: { ...problem, onHost },
    natively: { ...problem, native },
    mixture: relative(rows.origin),
    free,
  };
}

/** The sums are of numbers about 1 in size, in their own frames: they are held against each other for each row. */
function expectSame(actual: Statistics, expected: Statistics, n: number, type: CovarianceType) {
  const d = expected.first.length / expected.counts.length;
  // Of a tied covariance nobody reads the upper triangle, and the kernel leaves it out.
  const kept = ({ second }: Statistics) => {
    if (type !== 'tied') return second;
    return second.length === d * d
      ? second.filter((_, at) => Math.floor(at / d) >= at % d)
      : second.subarray(0, (d * (d + 1)) / 2);
  };
  const per = (sums: Float64Array) => Array.from(sums, (sum) => sum / n);
  expectClose(actual.logLikelihood / n, expected.logLikelihood / n, { rtol: 0, atol: 1e-4 });
  expectClose(per(actual.counts), per(expected.counts), { rtol: 0, atol: 1e-6 });
  expectClose(per(actual.first), per(expected.first), { rtol: 0, atol: 2e-5 });
  expectClose(per(kept(actual)), per(kept(expected)), { rtol: 2e-5, atol: 1e-4 });
}

describe.each(kernelBackends.flatMap((backend) => TYPES.map((type) => [type, backend] as const)))(
  'a %s mixture in the kernel of %s',
  (type, backend) => {
    beforeAll(() => useBackend(backend));

    it.each(CASES.map((each) => [nameOf(each), each] as const))('a pass over %s', async (_, each) => {
      const { exactly, natively, mixture, free } = await problemOf(each, type);
      const exact = (await pass(exactly, mixture, [])) as Statistics;
      const before = memory().numTensors;
      const found = (await pass(natively, mixture, [])) as Statistics;
      expect(memory().numTensors).toBe(before);
      expectSame(found, exact, each.n, type);
      free();
    });

    it.each([
      ['one of each row', (i: number, c: number) => (i % 3 === c ? 1 : 0)],
      ['all of each row', (i: number, c: number) => (1 + ((i + c) % 5)) / 9],
      ['few rows', (i: number, c: number) => (i === 40 * c ? 1 : 0)],
    ])('given responsibilities: %s', async (_, r) => {
      const n = 900;
      const { exactly, natively, mixture, free } = await problemOf(
        { n, k: 3, d: 29, apart: 1, tensor: true },
        type,
      );
      const given = (start: number, end: number) =>
        transpose(
          tensor2d(Array.from({ length: end - start }, (_, i) => [0, 1, 2].map((c) => r(start + i, c)))),
        );
      const exact = (await pass(exactly, mixture, [], given)) as Statistics;
      const found = (await pass(natively, mixture, [], given)) as Statistics;
      const logLikelihood = 0; // nobody asks for it
      expectSame({ ...found, logLikelihood }, { ...exact, logLikelihood }, n, type);
      free();
    });

    it('iterations of a fit are those of float64', async () => {
      const { x } = made({ n: 3000, k: 4, d: 12, apart: 1.5, weighted: true });
      const { work } = hostLimit;
      const histories = async (most: number) => {
        hostLimit.work = most;
        const rows = tensor2d(x, [3000, 12]);
        const options = { nComponents: 4, covarianceType: type, nInit: 2, maxIter: 15, tol: 0, seed: 1 };
        const model = await GaussianMixture.fit(rows, options);
        rows.dispose();
        const { history } = model;
        model.dispose();
        return [...history!];
      };
      try {
        const exact = await histories(Infinity);
        expect(exact).toHaveLength(15);
        expectClose(await histories(0), exact, { rtol: 0, atol: 1e-4 });
        expectClose(await withoutKernels(() => histories(0)), exact, { rtol: 0, atol: 1e-4 });
      } finally {
        hostLimit.work = work;
      }
    });
  },
);

it.each(kernelBackends)(
  'means of a tied mixture far from the rows are seen by a kernel that subtracts rows first: %s',
  async (backend) => {
    await useBackend(backend);
    const { exactly, natively, mixture, free } = await problemOf(
      { n: 200, k: 2, d: 5, apart: 1, weighted: true, tensor: true },
      'tied',
    );
    const away = { ...mixture, means: mixture.means.map((value) => value + 4 * sharedLimit.far) };
    const kernels: string[] = [];
    const run = jest.spyOn(engine(), 'runKernel').mockImplementation((name, ...rest) => {
      kernels.push(name);
      return original.call(engine(), name, ...rest);
    });
    const before = memory().numTensors;
    const found = (await pass(natively, away, [])) as Statistics;
    expect(memory().numTensors).toBe(before);
    run.mockRestore();
    expect(kernels).toContain(kernelName('LatentMixturePass'));
    expect(kernels).not.toContain(kernelName('LatentMixtureSharedPass'));
    const exact = (await pass(exactly, away, [])) as Statistics;
    const lower = (of: Float64Array) => of.filter((_, at) => Math.floor(at / 5) >= at % 5);
    expectClose(found.logLikelihood, exact.logLikelihood, { rtol: 1e-6 });
    expectClose(found.counts, exact.counts, { rtol: 1e-5, atol: 1e-9 });
    expectClose(found.first, exact.first, { rtol: 1e-6, atol: 1e-9 });
    expectClose(found.second.subarray(0, 15), lower(exact.second), { rtol: 1e-6, atol: 1e-9 });
    free();
  },
);
