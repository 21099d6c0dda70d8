import { aboutOrigin, checkAll, checkSpread, rowsAt, type ShiftedRows } from './rows.js';
import type { Source } from './source.js';

/** Rows whose mean stands for that of all, where it is near enough. */
const SAMPLE = 64;

/** The rows of a fit that sums over them once, about the mean of some of them. */
export interface SampledRows extends ShiftedRows {
  /**
   * Makes up for the checks, from what the pass found.
   *
   * @param first [D] sums of the features, relative to the origin
   * @param second [D] sums of their squares
   * @returns whether the origin is within a deviation of the mean; moments about one that is not have lost digits
   * @throws InputError for NaN or infinity, and for a spread that float32 cannot square
   */
  settle(first: Float64Array, second: Float64Array): Promise<boolean>;
}

/**
 * The rows of a fit that sums over them once: as {@link rowsOf}, but about the mean of some of them, and with no look at
 * the others yet.
 */
export async function sampledRows(
  where: string,
  source: Source,
  width: (d: number) => number,
): Promise<SampledRows> {
  const { nRows, nFeatures: d } = source;
  const step = Math.max(1, nRows / SAMPLE);
  const sample = await rowsAt(
    source,
    new Float64Array(d),
    Array.from({ length: Math.min(nRows, SAMPLE) }, (_, i) => Math.floor(i * step)),
  );
  // About a row: a constant column gets exactly its value.
  const sums = new Float64Array(d);
  for (let at = 0; at < sample.length; at += d) {
    for (let j = 0; j < d; j++) sums[j] += sample[at + j] - sample[j];
  }
  const mean = sums.map((value, j) => sample[j] + (value * d) / sample.length);
  const origin = source.tensor ? mean.map(Math.fround) : mean;
  const settle = async (first: Float64Array, second: Float64Array) => {
    if (!first.every(Number.isFinite)) await checkAll(where, source);
    const variances = second.map((value, j) => value / nRows - (first[j] / nRows) ** 2);
    const deviations = second.map((value) => Math.sqrt(value / nRows));
    checkSpread(where, origin, Math.max(...variances), deviations);
    return first.every((value, j) => (value / nRows) ** 2 <= variances[j]);
  };
  return { ...aboutOrigin(source, origin, width), settle };
}
