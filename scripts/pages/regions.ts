/** Regions as the jobs save them. */
export interface Regions {
  extent: number[];
  width: number;
  height: number;
  labels: number[];
}

/** The picture of K-means' regions, but for its words. */
export const regionsInput = (
  { extent, width, height, labels }: Regions,
  points: number[][],
  centers: number[][],
) => ({ grid: { extent, width, height }, cells: labels, points, centers, voronoi: true });

/** Where a falling curve slows down most: its step to there is the most times as long as the next one. */
export function elbow(x: readonly number[], y: readonly number[]): number {
  const steps = y.slice(1).map((value, i) => y[i] - value);
  const ratios = steps.slice(1).map((next, i) => steps[i] / Math.max(next, Number.EPSILON));
  return x[1 + ratios.indexOf(Math.max(...ratios))];
}
