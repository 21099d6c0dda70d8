import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { loadIris } from '../../src/datasets/iris.js';

const csv = readFileSync('data/iris/iris.csv', 'utf8');

test('iris holds the rows, species and names of data/iris/iris.csv', () => {
  const { x, labels, featureNames, targetNames } = loadIris();
  const [head, ...lines] = csv.trim().split('\n');
  expect([...featureNames, 'species'].join()).toBe(head);
  expect(x.map((row, i) => `${row.map((v) => v.toFixed(1)).join()},${targetNames[labels[i]]}`)).toEqual(
    lines,
  );
  expect(x.map((row) => row.length)).toEqual(new Array(150).fill(4));
});

test('its numbers are the doubles nearest to the decimals of iris.csv', () => {
  const [, ...lines] = csv.trim().split('\n');
  expect(loadIris().x).toEqual(lines.map((line) => line.split(',').slice(0, 4).map(Number)));
});

test('iris.csv has the sum that its README tells', () => {
  const sum = createHash('sha256').update(csv).digest('hex');
  expect(readFileSync('data/iris/README.md', 'utf8')).toContain(sum);
});

test('each call returns new arrays', () => {
  loadIris().x[0][0] = 99;
  expect(loadIris().x[0]).toEqual([5.1, 3.5, 1.4, 0.2]);
});
