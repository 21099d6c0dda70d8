/** Distances rounded down to a byte: bounds stay bounds, and lose little. */
import { encode, levelsOf } from '../../src/cluster/levels.js';
import { RandomState } from '../../src/index.js';

it.each([1, 3e-12, 7e11])('is never above a distance, and at most 6 % below, in units of %d', (size) => {
  const levels = levelsOf(size);
  for (const u of new RandomState(1).randomSample(20_000)) {
    const distance = size * 2 ** (-13.9 + 15.7 * u);
    const found = levels.values[encode(levels, distance)];
    expect(found).toBeLessThan(distance);
    expect(found).toBeGreaterThan(0.94 * distance);
  }
});

it('has 0 for what is less than its lowest level, its highest for what is more, and one number for no other centre', () => {
  const levels = levelsOf(2);
  for (const little of [-Infinity, -5, -0, 0, 1e-300, 2 ** -14]) expect(encode(levels, little)).toBe(0);
  expect(levels.values[0]).toBe(0);
  for (const large of [7.5, 100, 1e300]) expect(encode(levels, large)).toBe(254);
  expect(levels.values[encode(levels, Infinity)]).toBe(Infinity);
  for (let level = 1; level < 256; level++)
    expect(levels.values[level]).toBeGreaterThan(levels.values[level - 1]);
});

it('is defined where all rows are equal', () => {
  const levels = levelsOf(0);
  expect(encode(levels, 0)).toBe(0);
  expect(levels.values.every((value) => !Number.isNaN(value))).toBe(true);
});
