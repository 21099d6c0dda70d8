import { readFileSync } from 'node:fs';
import { InputError } from '../../src/core/errors.js';
import { makeBlobs, type BlobsOptions } from '../../src/datasets/blobs.js';
import { notebookBlobs, oddShapes } from '../../scripts/shapes.js';
import { expectClose } from '../support/close.js';
import { digits, fixture } from '../support/fixtures.js';

interface Known {
  first_rows: number[][];
  last_row: number[];
  sum: number[];
  first_labels: number[];
}
const known = JSON.parse(readFileSync('data/figures.json', 'utf8')) as Record<'blobs' | 'odd', Known>;

function rowsOf(values: Float64Array, from: number, to: number): number[][] {
  return Array.from({ length: to - from }, (_, i) =>
    Array.from(values.subarray(2 * (from + i), 2 * (from + i + 1))),
  );
}

describe.each([
  ['blobs', notebookBlobs(), 2000],
  ['odd', oddShapes(), 1250],
] as const)("the notebook's %s", (name, { x, labels }, n) => {
  test('are the rows of scikit-learn, in its order', () => {
    const { first_rows, last_row, sum } = known[name];
    expect(x.shape).toEqual([n, 2]);
    expectClose(rowsOf(x.values, 0, 3), first_rows, { rtol: 0, atol: 1e-14 });
    expectClose(rowsOf(x.values, n - 1, n)[0], last_row, { rtol: 0, atol: 1e-14 });
    const sums = [0, 1].map((j) => x.values.filter((_, i) => i % 2 === j).reduce((a, b) => a + b, 0));
    expectClose(sums, sum, { rtol: 1e-13 });
    expect(labels).toHaveLength(n);
  });
});

test.each(fixture('blobs').cases.map((each) => [JSON.stringify(each.options), each] as const))(
  "%s: scikit-learn's rows, labels and centres",
  (_, { options, shape, firstRows, lastRow, sums, labels, centers }) => {
    const { x, labels: ours, centers: drawn } = makeBlobs(options);
    const d = shape[1];
    const rows = Array.from({ length: shape[0] }, (_, i) => Array.from(x.values.subarray(i * d, i * d + d)));
    expect(x.shape).toEqual(shape);
    expect(drawn).toEqual(centers);
    expect(Array.from(ours)).toEqual(digits(labels));
    expectClose(rows.slice(0, 5), firstRows, { rtol: 1e-15, atol: 1e-14 });
    expectClose(rows[rows.length - 1], lastRow, { rtol: 1e-15, atol: 1e-14 });
    const totals = rows[0].map((_, j) => rows.reduce((total, row) => total + row[j], 0));
    expectClose(totals, sums, { rtol: 1e-13, atol: 1e-12 });
  },
);

test("the labels are scikit-learn's", () => {
  expect(Array.from(notebookBlobs().labels.slice(0, 10))).toEqual(known.blobs.first_labels);
});

test('rows that do not divide evenly go to the first centres, and are in order without shuffle', () => {
  const { labels } = makeBlobs({ nSamples: 8, centers: 3, shuffle: false, seed: 0 });
  expect(Array.from(labels)).toEqual([0, 0, 0, 1, 1, 1, 2, 2]);
});

test('a list of nSamples sets the number of centres, and without spread rows lie on them', () => {
  const { x, labels, centers } = makeBlobs({ nSamples: [2, 1], nFeatures: 3, clusterStd: 0, seed: 1 });
  expect(x.shape).toEqual([3, 3]);
  labels.forEach((k, i) => expect(Array.from(x.values.slice(3 * i, 3 * i + 3))).toEqual(centers[k]));
});

test.each([
  [{ nSamples: 0 }, 'nSamples'],
  [{ nSamples: [1, 2, 3], centers: 2 }, 'nSamples has 3 entries'],
  [{ centers: [[0, 1], [2]] }, 'centers'],
  [{ centers: [[0, NaN]] }, 'centers'],
  [{ clusterStd: -1 }, 'clusterStd'],
  [{ clusterStd: [1, 2], centers: 3 }, 'clusterStd has 2 entries'],
  [{ centers: [[0, 1]], nFeatures: 3 }, 'nFeatures'],
  [{ seed: -1 }, 'seed'],
  [{ randomState: 7 }, 'unknown option "randomState"'],
])('%j is refused by name', (options, words) => {
  expect(() => makeBlobs(options as BlobsOptions)).toThrow(InputError);
  expect(() => makeBlobs(options as BlobsOptions)).toThrow(words);
});
