import { tensor1d, tensor3d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import type { Step } from '../core/iterate.js';
import { productsHere, type Laid } from '../core/laid.js';
import { joinHalves, nativeKernel, splitDoubles } from '../core/native.js';
import { read } from '../core/read.js';
import type { Centers } from './lloyd.js';
import type { Problem } from './problem.js';

/**
 * Lloyd's iterations ahead of the loop, many in one call of a kernel (native/lloyd.cc): on small data a call, and what is made
 * for it, take longer than the work. Centres are means of sums of w x, which rows that change their label change.
 */

/** Products of a call: the event loop waits for it, some 10 ms. */
const WORK = 2 ** 29;

/** Numbers of centres, up to which the kernel's distances are by differences. */
const CENTERS = 1024;

/** How many iterations a call may make; 0: there is no such call for the problem. */
export function iterationsOfCall({ rows, weight, passRows }: Problem, laid: Laid, k: number): number {
  // Sums of weights that are no integers need not come back to 0; of how many rows are equal they do.
  if (!nativeKernel('LatentLloyd') || !laid.tensor || weight || k * rows.nFeatures > CENTERS) return 0;
  return Math.floor(productsHere(WORK) / (passRows.nRows * rows.nFeatures * k));
}

/**
 * @param batch all rows, with their labels [M] int32, which become those of the last iteration
 * @returns `inertia`: once it is done, of the labels about the centres, else negative; null where the first iteration would
 *   empty a cluster
 */
export async function goAhead(
  { rows: { nFeatures: d }, pace }: Problem,
  { tensor, shift }: Laid,
  { labels, weights }: { labels: Tensor; weights: Tensor },
  exact: Centers,
  most: number,
  tolerance: number,
): Promise<{ step: Step<Centers>; inertia: number } | null> {
  const outputs = tidy(() => {
    const centers = tensor3d(splitDoubles(exact), [2, exact.length / d, d]);
    const stop = tensor1d([most, ...splitDoubles(Float64Array.of(tolerance))]);
    return nativeKernel('LatentLloyd')!({ x: tensor!, shift, weights, centers, labels, stop });
  });
  const [numbers] = await read(outputs);
  await pace();
  const run = joinHalves(numbers);
  const [change, done, inertia, ...history] = run.subarray(exact.length);
  const objective = history.pop();
  if (objective === undefined) return null;
  const step = { params: run.slice(0, exact.length), objective, change, done: done === 1, before: history };
  return { step, inertia };
}
