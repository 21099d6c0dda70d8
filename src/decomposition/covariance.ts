import {
  getBackend,
  matMul,
  slice,
  sum,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fold, type Pace } from '../core/iterate.js';
import { read } from '../core/read.js';
import { fitRows, type Rows, type ShiftedRows } from '../core/rows.js';
import type { Matrix } from '../core/source.js';
import { sampledRows } from '../core/sampledRows.js';
import { symmetricEigen } from '../linalg/routines/symmetricEigen.js';
import { leadingEigenvectors } from './leading.js';
import { reversedRows, withoutRounding, type Spectrum } from './spectrum.js';

/** Multiplications that the host does in about a tenth of a second: up to here all of the work is in float64. */
const HOST_PRODUCTS = 1e8;
/** Rows that the host adds up between two looks at the clock, in numbers. */
const HOST_NUMBERS = 2 ** 16;

interface Moments {
  readonly sums: Float64Array; // [D]
  readonly products: Float64Array; // [D, D]; only the lower triangle is read
}

/**
 * Eigenvectors of the covariance. Small data are multiplied in float64 on the host; for more, each batch's XᵀX is a
 * float32 product, added up in float64: entry ij is then right to about 1e-6 σ_i σ_j. The eigenvectors are float64; a few
 * of many begin in float32 where the backend is fast at that, and are refined (leading.ts).
 *
 * @param where the call and argument, as messages name it
 * @param x [N, D]
 * @returns the spectrum, and the rows whose origin it is relative to
 * @throws InputError as `fitRows`
 */
export async function covarianceSpectrum(
  where: string,
  x: Matrix,
  [n, d]: readonly [number, number],
  wanted: number | 'mle',
  pace: Pace,
): Promise<{ rows: ShiftedRows; spectrum: Spectrum }> {
  const onHost = n * d * d <= HOST_PRODUCTS;
  const { rows, sums, products } = await (onHost ? hostMoments : batchMoments)(where, x, pace);
  const mean = sums.map((value) => value / n);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      products[i * d + j] = (products[i * d + j] - n * mean[i] * mean[j]) / (n - 1);
    }
  }
  await pace();
  const found = await eigenvectors(products, d, onHost ? null : wanted, pace);
  return { rows, spectrum: { mean, ...found } };
}

type Found = Moments & { readonly rows: ShiftedRows };

/** In one pass over the rows, about the mean of a sample; where that is far from theirs, again about theirs. */
async function batchMoments(where: string, x: Matrix, pace: Pace): Promise<Found> {
  const width = (d: number) => 2 * d;
  const sampled = await sampledRows(where, x, width);
  const d = sampled.nFeatures;
  const moments = await productsOf(sampled, pace);
  const squares = moments.sums.map((_, j) => moments.products[j * d + j]);
  if (await sampled.settle(moments.sums, squares)) return { rows: sampled, ...moments };
  const rows = await fitRows(where, x, width, pace);
  return { rows, ...(await productsOf(rows, pace)) };
}

/**
 * Four bands leave out 3/8 of the product; more are too narrow to be multiplied at full speed, and so are those of few
 * columns. TensorFlow multiplies bands no faster than the whole.
 */
const bandHeight = (d: number): number => (d < 256 || getBackend() === 'tensorflow' ? d : Math.ceil(d / 4));

/** XᵀX of a batch in bands of rows, each up to the diagonal only. */
function lowerBands(x: Tensor2D): Tensor[] {
  const [n, d] = x.shape;
  const height = bandHeight(d);
  // wasm multiplies slowly when asked to transpose on the way, TensorFlow at no cost.
  if (getBackend() === 'tensorflow') return [matMul(x, x, true)];
  const left = transpose(x) as Tensor2D; // [D, n]
  const bands: Tensor[] = [];
  for (let start = 0; start < d; start += height) {
    const end = Math.min(d, start + height);
    const right = end === d ? x : slice(x, [0, 0], [n, end]);
    bands.push(matMul(slice(left, [start, 0], [end - start, n]), right)); // [end - start, end]
  }
  return bands;
}

/** Adds the bands, one below the other, to the lower triangle of [D, D]. */
function addBands(bands: readonly Float32Array[], products: Float64Array, d: number): void {
  let row = 0;
  for (const band of bands) {
    const width = Math.min(d, row + bandHeight(d));
    for (let at = 0; at < band.length; at += width, row++) {
      for (let j = 0; j <= row; j++) products[row * d + j] += band[at + j];
    }
  }
}

async function productsOf(rows: ShiftedRows, pace: Pace): Promise<Moments> {
  const { nFeatures: d } = rows;
  const total: Moments = { sums: new Float64Array(d), products: new Float64Array(d * d) };
  return fold<Moments, undefined>(
    rows,
    async ({ x }) => {
      const [sums, ...bands] = await read(tidy(() => [sum(x, 0), ...lowerBands(x)]));
      sums.forEach((value, j) => (total.sums[j] += value));
      addBands(bands, total.products, d);
      return { statistics: total, memo: undefined };
    },
    (a) => a,
    [],
    pace,
  );
}

async function hostMoments(where: string, x: Matrix, pace: Pace): Promise<Found> {
  const rows: Rows = await fitRows(where, x, (d) => d, pace);
  const { nRows: n, nFeatures: d } = rows;
  const sums = new Float64Array(d);
  const products = new Float64Array(d * d);
  const step = Math.max(1, Math.floor(HOST_NUMBERS / d));
  for (let start = 0; start < n; start += step) {
    const indices = Int32Array.from({ length: Math.min(step, n - start) }, (_, i) => start + i);
    const some = await rows.at(indices);
    for (let at = 0; at < some.length; at += d) {
      const row = some.subarray(at, at + d);
      for (let i = 0; i < d; i++) {
        const value = row[i];
        sums[i] += value;
        for (let j = 0; j <= i; j++) products[i * d + j] += value * row[j];
      }
    }
    await pace();
  }
  return { rows, sums, products };
}

/**
 * Constant columns, whose variance is exactly 0, have no part in the decomposition: their axes come last.
 *
 * @param covariance [D, D]; its lower triangle is read
 * @param wanted null where all is to be float64 on the host
 */
async function eigenvectors(
  covariance: Float64Array,
  d: number,
  wanted: number | 'mle' | null,
  pace: Pace,
): Promise<Omit<Spectrum, 'mean'>> {
  const columns = Array.from({ length: d }, (_, j) => j);
  const varies = columns.filter((j) => covariance[j * d + j] > 0);
  const m = varies.length;
  const reduced = new Float64Array(m * m);
  varies.forEach((i, r) => {
    for (let c = 0; c <= r; c++) reduced[r * m + c] = covariance[i * d + varies[c]];
  });
  const total = varies.reduce((sum, j) => sum + covariance[j * d + j], 0);
  const leading = wanted === null ? null : await leadingEigenvectors(reduced, m, wanted, total, pace);
  if (leading) {
    const outside = Math.max(
      0,
      leading.values.reduce((left, value) => left - value, total),
    );
    return { vectors: widened(leading.vectors, varies, d), variances: leading.values, total, outside };
  }
  const eigen = symmetricEigen(reduced, m);
  const vectors = new Float64Array(d * d);
  vectors.set(widened(reversedRows(eigen.vectors, m), varies, d));
  const constant = columns.filter((j) => !(covariance[j * d + j] > 0));
  constant.forEach((j, k) => (vectors[(m + k) * d + j] = 1));
  const variances = new Float64Array(d);
  variances.set(withoutRounding(eigen.values.reverse(), d));
  return { vectors, variances, total, outside: 0 };
}

/** Rows over some columns as rows over all D, 0 in the others. */
function widened(short: Float64Array, columns: readonly number[], d: number): Float64Array {
  const m = columns.length;
  const out = new Float64Array(m === 0 ? 0 : (short.length / m) * d);
  for (let k = 0; k * m < short.length; k++) columns.forEach((j, c) => (out[k * d + j] = short[k * m + c]));
  return out;
}
