/** Equal rows as one: the native kernel finds what the host's loop finds. */
import { memory, tensor2d } from '@tensorflow/tfjs-core';
import { distinctRows } from '../../src/cluster/distinct.js';
import { distinctLimit, distinctTensor } from '../../src/cluster/laidRows.js';
import { pacer } from '../../src/core/iterate.js';
import { aboutOrigin } from '../../src/core/rows.js';
import { sourceOf } from '../../src/core/source.js';
import { RandomState } from '../../src/index.js';
import { backends, kernelBackends, useBackend } from '../support/backends.js';
import { kernels, usePath } from '../support/paths.js';

/** n rows of which each is one of `colours`, whose first ones are more likely. */
function picture(n: number, d: number, colours: number): Float32Array {
  const random = new RandomState(n + d);
  const palette = random.normal(0, 1, colours * d);
  const of = random.uniform(0, 1, n).map((u) => Math.floor(colours * u * u));
  return Float32Array.from({ length: n * d }, (_, at) => palette[of[Math.floor(at / d)] * d + (at % d)]);
}

/** In a Map, by the numbers' bits. */
function naive(values: Float32Array, d: number) {
  const known = new Map<string, number>();
  const bits = new Int32Array(values.buffer);
  const map = Int32Array.from({ length: values.length / d }, (_, i) => {
    const key = bits.subarray(i * d, (i + 1) * d).join();
    if (!known.has(key)) known.set(key, known.size);
    return known.get(key)!;
  });
  return { m: known.size, map };
}

async function onHost(values: Float32Array, d: number) {
  const shape = [values.length / d, d] as const;
  const rows = aboutOrigin(sourceOf('x', { values, shape }), new Float64Array(d), (width) => width);
  return distinctRows(rows as never, pacer());
}

async function inKernel(values: Float32Array, d: number) {
  const x = tensor2d(values, [values.length / d, d]);
  const before = memory().numTensors;
  const found = await distinctTensor(x);
  expect(memory().numTensors).toBe(before + (found ? 1 : 0));
  const of = found && { map: found.map, values: (await found.values.data()) as Float32Array };
  x.dispose();
  found?.values.dispose();
  return of;
}

const ways = [['host', onHost] as const, ...kernels.map((name) => [name, inKernel] as const)];

describe.each(ways)('distinct rows, %s', (way, distinct) => {
  beforeAll(() => usePath(way));

  it.each([
    [2, 1, 1],
    [31, 3, 4],
    [4096, 2, 900],
    [4097, 16, 5],
    [20_011, 3, 3000],
    [30_000, 5, 9000],
  ])('%d rows of %d features, of %d kinds, by their first appearance', async (n, d, colours) => {
    const values = picture(n, d, colours);
    const { m, map } = naive(values, d);
    expect(m).toBeLessThanOrEqual(n / 2);
    const found = (await distinct(values, d))!;
    expect(found.map).toEqual(map);
    expect(found.values.length).toBe(m * d);
    map.forEach((number, i) => {
      for (let j = 0; j < d; j++) expect(found.values[number * d + j]).toBe(values[i * d + j]);
    });
  });

  it('0 and -0 are two', async () => {
    const found = (await distinct(Float32Array.of(0, -0, 0, -0, 0), 1))!;
    expect([Array.from(found.map), Array.from(found.values)]).toEqual([
      [0, 1, 0, 1, 0],
      [0, -0],
    ]);
  });

  it('null where they are more than half, or a sample says so', async () => {
    expect(await distinct(Float32Array.of(1, 2, 3, 1), 1)).toBeNull();
    expect((await distinct(Float32Array.of(1, 2, 2, 1), 1))!.map).toEqual(Int32Array.of(0, 1, 1, 0));
    expect(await distinct(picture(9000, 3, 1e6), 3)).toBeNull();
    // Half of them are one row, and no two of the others are: the sample does not tell.
    const half = (equal: number) => Float32Array.from({ length: 10_000 }, (_, i) => (i < equal ? 0.5 : i));
    expect(await distinct(half(5000), 1)).toBeNull();
    expect((await distinct(half(5001), 1))!.values.length).toBe(5000);
  });
});

it('are looked for by the kernel up to so many features and rows, and not where there is none', async () => {
  await useBackend(backends[0]);
  const values = picture(200, 3, 4);
  const before = { ...distinctLimit };
  const found = async (): Promise<boolean> => (await inKernel(values, 3)) !== null;
  try {
    distinctLimit.least = 201;
    expect(await found()).toBe(false);
    distinctLimit.least = 200;
    expect(await found()).toBe(kernelBackends.some((name) => name === backends[0]));
    distinctLimit.features = 2;
    expect(await found()).toBe(false);
    Object.assign(distinctLimit, { features: 3, rows: 199 });
    expect(await found()).toBe(false);
  } finally {
    Object.assign(distinctLimit, before);
  }
});
