/** Whether a contestant's answer is as good as the right one, and the numbers of a row of the table. */

/** What is better, and how far from the right answer still counts as the same. */
export interface Objective {
  name: string;
  better: 'lower' | 'higher' | 'equal';
  rel?: number;
  abs?: number;
}

/** 'different': worse, where nothing is better but to be equal; or another number of values. */
export type Verdict = 'same' | 'better' | 'worse' | 'different';

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** How far `value` is on the worse side of `right`, in units of the tolerance; NaN is infinitely far. */
function excess(value: number, right: number, { better, rel = 0, abs = 0 }: Objective): number {
  const difference = better === 'higher' ? right - value : value - right;
  const off = better === 'equal' ? Math.abs(difference) : difference;
  const tolerance = abs + rel * Math.abs(right);
  return Number.isNaN(off) ? Infinity : off === 0 ? 0 : off / tolerance;
}

/** Every value is held against the right one; one that is worse makes the whole worse. */
export function judge(values: readonly number[], right: readonly number[], objective: Objective): Verdict {
  if (values.length === 0 || values.length !== right.length) return 'different';
  const all = values.map((value, i) => excess(value, right[i], objective));
  if (all.some((each) => each > 1)) return objective.better === 'equal' ? 'different' : 'worse';
  return all.some((each) => each < -1) ? 'better' : 'same';
}

/** The share of inertias that are the best one, to 0.1 %. */
export const shareOfBest = (inertias: readonly number[], best: number): number =>
  inertias.filter((value) => value <= best * 1.001).length / inertias.length;

/** Σ min_k |x - c_k|² in float64: every library's centres are valued alike, whatever it says of them. */
export function inertia(x: ArrayLike<number>, centers: ArrayLike<number>, nFeatures: number): number {
  let total = 0;
  for (let i = 0; i < x.length; i += nFeatures) {
    let nearest = Infinity;
    for (let c = 0; c < centers.length; c += nFeatures) {
      let distance = 0;
      for (let j = 0; j < nFeatures && distance < nearest; j++) distance += (x[i + j] - centers[c + j]) ** 2;
      nearest = Math.min(nearest, distance);
    }
    total += nearest;
  }
  return total;
}
