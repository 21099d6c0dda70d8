import { memory, tensor1d } from '@tensorflow/tfjs-core';
import { digest, release } from '../../src/core/read.js';
import { useBackend } from '../support/backends.js';

/** What typed arrays hold, whether or not anybody still has them. */
const held = () => process.memoryUsage().arrayBuffers;

describe('release', () => {
  it('gives the memory back at once, not when it is collected', () => {
    const arrays = Array.from({ length: 4 }, () => new Float32Array(2 ** 21)); // 32 MiB in all
    const before = held();
    release(...arrays);
    expect(before - held()).toBeGreaterThanOrEqual(2 ** 25);
    expect(arrays.map(({ length }) => length)).toEqual([0, 0, 0, 0]);
  });

  it('leaves little ones to the collector', () => {
    const arrays = [new Float32Array(2 ** 14 - 1), new Float64Array(2 ** 13)];
    release(...arrays);
    expect(arrays.map(({ length }) => length)).toEqual([2 ** 14 - 1, 0]);
  });
});

describe('digest', () => {
  beforeAll(() => useBackend('cpu'));

  it('reads tensors, frees them and takes the numbers away again', async () => {
    const before = memory().numTensors;
    let seen: Float32Array[] = [];
    const large = tensor1d(new Float32Array(2 ** 14).fill(1));
    const sum = await digest([large, tensor1d(new Float32Array(2 ** 15).fill(4))], (...values) => {
      seen = values;
      return values[0][0] + values[0][1] + values[1][0];
    });
    expect(sum).toBe(6);
    expect(seen.map(({ length }) => length)).toEqual([0, 0]);
    expect(memory().numTensors).toBe(before);
  });

  it('also when nothing can be made of them', async () => {
    let seen: Float32Array[] = [];
    const failing = digest([tensor1d(new Float32Array(2 ** 14))], (...values) => {
      seen = values;
      throw new Error('broken');
    });
    await expect(failing).rejects.toThrow('broken');
    expect(seen[0]).toHaveLength(0);
  });
});
