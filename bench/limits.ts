/**
 * What the machine can do at most, measured in the same run as the cases: `limits.ts` prints it as JSON.
 *
 * GEMM: the best of several float32 products in native TensorFlow. Bandwidth: every core copies arrays that no cache
 * holds; a copied byte is read once and written once.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { matMul, randomUniform, tidy } from '@tensorflow/tfjs-core';
import { useBestBackend } from '../src/node/index.js';

export interface Limits {
  /** FLOP/s in float32. */
  gemm: number;
  /** Bytes/s. */
  bandwidth: number;
}

const SIDE = 2048;
const COPIED = 2 ** 27; // bytes, of each core
const TRIES = 8;

const secondsOf = (work: () => unknown): number => {
  const start = performance.now();
  work();
  return (performance.now() - start) / 1000;
};

function gemm(): number {
  const a = randomUniform([SIDE, SIDE]);
  const times = Array.from({ length: TRIES }, () =>
    secondsOf(() => tidy(() => void matMul(a, a).dataSync())),
  );
  return (2 * SIDE ** 3) / Math.min(...times);
}

/** A thread, in plain JavaScript since tsx serves the first one only: copies when told, and answers when it is done. */
const COPY = `
const { parentPort } = require('node:worker_threads');
const [from, to] = [1, 2].map((value) => new Float64Array(${COPIED / 8}).fill(value));
parentPort.on('message', () => {
  to.set(from);
  parentPort.postMessage('done');
});
parentPort.postMessage('ready');
`;

const messageOf = (worker: Worker): Promise<unknown> =>
  new Promise((resolve) => worker.once('message', resolve));

async function bandwidth(): Promise<number> {
  const workers = Array.from({ length: availableParallelism() }, () => new Worker(COPY, { eval: true }));
  await Promise.all(workers.map(messageOf));
  let best = Infinity;
  for (let i = 0; i < TRIES; i++) {
    const start = performance.now();
    const done = Promise.all(workers.map(messageOf));
    for (const worker of workers) worker.postMessage('copy');
    await done;
    best = Math.min(best, (performance.now() - start) / 1000);
  }
  await Promise.all(workers.map((worker) => worker.terminate()));
  return (2 * COPIED * workers.length) / best;
}

async function main(): Promise<void> {
  await useBestBackend('tensorflow');
  process.stdout.write(JSON.stringify({ gemm: gemm(), bandwidth: await bandwidth() } satisfies Limits));
}

void main();
