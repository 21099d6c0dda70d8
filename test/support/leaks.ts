import { memory } from '@tensorflow/tfjs-core';

/** How many tensors a call leaves behind, apart from those that it returns to its caller in `kept`. */
export async function leaves(run: () => unknown): Promise<number> {
  const before = memory().numTensors;
  await run();
  return memory().numTensors - before;
}
