/** Rows as they are given, and as a fit and a method see them: relative to an origin, batch by batch. */
import { memory, tensor, tensor1d, tensor2d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { fold, pacer, type Batch } from '../../src/core/iterate.js';
import { readMatrix, readWeights } from '../../src/core/given.js';
import { fitRows, mapRows, type Rows } from '../../src/core/rows.js';
import { sourceOf, type Matrix } from '../../src/core/source.js';
import { InputError, RandomState } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';

interface Flat {
  values: Float64Array;
  shape: [number, number];
}

const rowsOf = (x: Matrix, width = (d: number) => d): Promise<Rows> => fitRows('x', x, width, pacer());

/** n x d numbers, by row and column. */
const flat = (n: number, d: number, entry: (i: number, j: number) => number): Flat => ({
  values: Float64Array.from({ length: n * d }, (_, at) => entry(Math.floor(at / d), at % d)),
  shape: [n, d],
});

const asTensor = ({ values, shape }: Flat): Tensor2D => tensor2d(Float32Array.from(values), shape);

/** All batches, one after the other. */
async function batches(rows: Rows): Promise<Float32Array> {
  const all = new Float32Array(rows.nRows * rows.nFeatures);
  const accumulate = async ({ x, start, end }: Batch) => {
    expect(x.shape).toEqual([end - start, rows.nFeatures]);
    all.set(await x.data(), start * rows.nFeatures);
    return { statistics: end - start, memo: null };
  };
  expect(await fold(rows, accumulate, (a, b) => a + b, [], pacer())).toBe(rows.nRows);
  return all;
}

/** Half a unit of float32's last place, relative. */
const HALF_ULP = 2 ** -24;

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('are the same in every form', async () => {
    const random = new RandomState(3);
    const [n, d] = [37, 3];
    const numbers = Array.from(random.randint(256, n * d));
    const nested = Array.from({ length: n }, (_, i) => numbers.slice(i * d, (i + 1) * d));
    const shape: [number, number] = [n, d];
    const forms: Record<string, Matrix> = {
      nested,
      'typed rows': nested.map((row) => Float32Array.from(row)),
      Float64Array: { values: Float64Array.from(numbers), shape },
      Float32Array: { values: Float32Array.from(numbers), shape },
      Int32Array: { values: Int32Array.from(numbers), shape },
      Uint8Array: { values: Uint8Array.from(numbers), shape },
      Uint8ClampedArray: { values: Uint8ClampedArray.from(numbers), shape },
      tensor: tensor2d(numbers, shape),
      'int32 tensor': tensor2d(numbers, shape, 'int32'),
    };
    const mean = nested[0].map((_, j) => nested.reduce((sum, row) => sum + row[j], 0) / n);
    const variance = mean.map((m, j) => nested.reduce((sum, row) => sum + (row[j] - m) ** 2, 0) / n);
    for (const [name, x] of Object.entries(forms)) {
      const isTensor = name.endsWith('tensor');
      const rows = await rowsOf(x);
      expect([rows.nRows, rows.nFeatures]).toEqual(shape);
      expectClose(rows.origin, mean, { rtol: isTensor ? HALF_ULP : 1e-15, what: name });
      expectClose(rows.variances, variance, { rtol: isTensor ? 1e-6 : 1e-14, what: name });
      const relative = nested.map((row) => row.map((value, j) => value - rows.origin[j]));
      expect(await batches(rows)).toEqual(Float32Array.from(relative.flat()));
      const some = [36, 0, 0, 12];
      expect(Array.from(await rows.at(some))).toEqual(some.flatMap((i) => relative[i]));
    }
    for (const name of ['tensor', 'int32 tensor']) (forms[name] as Tensor).dispose();
  });

  it.each([10_000, 1e8, -1e8])('given as numbers %d away are centred in float64', async (offset) => {
    const random = new RandomState(5);
    const spreads = [1, 1e-3, 100];
    const noise = spreads.map((spread) => random.normal(0, spread, 500));
    const x = flat(500, 3, (i, j) => offset + noise[j][i]);
    const rows = await rowsOf(x);
    // What float64 kept of the noise: the subtraction is exact.
    const kept = x.values.map((value) => value - offset);
    const mean = spreads.map((_, j) => kept.reduce((sum, v, at) => sum + (at % 3 === j ? v : 0), 0) / 500);
    const rounding = Math.abs(offset) * 2 ** -52;
    const found = await batches(rows);
    for (let at = 0; at < found.length; at++) {
      const j = at % 3;
      const expected = kept[at] - mean[j];
      expect(Math.abs(found[at] - expected)).toBeLessThanOrEqual(HALF_ULP * Math.abs(expected) + rounding);
    }
    for (const [j, m] of mean.entries()) {
      expect(Math.abs(rows.origin[j] - offset - m)).toBeLessThanOrEqual(rounding);
      const variance = kept.reduce((sum, v, at) => sum + (at % 3 === j ? (v - m) ** 2 : 0), 0) / 500;
      expectClose(rows.variances[j], variance, { rtol: 1e-10 + (4 * rounding) / spreads[j] });
    }
  });

  it.each([10_000, 1e8])('given as a tensor %d away lose nothing more', async (offset) => {
    const noise = new RandomState(6).normal(0, offset / 1000, 1000);
    const x = flat(1000, 1, (i) => Math.fround(offset + noise[i]));
    const given = asTensor(x);
    const rows = await rowsOf(given);
    expect(rows.origin[0]).toBe(Math.fround(rows.origin[0]));
    expect(await batches(rows)).toEqual(Float32Array.from(x.values, (value) => value - rows.origin[0]));
    given.dispose();
  });

  it('given as a tensor near 0 are the tensor itself, where that is asked for', async () => {
    const noise = new RandomState(7).normal(0, 2, 3000);
    for (const [means, near, inPlace] of [
      [[0, 5.5, -5.5], 3, true],
      [[0, 6.5, 0], 3, false],
      [[0, 0, 0], 0, false],
    ] as const) {
      const x = flat(1000, 3, (i, j) => means[j] + noise[3 * i + j]);
      const given = asTensor(x);
      const rows = await fitRows('x', given, (d) => d, pacer(), near);
      expect([means, rows.inPlace]).toEqual([means, inPlace]);
      expect(rows.origin.every((value) => value === 0)).toBe(inPlace);
      if (inPlace) expect(await batches(rows)).toEqual(Float32Array.from(x.values));
      for (const j of [0, 1, 2]) {
        const column = Array.from({ length: 1000 }, (_, i) => Math.fround(x.values[3 * i + j]));
        const mean = column.reduce((a, b) => a + b) / 1000;
        const variance = column.reduce((total, value) => total + (value - mean) ** 2, 0) / 1000;
        expectClose(rows.origin[j] + rows.mean[j], mean, { rtol: 1e-5, atol: 1e-6 });
        expectClose(rows.variances[j], variance, { rtol: 1e-5 });
      }
      expect(given.isDisposed).toBe(false);
      given.dispose();
    }
    const constant = asTensor(flat(40, 2, (i, j) => (j === 0 ? i - 20 : 0.1)));
    const rows = await fitRows('x', constant, (d) => d, pacer(), 3);
    expect((await batches(rows)).filter((_, at) => at % 2 === 1)).toEqual(new Float32Array(40));
    constant.dispose();
  });

  const CONSTANTS = [0.1, -7, 20_231_231, 1e8 + 0.3, 1e30];

  it.each([30, 1000, 8192, 100_000])('of a constant column are exactly 0, of %d rows', async (n) => {
    const random = new RandomState(n).normal(3, 1, n);
    const d = CONSTANTS.length + 1;
    const x = flat(n, d, (i, j) => (j < CONSTANTS.length ? CONSTANTS[j] : random[i]));
    const given = asTensor(x);
    const mean = random.reduce((sum, value) => sum + value, 0) / n;
    const variance = random.reduce((sum, value) => sum + (value - mean) ** 2, 0) / n;
    for (const form of [x, given]) {
      const rows = await rowsOf(form);
      const values = form === x ? CONSTANTS : CONSTANTS.map(Math.fround);
      expect(Array.from(rows.origin.subarray(0, -1))).toEqual(values);
      expect(Array.from(rows.variances.subarray(0, -1))).toEqual(values.map(() => 0));
      expectClose(rows.variances[d - 1], variance, { rtol: 1e-4 }); // float32 sums of 8,192 squares
      const found = await batches(rows);
      expect(found.findIndex((value, at) => at % d < d - 1 && value !== 0)).toBe(-1);
      expect(found.findIndex((value, at) => at % d === d - 1 && value === 0)).toBe(-1);
    }
    given.dispose();
  });

  it.each([
    [2, 8192],
    [2 ** 14, 1024],
    [2 ** 30, 1],
  ])('of width %d come in batches of %d, each row once, the last batch short', async (width, size) => {
    const x = flat(Math.floor(2.5 * size + 3), 1, (i) => i);
    const given = asTensor(x);
    for (const form of [x, given]) {
      const rows = await rowsOf(form, () => width);
      expect(rows.batchRows).toBe(Math.min(size, rows.nRows));
      const spans: [number, number][] = [];
      const seen: number[] = [];
      const memos: string[] = [];
      for (const pass of [1, 2]) {
        const accumulate = async ({ x, start, end }: Batch, memo?: string) => {
          if (pass === 1) spans.push([start, end]);
          // Each batch gets back what it remembered, and nothing the first time.
          expect(memo).toBe(pass === 1 ? undefined : `from ${start}`);
          const values = Array.from(await x.data(), (value) => Math.round(value + rows.origin[0]));
          return { statistics: values, memo: `from ${start}` };
        };
        const merge = (a: number[], b: number[]) => [...a, ...b];
        seen.push(...(await fold(rows, accumulate, merge, memos, pacer())));
      }
      const once = Array.from(x.values);
      expect(seen).toEqual([...once, ...once]);
      expect(spans.every(([start, end]) => end - start === size || end === rows.nRows)).toBe(true);
      expect(spans).toHaveLength(Math.ceil(rows.nRows / size));
    }
    given.dispose();
  });

  it('are mapped in parts as at once, from numbers and from tensors', async () => {
    const random = new RandomState(8).normal(10_000, 1, 300 * 2);
    const x = flat(300, 2, (i, j) => Math.fround(random[2 * i + j]));
    const given = asTensor(x);
    const origin = Float64Array.of(10_000.1, 9_999.9); // between two numbers of float32
    const expected = x.values.map((value, at) => value - origin[at % 2]);
    for (const form of [x, given]) {
      for (const [width, parts] of [
        [2, 1],
        [2 ** 24, 5],
      ]) {
        // prettier-ignore
        let calls = 0;
        const count = (part: Tensor2D) => {
          calls++;
          return part.clone();
        };
        const mapped = mapRows('x', form, origin, width, count);
        // One rounding of the difference, and of a tensor one of what float32 leaves of the origin.
        const found = { values: await mapped.data(), shape: mapped.shape };
        expectClose(
          found,
          { values: expected, shape: x.shape },
          { rtol: 2 * HALF_ULP, atol: 1e4 * 2 ** -48 },
        );
        expect(calls).toBe(parts);
        mapped.dispose();
      }
    }
    given.dispose();
  });

  it('leave no tensor, whether they can be fitted or not', async () => {
    const good = asTensor(flat(9000, 2, (i, j) => i * (j + 1)));
    const bad = asTensor(flat(9000, 2, (i, j) => (i === 8999 && j ? NaN : i)));
    const vast = asTensor(flat(30, 1, (i) => i * 1e18));
    const before = memory().numTensors;
    const rows = await rowsOf(good);
    await batches(rows);
    await rows.at([1, 2]);
    await readMatrix('means', good, new Float64Array(2));
    expect(memory().numTensors).toBe(before);
    for (const x of [bad, vast]) {
      expect(await leaves(() => expect(rowsOf(x)).rejects.toThrow(InputError))).toBe(0);
    }
    const fail = () => Promise.reject(new Error('from the batch'));
    const failing = () => expect(fold(rows, fail, () => 0, [], pacer())).rejects.toThrow('from the batch');
    expect(await leaves(failing)).toBe(0);
    const broken = (x: Tensor2D): Tensor => {
      x.clone();
      throw new Error('from the map');
    };
    const origin = new Float64Array(2);
    const mapping = () => expect(() => mapRows('x', good, origin, 2, broken)).toThrow('from the map');
    expect(await leaves(mapping)).toBe(0);
    for (const each of [good, bad, vast]) each.dispose();
  });

  it('of a tensor are looked at in a fit, in every batch', async () => {
    for (const [value, at] of [
      [NaN, 0],
      [Infinity, 8191],
      [-Infinity, 8192],
      [NaN, 8999],
    ]) {
      // prettier-ignore
      const x = asTensor(flat(9000, 2, (i, j) => (i === at && j === 1 ? value : i)));
      await expect(rowsOf(x)).rejects.toThrow(
        new InputError(`x: row ${at}, column 1 is ${value}; drop the row or fill the value in first.`),
      );
      x.dispose();
    }
  });
});

describe('bad input is an InputError that names the value and the remedy', () => {
  beforeAll(() => useBackend('cpu'));

  const values = Float64Array.of(1, 2, 3, 4);
  const disposed = () => {
    const x = tensor2d([[1, 2]]);
    x.dispose();
    return x;
  };
  const FORMS = 'x must be a 2-D tensor, an array of rows, or { values, shape: [N, D] }; got ';
  const TENSOR = 'x must be a float32 or int32 tensor of shape [N, D]; got ';
  const FLAT =
    'x must have values (a typed array, not of bigints) of as many numbers as its shape [N, D] says; got ';
  const EMPTY = 'x must have at least one row and one column; its shape is ';
  const FILL = 'drop the row or fill the value in first.';

  const matrices: [string, () => unknown, string][] = [
    ['nothing', () => undefined, `${FORMS}undefined.`],
    ['null', () => null, `${FORMS}null.`],
    ['a number', () => 7, `${FORMS}7.`],
    ['text', () => 'rows', `${FORMS}"rows".`],
    ['an object', () => ({ rows: 1 }), `${FORMS}an object with keys rows.`],
    ['a typed array without a shape', () => values, `${FORMS}an array of 4 elements.`],
    ['a list', () => [1, 2], 'x: row 0 must be an array of numbers; got 1.'],
    ['rows of text', () => ['ab', 'cd'], 'x: row 0 must be an array of numbers; got "ab".'],
    ['a row that is null', () => [[1], null], 'x: row 1 must be an array of numbers; got null.'],
    ['tensors as rows', () => [tensor1d([1])], 'got a float32 tensor of shape [1].'],
    ['a DataView', () => [new DataView(new ArrayBuffer(8))], 'row 0 must be an array of numbers; got '],
    ['text in a row', () => [[1, '2']], 'x: row 0, column 1 must be a number; got "2".'],
    ['a bigint in a row', () => [new BigInt64Array(1)], 'x: row 0, column 0 must be a number; got 0n.'],
    ['ragged rows', () => [[1, 2], [3]], 'x: row 1 has 1 values where row 0 has 2; all rows must be of one length.'], // prettier-ignore
    ['NaN', () => [[1, 2], [3, NaN]], `x: row 1, column 1 is NaN; ${FILL}`], // prettier-ignore
    ['an infinity', () => ({ values: Float32Array.of(1, -Infinity), shape: [2, 1] }), `x: row 1, column 0 is -Infinity; ${FILL}`], // prettier-ignore
    ['no rows', () => [], `${EMPTY}[0, 0].`],
    ['rows of nothing', () => [[], []], `${EMPTY}[2, 0].`],
    ['an empty tensor', () => tensor2d([], [0, 3]), `${EMPTY}[0, 3].`],
    ['another shape', () => ({ values, shape: [3, 2] }), `${FLAT}an array of 4 elements with shape [3, 2].`],
    ['no shape', () => ({ values, shape: null }), `${FLAT}an array of 4 elements with shape null.`],
    ['three axes', () => ({ values, shape: [2, 2, 1] }), 'with shape [2, 2, 1].'],
    ['half a row', () => ({ values, shape: [0.5, 8] }), 'with shape [0.5, 8].'],
    ['less than no rows', () => ({ values, shape: [-2, -2] }), 'with shape [-2, -2].'],
    ['bigints', () => ({ values: new BigInt64Array(4), shape: [2, 2] }), `${FLAT}an array of 4 elements`],
    ['plain values', () => ({ values: [1, 2], shape: [1, 2] }), `${FLAT}an array of 2 elements`],
    ['a vector', () => tensor1d([1, 2]), `${TENSOR}a float32 tensor of shape [2].`],
    ['three axes of a tensor', () => tensor([1, 2], [1, 2, 1]), `${TENSOR}a float32 tensor of shape [1, 2, 1].`], // prettier-ignore
    ['a bool tensor', () => tensor([1, 0], [1, 2], 'bool'), `${TENSOR}a bool tensor of shape [1, 2].`],
    ['a disposed tensor', disposed, 'x: the tensor was disposed; pass one that is still alive.'],
    ['a column too wide', () => [[1, 0], [1, 1e17]], 'x: column 1 lies about 50000000000000000 and 5.00e+16 from it, whose square float32 cannot hold; multiply all of x by one number so that it is near 1.'], // prettier-ignore
    ['a column too far', () => [[1, 1e39], [2, 1e39]], 'multiply all of x by one number so that it is near 1.'], // prettier-ignore
    ['columns too narrow', () => [[0, 0], [0, 1e-16]], 'x: the features spread over at most 5.00e-17, whose square float32 cannot hold; multiply all of x by one number so that it is near 1.'], // prettier-ignore
  ];

  it.each(matrices)('rows: %s', async (_, make, message) => {
    const x = make();
    const before = memory().numTensors;
    const error = await rowsOf(x as Matrix).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toMatch(/^x[: ]/);
    expect((error as Error).message).toContain(message);
    expect(memory().numTensors).toBe(before);
  });

  it('rows of another width than the model, or too far from its origin', async () => {
    const origin = Float64Array.of(0, 10);
    expect(() => sourceOf('x', [[1, 2, 3]], origin)).toThrow(new InputError('x must have 2 columns; it has 3.')); // prettier-ignore
    const far =
      "x: row 1, column 1 is 1000000000000000000; which is too far from the model's 10 for float32 to square the difference; check the row, or scale all of the data down.";
    const rows = [[1, 2], [3, 1e18]]; // prettier-ignore
    expect(() => sourceOf('x', rows, origin)).toThrow(new InputError(far));
    await expect(readMatrix('x', rows, origin)).rejects.toThrow(InputError);
    const given = tensor2d(rows);
    await expect(readMatrix('x', given, origin)).rejects.toThrow(
      `x: row 1, column 1 is ${Math.fround(1e18)}; which is too far`,
    );
    given.dispose();
  });

  const vectors: [string, () => unknown, string][] = [
    ['null', () => null, 'w must be a 1-D tensor or an array of numbers; got null.'],
    ['a number', () => 3, 'w must be a 1-D tensor or an array of numbers; got 3.'],
    ['an object', () => ({ length: 3 }), 'got an object with keys length.'],
    ['a matrix', () => tensor2d([[1, 2, 3]]), 'w must be a 1-D tensor that is alive; got a float32 tensor of shape [1, 3].'], // prettier-ignore
    ['too few', () => [1, 2], 'w must have 3 entries; it has 2.'],
    ['too many, in a tensor', () => tensor1d([1, 2, 3, 4]), 'w must have 3 entries; it has 4.'],
    ['text', () => [1, '2', 3], 'w: entry 1 must be a finite number; got "2".'],
    ['NaN', () => Float32Array.of(1, 2, NaN), 'w: entry 2 must be a finite number; got NaN.'],
    ['bigints', () => new BigInt64Array(3), 'w: entry 0 must be a finite number; got 0n.'],
    ['less than 0', () => [1, 0, -0.5], 'w: entry 2 is -0.5; weights must be 0 or more.'],
    ['only 0', () => [0, 0, 0], 'w: all 3 weights are 0; give at least one row some weight.'],
    ['too large', () => [1, 1e20, 1], 'w: the largest weight is 100000000000000000000, which float32 cannot sum; multiply all weights by one number so that it is near 1.'], // prettier-ignore
    ['too small', () => [1e-20, 0, 0], 'w: the largest weight is 1e-20, which float32 cannot sum; multiply all weights by one number so that it is near 1.'], // prettier-ignore
  ];

  it.each(vectors)('weights: %s', async (_, make, message) => {
    const given = make();
    const error = await readWeights('w', given as number[], 3).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(InputError);
    expect((error as Error).message).toContain(message);
  });

  it('weights that are right are read from every form, and none are null', async () => {
    const given = tensor1d([0, 2, 0.5]);
    for (const form of [[0, 2, 0.5], Float64Array.of(0, 2, 0.5), given]) {
      expect(await readWeights('w', form, 3)).toEqual(Float64Array.of(0, 2, 0.5));
    }
    expect(await readWeights('w', undefined, 3)).toBeNull();
    given.dispose();
  });
});
