import { memory, tensor1d, tensor2d, type Tensor1D } from '@tensorflow/tfjs-core';
import { adjustedRandScore, normalizedMutualInfoScore } from '../../src/metrics/agreement.js';
import { backends, useBackend } from '../support/backends.js';
import { drawnLabels } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { naiveAdjustedRand, naiveNormalizedMutualInfo } from '../support/naive-agreement.js';

const scores = [
  { name: 'adjustedRandScore', score: adjustedRandScore, naive: naiveAdjustedRand },
  { name: 'normalizedMutualInfoScore', score: normalizedMutualInfoScore, naive: naiveNormalizedMutualInfo },
];

const pairs: [string, number[], number[]][] = [
  ['2 and 2 labels', drawnLabels(100, 2, 1), drawnLabels(100, 2, 2)],
  ['3 and 7 labels', drawnLabels(120, 3, 3), drawnLabels(120, 7, 4)],
  ['nearly as many labels as rows', drawnLabels(60, 55, 5), drawnLabels(60, 50, 6)],
  ['a labeling and a coarser one', drawnLabels(90, 12, 7), drawnLabels(90, 12, 7).map((l) => l % 4)],
  ['one label and many', Array(30).fill(3), drawnLabels(30, 4, 8)],
  ['each row its own label, and two labels', [...Array(30).keys()], drawnLabels(30, 2, 9)],
];

describe.each(scores)('$name', ({ score, naive }) => {
  it.each(pairs)('is the naive score for %s', async (_, a, b) => {
    expectClose(await score(a, b), naive(a, b), { rtol: 1e-12, atol: 1e-14 });
  });

  it.each(pairs)('is symmetric for %s', async (_, a, b) => {
    expectClose(await score(b, a), await score(a, b), { rtol: 1e-13, atol: 1e-15 });
  });

  it('does not depend on what the labels are called, or on the order of the rows', async () => {
    const [, a, b] = pairs[1];
    const names = [-5, 1000, 7];
    const renamed = await score(
      a.map((label) => names[label]),
      b,
    );
    expectClose(renamed, await score(a, b), { rtol: 1e-13 });
    const reversed = await score([...a].reverse(), [...b].reverse());
    expectClose(reversed, await score(a, b), { rtol: 1e-13 });
  });

  it.each([
    ['the same labels', [0, 1, 1, 2, 2, 2, 0], [0, 1, 1, 2, 2, 2, 0]],
    ['other names for the same partition', [0, 1, 1, 2, 2, 2, 0], [9, -4, -4, 0, 0, 0, 9]],
    ['one label in both', [1, 1, 1], [4, 4, 4]],
    ['each row its own label in both', [0, 1, 2, 3], [7, 5, 3, 1]],
    ['one row', [0], [3]],
    ['1000 rows with 37 labels', drawnLabels(1000, 37, 1), drawnLabels(1000, 37, 1).map((l) => -l)],
  ])('is exactly 1 for %s', async (_, a, b) => {
    expect(await score(a, b)).toBe(1);
  });

  it('is exactly 0 for labelings that are independent of each other with one label in one of them', async () => {
    expect(await score([0, 0, 0, 0], [0, 1, 2, 3])).toBe(0);
    expect(await score([0, 1, 2, 3], [0, 0, 0, 0])).toBe(0);
  });

  it.each([
    ['different lengths', [0, 1, 1], [0, 1], /b \(as long as a\) must have 3 entries; it has 2/],
    ['no labels', [], [], /a must have at least one label; it has 0/],
    ['a label that is not an integer', [0, 1.5], [0, 1], /a: entry 1 is 1.5; labels are integers/],
    ['NaN', [0, 1], [0, NaN], /b.*entry 1 must be a finite number; got NaN/],
    ['a word', [0, 1], ['0', '1'] as unknown as number[], /b.*entry 0 must be a finite number; got "0"/],
    ['nothing', [0, 1], undefined as unknown as number[], /b.*got undefined/],
  ])('refuses %s', async (_, a, b, message) => {
    const run = score(a, b);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toMatchObject({ name: 'InputError' });
  });
});

describe('adjustedRandScore', () => {
  it('has the values of scikit-learn’s documentation', async () => {
    expectClose(await adjustedRandScore([0, 0, 1, 2], [0, 0, 1, 1]), 4 / 7, { rtol: 1e-15 });
    expect(await adjustedRandScore([0, 0, 1, 1], [0, 1, 0, 1])).toBe(-0.5);
  });

  it('is right for half a million rows, of which one moved to the other label', async () => {
    const m = 2 ** 17;
    const a = Int32Array.from({ length: 4 * m }, (_, i) => (i < 2 * m ? 0 : 1));
    const b = Int32Array.from(a);
    b[0] = 1;
    const big = BigInt(m);
    const pairs = (n: bigint) => n * (n - 1n);
    const tp = pairs(2n * big - 1n) + pairs(2n * big);
    const fn = 2n * pairs(2n * big) - tp;
    const fp = pairs(2n * big - 1n) + pairs(2n * big + 1n) - tp;
    const tn = pairs(4n * big) - tp - fn - fp;
    const [num, den] = [2n * (tp * tn - fn * fp), (tp + fn) * (fn + tn) + (tp + fp) * (fp + tn)];
    expectClose(1 - (await adjustedRandScore(a, b)), Number(den - num) / Number(den), { rtol: 1e-9 });
  });
});

describe('normalizedMutualInfoScore', () => {
  it('is the mutual information over the mean entropy', async () => {
    // H = 1.5 bits and 1 bit; the second is a function of the first, so that I = 1 bit.
    expectClose(await normalizedMutualInfoScore([0, 0, 1, 2], [0, 0, 1, 1]), 0.8, { rtol: 1e-15 });
  });

  it('is exactly 0 for a product of labelings', async () => {
    const a = [...Array(42).keys()].map((i) => i % 6);
    const b = [...Array(42).keys()].map((i) => Math.floor(i / 6));
    expect(await normalizedMutualInfoScore(a, b)).toBe(0);
  });
});

describe.each(backends)('labels on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(['int32', 'float32'] as const)('may be a tensor of %s', async (dtype) => {
    const [, a, b] = pairs[1];
    const given = tensor1d(a, dtype);
    const before = memory().numTensors;
    expect(await adjustedRandScore(given, b)).toBe(await adjustedRandScore(a, b));
    expect(await normalizedMutualInfoScore(b, given)).toBe(await normalizedMutualInfoScore(b, a));
    expect(memory().numTensors).toBe(before);
    given.dispose();
    await expect(adjustedRandScore(given, b)).rejects.toThrow('1-D tensor that is alive');
  });

  it('may not be a matrix', async () => {
    const given = tensor2d([[0], [1]]) as unknown as Tensor1D;
    await expect(adjustedRandScore(given, [0, 1])).rejects.toThrow('shape [2, 1]');
    given.dispose();
  });
});
