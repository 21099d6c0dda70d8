import type { Pace } from '../core/iterate.js';
import type { ShiftedRows } from '../core/rows.js';
import type { Source } from '../core/source.js';
import { eigenvectors } from './eigenvectors.js';
import { batchMoments, exactMoments, rowOf } from './moments.js';
import type { Spectrum } from './spectrum.js';

/** Multiplications that the host does in about a tenth of a second: up to here all of the work is in float64. */
const HOST_PRODUCTS = 1e8;

/**
 * Eigenvectors of the covariance. Small data are multiplied in float64; for more, each batch's XᵀX is a
 * float32 product, added up in float64: entry ij is then right to about 1e-6 σ_i σ_j. The eigenvectors are float64
 * (eigenvectors.ts).
 *
 * @param where the call and argument, as messages name it
 * @param source the rows [N, D]
 * @returns the spectrum, and the rows whose origin it is relative to
 * @throws InputError as `rowsOf`
 */
export async function covarianceSpectrum(
  where: string,
  source: Source,
  wanted: number | 'mle',
  pace: Pace,
): Promise<{ rows: ShiftedRows; spectrum: Spectrum }> {
  const { nRows: n, nFeatures: d } = source;
  const exact = n * d * d <= HOST_PRODUCTS;
  const { rows, sums, products } = await (exact ? exactMoments : batchMoments)(where, source, pace);
  const mean = sums.map((value) => value / n);
  for (let i = 0; i < d; i++) {
    for (let j = 0, at = rowOf(i); j <= i; j++, at++) {
      products[at] = (products[at] - n * mean[i] * mean[j]) / (n - 1);
    }
  }
  await pace();
  const found = await eigenvectors(products, d, wanted, exact, pace);
  return { rows, spectrum: { mean, ...found } };
}
