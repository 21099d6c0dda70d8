import type { Tensor } from '@tensorflow/tfjs-core';

/** Reads tensors back and frees them, also when reading fails. */
export async function read(tensors: Tensor[]): Promise<Float32Array[]> {
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data() as Promise<Float32Array>));
  } finally {
    for (const tensor of tensors) tensor.dispose();
  }
}

const closedPort = () => {
  const { port1 } = new MessageChannel();
  port1.close();
  return port1;
};

/** Bytes. */
const LARGE = 2 ** 16;

/** What is sent there is gone. */
let nowhere: ReturnType<typeof closedPort> | null = null;

/**
 * Gives an array's memory back now. V8 collects typed arrays that nobody has any more only when the young ones come to
 * 32 MB, however little else a fit takes. The array is empty then, and so are all views of its buffer: it must be nobody
 * else's. Little ones are left to V8: to give one back takes 14 us.
 */
export function release(...arrays: (Float32Array | Float64Array | Int32Array)[]): void {
  const large = arrays.filter(({ byteLength }) => byteLength >= LARGE);
  if (large.length === 0) return;
  nowhere ??= closedPort();
  nowhere.postMessage(
    null,
    large.map(({ buffer }) => buffer as ArrayBuffer),
  );
}

/**
 * Reads outputs of native kernels, which are nobody else's, and gives their memory back when `f` has made something of
 * their numbers.
 */
export async function digest<T>(outputs: Tensor[], f: (...values: Float32Array[]) => T): Promise<T> {
  const values = await read(outputs);
  try {
    return f(...values);
  } finally {
    release(...values);
  }
}
