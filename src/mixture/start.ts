import { mul, tensor1d, tensor2d, transpose } from '@tensorflow/tfjs-core';
import { kMeansLabels } from '../cluster/kmeans.js';
import { membership } from '../cluster/lloyd.js';
import { withProblem } from '../cluster/problem.js';
import { kMeansPlusPlus } from '../cluster/seeding.js';
import type { RandomState } from '../core/random.js';
import type { State } from './density.js';
import { maximize, meanVariance, pass, type Problem, type Responsibilities } from './em.js';

/** How responsibilities are made that one M-step turns into a mixture. */
export type Start = 'kmeans' | 'k-means++' | 'random' | 'random_from_data';

/** Each row belongs to one component. A label of -1: to none. */
const fromLabels =
  (labels: Int32Array, k: number, weight: Float64Array | null): Responsibilities =>
  (start, end) => {
    const member = transpose(membership(tensor1d(labels.subarray(start, end), 'int32'), k));
    return weight ? mul(member, tensor1d(Float32Array.from(weight.subarray(start, end)))) : member;
  };

/** Component j is row `chosen[j]` alone. */
function fromRows(chosen: Int32Array, n: number, weight: Float64Array | null): Responsibilities {
  const labels = new Int32Array(n).fill(-1);
  chosen.forEach((row, j) => (labels[row] = j));
  return fromLabels(labels, chosen.length, weight);
}

/** Uniform draws, each row's made to sum to 1. */
function atRandom(n: number, k: number, weight: Float64Array | null, random: RandomState): Responsibilities {
  const draws = random.uniform(0, 1, n * k);
  const values = new Float32Array(n * k); // [N, K]
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (let j = 0; j < k; j++) total += draws[i * k + j];
    for (let j = 0; j < k; j++) values[i * k + j] = ((weight ? weight[i] : 1) * draws[i * k + j]) / total;
  }
  return (start, end) => transpose(tensor2d(values.subarray(start * k, end * k), [end - start, k]));
}

/**
 * The responsibilities that a restart begins with, drawn in scikit-learn's order.
 */
export async function startResponsibilities(
  { rows, weight, pace }: Problem,
  k: number,
  start: Start,
  random: RandomState,
): Promise<Responsibilities> {
  const n = rows.nRows;
  if (start === 'kmeans') return fromLabels(await kMeansLabels(rows, k, weight, random, pace), k, weight);
  if (start === 'random') return atRandom(n, k, weight, random);
  if (start === 'k-means++') {
    const chosen = await withProblem(rows, k, weight, pace, (problem) => kMeansPlusPlus(problem, k, random));
    return fromRows(chosen, n, weight);
  }
  return fromRows(random.permutation(n).slice(0, k), n, weight);
}

/**
 * Shares of the data's variance that the first frames keep as a ridge: each resolves a float32's worth more, the first one
 * less, since its components' means are far from where it looks from, and sums about them lose digits.
 */
const FRAMES = [1e-3, 1e-5, 1e-10, 0];

/**
 * The M-step of given responsibilities. There is no frame of the components' own yet, and in a common one a float32
 * covariance of an eigenvalue ratio beyond 1e-7 is noise: so the same step is taken in the frame that the last one
 * found, with a ridge that falls, until the ridge is the one asked for.
 *
 * @param coarse stops at the first frame: weights and means are right, the covariances, which are given otherwise, are not
 */
export async function startMixture(
  problem: Problem,
  k: number,
  responsibilities: Responsibilities,
  coarse = false,
): Promise<State> {
  const { rows, covariance, regCovar } = problem;
  const variance = meanVariance(rows);
  let mixture: State = {
    weights: new Float64Array(k).fill(1 / k),
    means: new Float64Array(k * rows.nFeatures),
    precisionsCholesky: covariance.isotropic(k, rows.nFeatures, 1 / Math.sqrt(variance || 1)),
  };
  for (const share of coarse ? FRAMES.slice(0, 1) : FRAMES) {
    const ridge = Math.max(regCovar, share * variance);
    const found = await pass(problem, mixture, [], responsibilities);
    mixture = maximize({ ...problem, regCovar: ridge }, mixture, found);
    if (ridge === regCovar && share < FRAMES[0]) break;
  }
  return mixture;
}
