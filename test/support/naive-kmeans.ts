import { naiveDistance } from './naive-silhouette.js';

export interface NaiveKMeans {
  centers: number[][];
  labels: number[];
  inertia: number;
  nIter: number;
  converged: boolean;
  /** Inertia after each iteration: of its labels about the moved centres. */
  history: number[];
}

interface Options {
  weights?: number[];
  maxIter?: number;
  /** Times the mean variance of the features. */
  tol?: number;
}

const squared = (x: number[], y: number[]): number => naiveDistance(x, y) ** 2;

/** The first of the nearest centres of each row. */
export const naiveLabels = (x: number[][], centers: number[][]): number[] =>
  x.map((row) => {
    const distances = centers.map((center) => squared(row, center));
    return distances.indexOf(Math.min(...distances));
  });

/** Σ w |x - c|² of given labels. */
export const naiveInertia = (x: number[][], labels: number[], centers: number[][], w: number[]): number =>
  x.reduce((total, row, i) => total + w[i] * squared(row, centers[labels[i]]), 0);

/** The weighted mean of each cluster's rows; one without weight stays where it is. */
export function naiveMeans(x: number[][], labels: number[], centers: number[][], w: number[]): number[][] {
  return centers.map((center, k) => {
    let total = 0;
    const sums = center.map(() => 0);
    x.forEach((row, i) => {
      if (labels[i] !== k) return;
      total += w[i];
      row.forEach((value, j) => (sums[j] += w[i] * value));
    });
    return total > 0 ? sums.map((sum) => sum / total) : center;
  });
}

/** Labels in which every cluster without weight takes a row: the farthest from its centre, then the next. */
function withoutEmpty(x: number[][], labels: number[], centers: number[][], w: number[]): number[] {
  const distances = x.map((row, i) => squared(row, centers[labels[i]]));
  const far = x.map((_, i) => i).filter((i) => w[i] > 0 && distances[i] > 0);
  far.sort((a, b) => distances[b] - distances[a]);
  const filled = [...labels];
  centers.forEach((_, k) => {
    const isEmpty = labels.every((label, i) => label !== k || w[i] === 0);
    if (isEmpty && far.length > 0) filled[far.shift()!] = k;
  });
  return filled;
}

export function meanVariance(x: number[][]): number {
  const variances = x[0].map((_, j) => {
    const mean = x.reduce((sum, row) => sum + row[j], 0) / x.length;
    return x.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0) / x.length;
  });
  return variances.reduce((a, b) => a + b, 0) / variances.length;
}

/** Lloyd's K-means as plain loops in float64. */
export function naiveKMeans(x: number[][], init: number[][], options: Options = {}): NaiveKMeans {
  const { weights: w = x.map(() => 1), maxIter = 300, tol = 1e-4 } = options;
  const tolerance = tol * meanVariance(x);
  const history: number[] = [];
  let centers = init;
  let before: number[] = [];
  let converged = false;
  while (!converged && history.length < maxIter) {
    const labels = naiveLabels(x, centers);
    const filled = withoutEmpty(x, labels, centers, w);
    const moved = naiveMeans(x, filled, centers, w);
    const shift = moved.reduce((sum, center, k) => sum + squared(center, centers[k]), 0);
    history.push(naiveInertia(x, filled, moved, w));
    const same = filled.every((label, i) => label === labels[i] && (w[i] === 0 || label === before[i]));
    // With tol 0 only equal labels end it: whether a cluster that was filled rests at exactly 0 is up to rounding.
    converged = same || (tol > 0 && shift <= tolerance);
    [before, centers] = [labels, moved];
  }
  const labels = naiveLabels(x, centers);
  const inertia = naiveInertia(x, labels, centers, w);
  return { centers, labels, inertia, nIter: history.length, converged, history };
}
