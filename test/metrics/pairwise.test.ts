import { tensor2d, tidy } from '@tensorflow/tfjs-core';
import { RandomState } from '../../src/core/random.js';
import { distancesByDifference, squaredDistances } from '../../src/metrics/pairwise.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { naiveDistance } from '../support/naive-silhouette.js';

const random = new RandomState(1);
const rows = (n: number, d: number) => Array.from({ length: n }, () => Array.from(random.standardNormal(d)));
const x = rows(7, 5);
const y = rows(4, 5);
const between = (a: number[][], b: number[][]) => a.map((row) => b.map((other) => naiveDistance(row, other)));

describe('distancesByDifference', () => {
  it('is the naive distance, rounded to float32', () => {
    const values = distancesByDifference(Float64Array.from(x.flat()), Float64Array.from(y.flat()), 5);
    expectClose({ values, shape: [7, 4] }, between(x, y), { rtol: 6e-8 });
  });

  it('is exactly 0 between equal rows, and keeps distances far below the norms', () => {
    const values = distancesByDifference(Float64Array.of(1e6, 1), Float64Array.of(1e6, 1, 1e6, 1.001), 2);
    expectClose(values, [0, 0.001], { rtol: 1e-6 });
  });
});

describe.each(backends)('squaredDistances on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('is the square of the naive distance', () => {
    const expected = between(x, y).map((row) => row.map((value) => value ** 2));
    tidy(() => expectClose(squaredDistances(tensor2d(x), tensor2d(y)), expected, { rtol: 1e-5 }));
  });

  it('is never negative, and near 0 between equal rows', () => {
    const far = x.map((row) => row.map((value) => value + 100));
    tidy(() => {
      const values = Array.from(squaredDistances(tensor2d(far), tensor2d(far)).dataSync());
      expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
      const own = values.filter((_, i) => i % 8 === 0);
      expectClose(own, Array(7).fill(0), { atol: 1e-6 * 2 * 5 * 100 ** 2 });
    });
  });

  it('leaves its result and nothing else', async () => {
    const [a, b] = [tensor2d(x), tensor2d(y)];
    expect(await leaves(() => squaredDistances(a, b).dispose())).toBe(0);
    a.dispose();
    b.dispose();
  });
});
