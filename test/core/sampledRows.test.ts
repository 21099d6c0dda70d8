import { tensor2d } from '@tensorflow/tfjs-core';
import { RandomState } from '../../src/core/random.js';
import { fitRows } from '../../src/core/rows.js';
import { sourceOf, type Matrix } from '../../src/core/source.js';
import { sampledRows } from '../../src/core/sampledRows.js';
import { PCA } from '../../src/index.js';
import { useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { naiveCovariance } from '../support/naive-pca.js';

const N = 256;
const D = 3;
const width = (d: number) => d;

/** N rows about [0, 100, 0.1], the last column constant; every fourth row, which is a sample's, is moved by `shift`. */
function drawn(shift: number): number[][] {
  const random = new RandomState(5);
  return Array.from({ length: N }, (_, i) => {
    const [a, b] = random.standardNormal(2);
    const moved = i % 4 === 0 ? shift : 0;
    return [a + moved, 100 + b, 0.1];
  });
}

/** What a pass over the rows would find. */
async function settled(x: Matrix): Promise<boolean> {
  const rows = await sampledRows('x', sourceOf('x', x), width);
  const values = await rows.values(0, N);
  const sums = [new Float64Array(D), new Float64Array(D)];
  values.forEach((value, at) => sums.forEach((sum, power) => (sum[at % D] += value ** (power + 1))));
  return rows.settle(sums[0], sums[1]);
}

beforeAll(() => useBackend('cpu'));

test.each(['numbers', 'tensor'])(
  'the origin is the mean of 64 rows, and a constant column’s own value (%s)',
  async (form) => {
    const x = drawn(0);
    const given = form === 'tensor' ? tensor2d(x) : x;
    const { origin, batch } = await sampledRows('x', sourceOf('x', given), width);
    const sample = x.filter((_, i) => i % 4 === 0);
    expectClose(
      origin,
      [0, 1, 2].map((j) => sample.reduce((sum, row) => sum + row[j], 0) / sample.length),
      { rtol: 1e-6, atol: 1e-6 },
    );
    const first = batch(0, N);
    expect(Array.from(first.dataSync()).filter((value, at) => at % D === 2 && value !== 0)).toEqual([]);
    first.dispose();
    expect(await settled(given)).toBe(true);
    if ('dispose' in given) given.dispose();
  },
);

test('a sample more than a deviation off the mean does not stand for it', async () => {
  expect(await settled(drawn(1000))).toBe(false);
});

test('what fitRows refuses is refused after the pass, in the same words', async () => {
  for (const bad of [NaN, Infinity, 1e30]) {
    for (const row of [0, 5]) {
      const x = drawn(0);
      x[row][1] = bad;
      const given = tensor2d(x);
      const message = await fitRows('x', given, width, async () => {}).catch((error: Error) => error.message);
      expect(message).toMatch(/^x: /);
      const words = (text: string) => text.replace(/lies about \S+ and \S+ from/, 'lies about … from');
      const seen = await settled(given).catch((error: Error) => error.message);
      expect(words(String(seen))).toBe(words(message as string));
      given.dispose();
    }
  }
});

test('PCA of rows whose sample is off is that of all rows, in float32 products too', async () => {
  await useBackend('wasm');
  const random = new RandomState(2);
  const x = Array.from({ length: N }, (_, i) => {
    const row = Array.from(random.standardNormal(224));
    row[0] += i % 4 === 0 ? 1000 : 0;
    return row;
  });
  const rows = tensor2d(x);
  const model = await PCA.fit(rows, { nComponents: 2, solver: 'covariance' });
  const covariance = naiveCovariance(x);
  const w = model.components.arraySync();
  const variances = model.explainedVariance.dataSync();
  w.forEach((component, k) => {
    const image = covariance.map((row) => row.reduce((sum, value, j) => sum + value * component[j], 0));
    expectClose(
      image,
      component.map((value) => value * variances[k]),
      { rtol: 0, atol: 1e-5 * variances[0] },
    );
  });
  model.dispose();
  rows.dispose();
});
