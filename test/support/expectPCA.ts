import type { PCA } from '../../src/index.js';

/** Four roundings of float32: of the row, of the mean, of the products and of their sum. */
const ROUNDINGS = 2 ** -22;

const squares = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((total, value) => total + value * value, 0);

/** The longest way from the mean to a row of x. */
function reach(x: number[][], model: PCA): number {
  const mean = model.mean.dataSync();
  return Math.sqrt(Math.max(...x.map((row) => squares(row.map((value, j) => value - mean[j])))));
}

/**
 * How far float32 may place a row of x along the components.
 *
 * @param tilt by what angle they may be off
 */
export const rowRounding = (x: number[][], model: PCA, tilt = 0): number =>
  (ROUNDINGS + tilt) * reach(x, model);

/**
 * How far a log density may be off for it: a row moved by δ lies δ / σ deviations elsewhere, σ the least deviation, and
 * r²/2 becomes (r + δ / σ)²/2, r being its distance from the mean in deviations.
 *
 * @param densities the true ones
 */
export function densityRounding(densities: readonly number[], x: number[][], model: PCA, tilt = 0): number[] {
  const { nComponents: m, nFeatures: d, noiseVariance } = model;
  const variances = Array.from(model.explainedVariance.dataSync());
  variances.push(...Array<number>(d - m).fill(noiseVariance));
  const most = variances.reduce((total, value) => total - Math.log(2 * Math.PI * value) / 2, 0);
  const far = rowRounding(x, model, tilt) / Math.sqrt(Math.min(...variances));
  return densities.map((value) => Math.sqrt(Math.max(0, 2 * (most - value))) * far + far ** 2 / 2);
}

/**
 * The angle by which float32 products with the rows may turn the leading components: coordinates along one of deviation
 * σ_k carry the rounding of the largest, σ_1, and a covariance off by ε σ_1 σ_k turns it by that over the gap to the next
 * variance (Davis and Kahan). ε is that of a sum of n rows, one after the other.
 *
 * @param variances all of them, descending
 */
export function tiltOf(variances: readonly number[], nComponents: number, n: number): number {
  const gaps = variances.slice(1).map((value, k) => variances[k] - value);
  const angles = variances
    .slice(0, nComponents)
    .map(
      (value, k) => Math.sqrt(variances[0] * value) / Math.min(gaps[k - 1] ?? Infinity, gaps[k] ?? Infinity),
    );
  return Math.max(ROUNDINGS, Math.sqrt(n) * 2 ** -24) * Math.max(...angles);
}
