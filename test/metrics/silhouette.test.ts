import { memory, tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import { RandomState } from '../../src/core/random.js';
import type { Labels, Matrix } from '../../src/core/source.js';
import { silhouetteSamples, silhouetteScore, silhouetteScores } from '../../src/metrics/silhouette.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered, drawnLabels } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { mean, naiveSilhouettes } from '../support/naive-silhouette.js';

const square = [
  [0, 0],
  [4, 1],
  [-2, 5],
  [3, -6],
];
const { x, labels } = clustered(square, 1.2, 30, 1);

async function samples(data: Matrix, given: Labels): Promise<number[]> {
  const result = await silhouetteSamples(data, given);
  const values = Array.from(await result.data());
  result.dispose();
  return values;
}

describe.each(backends)('silhouettes on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('are the naive ones', async () => {
    const expected = naiveSilhouettes(x, labels);
    expectClose(await samples(x, labels), expected, { rtol: 1e-6, atol: 1e-6 });
    expectClose(await silhouetteScore(x, labels), mean(expected), { rtol: 1e-6 });
  });

  it('are the naive ones for labels drawn at random, of every kind of number', async () => {
    for (const k of [2, 5, 119]) {
      const drawn = drawnLabels(120, k, k).map((label) => 3 * label - 40);
      const expected = naiveSilhouettes(x, drawn);
      expectClose(await samples(x, drawn), expected, { atol: 2e-6 });
    }
  });

  it('of several labelings are those of each', async () => {
    const labelings = [labels, drawnLabels(120, 7, 1), drawnLabels(120, 2, 2), drawnLabels(120, 60, 3)];
    const each = labelings.map((given) => mean(naiveSilhouettes(x, given)));
    expectClose(await silhouetteScores(x, labelings), each, { atol: 1e-6 });
    expectClose(await silhouetteScore(x, labelings[1]), each[1], { atol: 1e-6 });
  });

  it('take rows and labels in every form', async () => {
    const expected = await samples(x, labels);
    const shape: [number, number] = [120, 2];
    const data = tensor2d(x);
    const given = tensor1d(labels, 'int32');
    expectClose(await samples({ values: Float64Array.from(x.flat()), shape }, given), expected, {
      atol: 1e-6,
    });
    expectClose(await samples(data, Uint8Array.from(labels)), expected, { atol: 1e-6 });
    expectClose(await silhouetteScores(data, [given]), [mean(expected)], { atol: 1e-6 });
    data.dispose();
    given.dispose();
  });

  it('do not depend on a translation, even a large one', async () => {
    const moved = x.map((row) => row.map((value) => value + 1e6));
    expectClose(await samples(moved, labels), await samples(x, labels), { atol: 1e-6 });
  });

  it('leave their result and nothing else', async () => {
    const data = tensor2d(x);
    const given = tensor1d(labels);
    expect(await leaves(() => silhouetteScore(data, given, { sampleSize: 50, seed: 1 }))).toBe(0);
    expect(await leaves(() => silhouetteScores(data, [given, labels]))).toBe(0);
    expect(await leaves(async () => (await silhouetteSamples(data, given)).dispose())).toBe(0);
    const bad = tensor2d([[NaN], [1], [2]]);
    const before = memory().numTensors;
    await expect(silhouetteScore(bad, [0, 1, 1])).rejects.toThrow('row 0, column 0 is NaN');
    await expect(silhouetteScore(data, [0, 1])).rejects.toThrow('must have 120 entries; it has 2');
    expect(memory().numTensors).toBe(before);
    for (const tensor of [data, given, bad]) tensor.dispose();
  });

  it('of 2,400 rows keep the digits of clusters that are tight beside their distance from the mean', async () => {
    // Beyond N² D = 2^27 distances are products. Two clusters are 0.6 apart and 0.1 wide, 1,000 from the third.
    const far = Array<number>(30).fill(1000 / Math.sqrt(30));
    const near = [0.6, ...Array<number>(29).fill(0)];
    const { x: rows, labels: given } = clustered([far, near, Array<number>(30).fill(0)], 0.1, 800, 4);
    const pairs = [2, 1, 0].map((c) => rows.findIndex((_, i) => given[i] === c));
    const values = await samples(rows, given);
    const picked = [...pairs, 1500, 2000, 2399];
    // A coordinate of 60 from the mean is rounded to 4e-6 in float32, where differences are 0.6.
    const expected = naiveAt(rows, given, picked);
    expectClose(
      picked.map((i) => values[i]),
      expected,
      { atol: 5e-6 },
    );
  });
});

/** The naive silhouettes of some rows only. */
function naiveAt(rows: number[][], given: number[], picked: number[]): number[] {
  return picked.map((i) => {
    const sums = new Map<number, { total: number; count: number }>();
    rows.forEach((row, j) => {
      if (j === i) return;
      const { total, count } = sums.get(given[j]) ?? { total: 0, count: 0 };
      const distance = Math.hypot(...row.map((value, d) => value - rows[i][d]));
      sums.set(given[j], { total: total + distance, count: count + 1 });
    });
    const a = sums.get(given[i])!;
    const others = [...sums].filter(([label]) => label !== given[i]).map(([, b]) => b.total / b.count);
    const b = Math.min(...others);
    return (b - a.total / a.count) / Math.max(b, a.total / a.count);
  });
}

describe('silhouettes', () => {
  beforeAll(() => useBackend('cpu'));

  it('follow a change of the rows’ order', async () => {
    const order = Array.from(new RandomState(5).permutation(120));
    const before = await samples(x, labels);
    const after = await samples(
      order.map((i) => x[i]),
      order.map((i) => labels[i]),
    );
    expectClose(
      after,
      order.map((i) => before[i]),
      { atol: 1e-6 },
    );
  });

  it('do not depend on what the labels are called, or on the unit of the data', async () => {
    const before = await samples(x, labels);
    const names = [100, -7, 0, 2 ** 31];
    expectClose(
      await samples(
        x,
        labels.map((label) => names[label]),
      ),
      before,
      { atol: 1e-6 },
    );
    expectClose(
      await samples(
        x.map((row) => row.map((value) => value * 1e-4)),
        labels,
      ),
      before,
      { atol: 1e-6 },
    );
  });

  it('are 0 in a cluster of one, 1 where clusters are points, 0 where all rows are one point', async () => {
    expectClose(await samples([[0], [1], [10]], [0, 0, 1]), [0.9, 8 / 9, 0], { rtol: 1e-6 });
    const points = Array.from({ length: 20 }, (_, i) => Array<number>(10).fill(i % 2 ? 0.1 : 7.3));
    const sides = points.map((_, i) => i % 2);
    expect(await samples(points, sides)).toEqual(Array(20).fill(1));
    expect(await samples([[3], [3], [3], [3]], [0, 0, 1, 1])).toEqual([0, 0, 0, 0]);
  });

  it('take a constant column, and as many labels as rows less one', async () => {
    const flat = x.map(([value]) => [value, 5]);
    expectClose(await samples(flat, labels), naiveSilhouettes(flat, labels), { atol: 1e-6 });
    expectClose(await samples([[0], [1], [5]], [0, 0, 1]), [0.8, 0.75, 0], { rtol: 1e-6 });
  });

  it('of a sample are those of the first rows of RandomState’s permutation', async () => {
    const rows = Array.from(new RandomState(11).permutation(120)).slice(0, 40);
    const expected = naiveSilhouettes(
      rows.map((i) => x[i]),
      rows.map((i) => labels[i]),
    );
    const data = tensor2d(x);
    for (const form of [x, data]) {
      expectClose(await silhouetteScore(form, labels, { sampleSize: 40, seed: 11 }), mean(expected), {
        rtol: 1e-6,
      });
    }
    data.dispose();
    const all = await silhouetteScore(x, labels);
    expectClose(await silhouetteScore(x, labels, { sampleSize: 500, seed: 11 }), all, { rtol: 1e-6 });
    const unseeded = await silhouetteScore(x, labels, { sampleSize: 60 });
    expect(Math.abs(unseeded - all)).toBeLessThan(0.2);
  });

  it('let timers fire while they run', async () => {
    const many = clustered(square, 1, 1000, 6);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await silhouetteScore(many.x, many.labels);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('silhouettes refuse', () => {
  beforeAll(() => useBackend('cpu'));

  const three = [[0], [1], [5]];
  it.each<[string, Matrix, unknown, RegExp]>([
    ['one label', three, [4, 4, 4], /labels: 1 different label on 3 rows.*2 to 2/],
    ['as many labels as rows', three, [0, 1, 2], /labels: 3 different labels on 3 rows/],
    ['two rows', [[0], [1]], [0, 1], /2 different labels on 2 rows.*at least 3 rows/],
    ['one row', [[0]], [0], /1 different label on 1 row/],
    ['labels of another length', three, [0, 1], /labels must have 3 entries; it has 2/],
    ['labels that are not integers', three, [0, 0, 0.5], /labels: entry 2 is 0.5; labels are integers/],
    ['labels that are NaN', three, [0, NaN, 1], /entry 1 must be a finite number; got NaN/],
    ['labels that are words', three, ['a', 'b', 'b'], /entry 0 must be a finite number; got "a"/],
    ['no labels', three, undefined, /labels must be a 1-D tensor or an array of numbers; got undefined/],
    ['no rows', [], [], /x must have at least one row/],
    ['NaN in x', [[0], [NaN], [1]], [0, 0, 1], /x: row 1, column 0 is NaN/],
    ['an infinity in x', [[0], [1], [Infinity]], [0, 0, 1], /x: row 2, column 0 is Infinity/],
    ['ragged rows', [[0], [1, 2], [3]], [0, 0, 1], /x: row 1 has 2 values where row 0 has 1/],
  ])('%s', async (_, data, given, message) => {
    for (const run of [
      () => silhouetteSamples(data, given as Labels),
      () => silhouetteScore(data, given as Labels),
      () => silhouetteScores(data, [given as Labels]),
    ]) {
      const error: unknown = await run().catch((cause: unknown) => cause);
      expect(error).toMatchObject({
        name: 'InputError',
        message: expect.stringMatching(/^silhouetteS\w+: /),
      });
      expect((error as Error).message.replace('labeling 0', 'labels')).toMatch(message);
    }
  });

  it.each([
    [{ sampleSize: 0 }, /sampleSize must be an integer of at least 1; got 0/],
    [{ sampleSize: 2.5 }, /sampleSize.*got 2.5/],
    [{ seed: -1 }, /seed.*got -1/],
    [{ sample_size: 10 }, /unknown option "sample_size".*10.*sampleSize, seed/],
    [null, /options must be an object; got null/],
    [{ sampleSize: 2, seed: 1 }, /labels of the sample: \d different labels? on 2 rows/],
  ])('the options %j', async (options, message) => {
    const run = silhouetteScore(three, [0, 0, 1], options as object);
    await expect(run).rejects.toThrow(message);
    await expect(run).rejects.toMatchObject({ name: 'InputError' });
  });

  it('what is not a list of labelings, and names the labeling that is wrong', async () => {
    await expect(silhouetteScores(three, [])).rejects.toThrow('got an array of 0 elements');
    await expect(silhouetteScores(three, undefined as unknown as Labels[])).rejects.toThrow('got undefined');
    await expect(silhouetteScores(three, [0, 0, 1] as unknown as Labels[])).rejects.toThrow('labeling 0');
    const second = silhouetteScores(three, [
      [0, 0, 1],
      [1, 1, 1],
    ]);
    await expect(second).rejects.toThrow('labeling 1: 1 different label on 3 rows');
  });
});
