/** What the page of the contract has beside the library: its cases, run by name. */
import { memory } from '@tensorflow/tfjs-core';
import { GaussianMixture, KMeans, makeBlobs, type FitEvents } from '../../src/index.js';
import { answersOf, type Answers, type Where } from './case.js';
import { cases } from './cases.js';

export * from '../../src/index.js';
export { useWasmKernels } from '../../src/wasm/index.js';

export function answer(name: string, where: Where): Promise<Answers> {
  return answersOf(
    cases.find((each) => each.name === name)!,
    where,
  );
}

/** Fits of sizes that a page would use, which do not end by themselves before long. */
const FITS = {
  colours: (events: FitEvents) =>
    KMeans.fit(makeBlobs({ nSamples: 20_000, nFeatures: 3, seed: 1 }).x, { nClusters: 8, nInit: 1e6, seed: 0, ...events }), // prettier-ignore
  mixture: (events: FitEvents) =>
    GaussianMixture.fit(makeBlobs({ nSamples: 2000, nFeatures: 16, seed: 1 }).x, { nComponents: 3, tol: 0, maxIter: 1e9, seed: 0, ...events }), // prettier-ignore
};

/** Aborts a fit from the tenth turn of a timer since the first iteration, and counts what went on meanwhile. */
export async function interrupt(fit: keyof typeof FITS) {
  const before = memory().numTensors;
  const controller = new AbortController();
  let [ticks, iterations, after] = [0, 0, 0];
  const timer = setInterval(() => {
    if (iterations > 0 && ++ticks === 10) controller.abort(new Error('enough'));
  }, 1);
  const onIteration = () => {
    iterations++;
    if (controller.signal.aborted) after++;
  };
  const reason = await FITS[fit]({ signal: controller.signal, onIteration }).then(
    () => 'it ended',
    (error: Error) => error.message,
  );
  clearInterval(timer);
  return { reason, ticks, after, left: memory().numTensors - before };
}
