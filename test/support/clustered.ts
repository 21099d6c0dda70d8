import { RandomState } from '../../src/core/random.js';

/** Rows around given centres, with their labels. */
export function clustered(
  centers: readonly number[][],
  std: number,
  perCluster: number,
  seed: number,
): { x: number[][]; labels: number[] } {
  const random = new RandomState(seed);
  const x: number[][] = [];
  const labels: number[] = [];
  for (let i = 0; i < centers.length * perCluster; i++) {
    const label = i % centers.length;
    const noise = random.normal(0, std, centers[label].length);
    x.push(centers[label].map((value, j) => value + noise[j]));
    labels.push(label);
  }
  return { x, labels };
}

/** Labels drawn at random from 0 … k - 1. */
export const drawnLabels = (n: number, k: number, seed: number): number[] =>
  Array.from(new RandomState(seed).randint(k, n));
