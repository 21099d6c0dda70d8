import type { Tensor } from '@tensorflow/tfjs-core';

/** Reads tensors back and frees them, also when reading fails. */
export async function read(tensors: Tensor[]): Promise<Float32Array[]> {
  try {
    return await Promise.all(tensors.map((tensor) => tensor.data() as Promise<Float32Array>));
  } finally {
    for (const tensor of tensors) tensor.dispose();
  }
}
