import type { Entry } from './contest.js';
import type { Limits } from './limits.js';
import type { Work } from './protocol.js';

/**
 * Seconds that the plain method's arithmetic takes at the machine's limit: its multiplications and additions at the
 * rate of the fastest product, or its rows read at the memory's bandwidth, whichever is longer. Symmetric and triangular
 * matrices count half. An exact method that skips work can be faster than that.
 */
export function leastSeconds(work: Work, nIter: number, { gemm, bandwidth }: Limits): number {
  const [n, d] = work.data.x.shape;
  const flops = n * FLOPS[work.task]!(n, d, groups(work), work.options) * passes(work, nIter);
  const bytes = 4 * n * d * passes(work, nIter);
  return Math.max(flops / gemm, bytes / bandwidth);
}

const groups = ({ options: { nClusters, nComponents } }: Work): number =>
  Number(nClusters ?? nComponents ?? 1);

type Cost = (n: number, d: number, k: number, options: Work['options']) => number;

/** A row of one pass: products with centres; with factors and for moments; with itself; with half of all rows. */
const FLOPS: Partial<Record<Work['task'], Cost>> = {
  kmeans: (_, d, k) => 2 * d * k,
  mixture: (_, d, k, { covarianceType }) => {
    if (covarianceType === 'tied') return 2 * d * d + 3 * d * k;
    return covarianceType === 'diag' || covarianceType === 'spherical' ? 6 * d * k : 2 * d * d * k;
  },
  pca: (_, d) => d * d,
  silhouettes: (n, d) => n * d,
};

/** Passes over the rows in the time that is told. */
const passes = ({ task, perIteration }: Work, nIter: number): number =>
  task === 'pca' || task === 'silhouettes' || perIteration ? 1 : nIter;

/** The limit's share of an entry's time; undefined with restarts, of which only the best one's iterations are known. */
export function shareOf({ nIter = 1, median }: Entry, work: Work, limits: Limits): number | undefined {
  const known = work.task in FLOPS && Number(work.options.nInit ?? 1) === 1;
  if (!known || median === undefined) return undefined;
  return leastSeconds(work, nIter, limits) / median;
}
