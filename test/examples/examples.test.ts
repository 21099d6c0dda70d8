/** The examples on a small budget: what each is there to show. */
import { adamMixture } from '../../examples/adam-mixture.js';
import { accuracy, deepClustering } from '../../examples/deep-clustering.js';
import { influence } from '../../examples/influence.js';
import { backends, useBackend } from '../support/backends.js';

beforeAll(() => useBackend(backends[0]));

it('adam-mixture: Adam reaches the likelihood of EM from the same start', async () => {
  const { start, adam, em } = await adamMixture({ epochs: 250 });
  expect(em - start).toBeGreaterThan(1);
  expect(Math.abs(em - adam)).toBeLessThan(1e-2);
});

it('influence: the gradient in the weights says what leaving rows out does', async () => {
  const { correlation, maxError, maxMove } = await influence();
  expect(correlation).toBeGreaterThan(0.98);
  // Of the first order: what is left of the largest move is a part of it.
  expect(maxError).toBeLessThan(maxMove / 4);
});

it('deep-clustering: more digits are right after encoder and centres have learned together', async () => {
  const budget = { digits: 5000, widths: [500, 200], pretraining: 20, clustering: 20 };
  const { before, after } = await deepClustering(budget);
  expect(before).toBeGreaterThan(0.4);
  expect(after - before).toBeGreaterThan(0.03);
});

it('accuracy is that of the best matching', () => {
  expect(accuracy([3, 3, 0, 0, 0], [1, 1, 2, 2, 1])).toBe(0.8);
});
