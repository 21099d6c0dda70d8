import { matMul, tensor2d, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Batched } from '../core/iterate.js';
import type { RandomState } from '../core/random.js';
import { read } from '../core/read.js';
import type { Centers } from './lloyd.js';
import { squaredDistance } from './loops.js';
import { lloydStep, passesOf } from './passes.js';
import { rowsOfChunk, type HostBatch, type Problem } from './problem.js';
import { chooseAll, distancesTo, drawing, drawnFor, seedingCode } from './seeding.js';

/** Starts, of which the best is kept. */
const STARTS = 2;

/** Lloyd's iterations after which a swap is judged; native/swap.cc has the same. */
const ITERATIONS = 10;

/** Whether an inertia is lower by more than rounding. */
export const isLower = (inertia: number, than: number): boolean => inertia < than * (1 - 1e-6);

/** One search. */
export interface Search {
  readonly start: Centers;
  /** From [0, 1): one for each swap that is tried. */
  readonly draws: Float64Array;
}

/**
 * Random swap: from k-means++, one centre at a time is taken out and put on a row, and the swap is kept where a few
 * iterations then find a lower inertia. The row is drawn as in k-means++; what is taken out is the centre that is missed
 * least, its rows going to their second nearest or to the new one. As many are tried as there are clusters, and the better of
 * two such searches is kept.
 *
 * With these numbers the best known clusters of the notebook's blobs (k = 3, 5, 8) are found in 100, 97 and 95 of 100 seeds,
 * those of the digits (k = 10) in 97; with two more swaps in 100, 99, 99 and 99, in a twelfth more time.
 *
 * P. Fränti, Efficiency of random swap clustering, Journal of Big Data 5:13 (2018); the swap as in S. Lattanzi and
 * C. Sohler, A better k-means++ algorithm via local search, ICML 2019.
 */
export async function randomSwap(problem: Problem, k: number, random: RandomState): Promise<Centers> {
  const { rows } = problem;
  const drawn = Array.from({ length: STARTS }, () => drawnFor(problem, k, random));
  const searches: Search[] = [];
  for (const chosen of await chooseAll(problem, k, drawn)) {
    const draws = random.randomSample(k);
    searches.push({ start: await rows.at(chosen), draws });
  }
  const atOnce = await seedingCode()?.swapByKernel(problem, searches);
  if (atOnce) return atOnce;
  let best: Found | undefined;
  for (const each of searches) {
    const found = await search(problem, each);
    if (!best || isLower(found.inertia, best.inertia)) best = found;
  }
  return best!.centers;
}

/** Centres, and the inertia about them. */
interface Found {
  readonly centers: Centers;
  readonly inertia: number;
}

async function search(problem: Problem, { start, draws }: Search): Promise<Found> {
  const { rows } = problem;
  const d = rows.nFeatures;
  const k = start.length / d;
  let best = await improved(problem, start, k, Infinity);
  let near: Near | null = null;
  for (const draw of draws) {
    if (best.inertia === 0) break;
    near ??= await nearestTwo(problem, best.centers, k);
    const row = drawing(near.first, problem)(draw);
    const distances = new Float64Array(near.first.length);
    if (problem.host) await hostDistances(problem.host, await rows.at([row]), d, distances);
    else await distancesTo(problem, Int32Array.of(row), [distances]);
    const centers = best.centers.slice();
    centers.set(await rows.at([row]), leastMissed(near, distances, problem, k) * d);
    const found = await improved(problem, centers, k, best.inertia);
    if (isLower(found.inertia, best.inertia)) [best, near] = [found, null];
  }
  return best;
}

/** A few of Lloyd's iterations; fewer where half the last one's gain in each that is left would not lead below `toBeat`. */
async function improved(problem: Problem, start: Centers, k: number, toBeat: number): Promise<Found> {
  const passes = passesOf(problem, k, 'auto');
  let found = { centers: start, inertia: Infinity };
  try {
    for (let left = ITERATIONS - 1; ; left--) {
      const { params: centers, objective: inertia, done } = await lloydStep(passes, found.centers, 1, 0);
      const hopeless = inertia - (left * (found.inertia - inertia)) / 2 > toBeat;
      found = { centers, inertia };
      if (done || hopeless || left === 0) return found;
    }
  } finally {
    passes.dispose();
  }
}

/** [M] each: the nearest centre, and the squared distances to it and to the second nearest. */
interface Near {
  readonly labels: Int32Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

async function nearestTwo(problem: Problem, exact: Centers, k: number): Promise<Near> {
  const { rows, passRows, host, laid, norms: normsOf, pace } = problem;
  const { nFeatures: d } = rows;
  const centers = exact.map(Math.fround);
  const { nRows } = passRows;
  const batchRows = host?.batchRows ?? rowsOfChunk(rows, k);
  const norms = host || laid ? null : await normsOf();
  const near = {
    labels: new Int32Array(nRows),
    first: new Float64Array(nRows),
    second: new Float64Array(nRows),
  };
  const code = laid && seedingCode();
  if (code) {
    const each = Array.from({ length: k }, () => new Float64Array(nRows));
    await code.distancesByKernel(problem, laid, centers, each);
    twoOf((i, c) => each[c][i], k, 0, nRows, near);
    return near;
  }
  for (let start = 0; start < nRows; start += batchRows) {
    const end = Math.min(nRows, start + batchRows);
    let distance: (i: number, c: number) => number;
    if (host) {
      const { values } = await host.batch(start, end);
      distance = (i, c) => squaredDistance(values, i, centers, c, d);
    } else {
      const products = () =>
        tidy(() => matMul(rows.batch(start, end), transpose(tensor2d(Float32Array.from(centers), [k, d]))));
      const [block] = await read([products()]);
      const own = Array.from({ length: k }, (_, c) => squaredDistance(centers, c, new Float64Array(d), 0, d));
      distance = (i, c) => Math.max(0, norms![start + i] - 2 * block[i * k + c] + own[c]);
    }
    twoOf(distance, k, start, end, near);
    await pace();
  }
  return near;
}

function twoOf(
  distance: (i: number, c: number) => number,
  k: number,
  start: number,
  end: number,
  { labels, first, second }: Near,
): void {
  for (let i = start; i < end; i++) {
    let [best, next, nearest] = [Infinity, Infinity, 0];
    for (let c = 0; c < k; c++) {
      const squared = distance(i - start, c);
      if (squared < best) [best, next, nearest] = [squared, best, c];
      else if (squared < next) next = squared;
    }
    labels[i] = nearest;
    first[i] = best;
    second[i] = next;
  }
}

async function hostDistances(
  host: Batched<HostBatch>,
  values: Float64Array,
  d: number,
  out: Float64Array,
): Promise<void> {
  const point = values.map(Math.fround);
  for (let start = 0; start < host.nRows; start += host.batchRows) {
    const end = Math.min(host.nRows, start + host.batchRows);
    const { values: x } = await host.batch(start, end);
    for (let i = start; i < end; i++) out[i] = squaredDistance(x, i - start, point, 0, d);
  }
}

/** The centre without which the inertia is lowest, once there is a new one at these squared distances. */
function leastMissed(
  { labels, first, second }: Near,
  distances: Float64Array,
  { passRows: { weight } }: Problem,
  k: number,
): number {
  const missed = new Float64Array(k);
  for (let i = 0; i < labels.length; i++) {
    const loss = Math.min(distances[i], second[i]) - Math.min(distances[i], first[i]);
    missed[labels[i]] += weight === null ? loss : weight[i] * loss;
  }
  return missed.indexOf(missed.reduce((a, b) => Math.min(a, b)));
}
