/** What PCA by covariance needs of the rows: the sums of their columns and of their products, about an origin near the mean. */
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
import { kernelCode } from '../core/native.js';
import { read } from '../core/read.js';
import { rowsOf, type Rows, type ShiftedRows } from '../core/rows.js';
import { sampledRows } from '../core/sampledRows.js';
import type { Source } from '../core/source.js';

/** Rows that the host adds up between two looks at the clock, in numbers. */
const HOST_NUMBERS = 2 ** 16;

export interface Moments {
  readonly sums: Float64Array; // [D]
  readonly products: Float64Array; // [D (D + 1) / 2], the lower triangle, row by row
}

/** Where row i of a lower triangle begins; as long as one of i rows. */
export const rowOf = (i: number): number => (i * (i + 1)) / 2;

export const noMoments = (d: number): Moments => ({
  sums: new Float64Array(d),
  products: new Float64Array(rowOf(d)),
});

export function addTo(total: Float64Array, values: Float64Array | Float32Array): void {
  for (let i = 0; i < values.length; i++) total[i] += values[i];
}

export type Found = Moments & { readonly rows: ShiftedRows };

/**
 * In float32 within a batch, in float64 across, in one pass over the rows: about the mean of a sample, and where that is
 * far from theirs, again about theirs.
 *
 * @param where the call and argument, as messages name it
 * @param source the rows [N, D]
 * @throws InputError as `rowsOf`
 */
export async function batchMoments(where: string, source: Source, pace: Pace): Promise<Found> {
  const width = (d: number) => 2 * d;
  const sampled = await sampledRows(where, source, width);
  const moments = await productsOf(sampled, pace);
  const squares = moments.sums.map((_, j) => moments.products[rowOf(j) + j]);
  if (await sampled.settle(moments.sums, squares)) return { rows: sampled, ...moments };
  const rows = await rowsOf(where, source, width, pace);
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

/** Adds the bands, one below the other, to the lower triangle. */
function addBands(bands: readonly Float32Array[], products: Float64Array, d: number): void {
  let row = 0;
  for (const band of bands) {
    const width = Math.min(d, row + bandHeight(d));
    for (let at = 0; at < band.length; at += width, row++) {
      for (let j = 0; j <= row; j++) products[rowOf(row) + j] += band[at + j];
    }
  }
}

function productsOf(rows: ShiftedRows, pace: Pace): Promise<Moments> {
  const code = kernelCode<typeof import('./kernels.js')>('LatentScatter');
  return code ? code.productsByKernel('LatentScatter', rows, pace) : tensorProducts(rows, pace);
}

async function tensorProducts(rows: ShiftedRows, pace: Pace): Promise<Moments> {
  const total = noMoments(rows.nFeatures);
  return fold<Moments, undefined>(
    rows,
    async ({ x }) => {
      const [sums, ...bands] = await read(tidy(() => [sum(x, 0), ...lowerBands(x)]));
      addTo(total.sums, sums);
      addBands(bands, total.products, rows.nFeatures);
      return { statistics: total, memo: undefined };
    },
    (a) => a,
    [],
    pace,
  );
}

/** In float64, on the host or by a kernel; as `batchMoments`. */
export async function exactMoments(where: string, source: Source, pace: Pace): Promise<Found> {
  const rows: Rows = await rowsOf(where, source, (d) => d, pace);
  const code = rows.tensor && kernelCode<typeof import('./kernels.js')>('LatentExactScatter');
  if (code) return { rows, ...(await code.productsByKernel('LatentExactScatter', rows, pace)) };
  const { nRows: n, nFeatures: d } = rows;
  const { sums, products } = noMoments(d);
  const step = Math.max(1, Math.floor(HOST_NUMBERS / d));
  for (let start = 0; start < n; start += step) {
    const indices = Int32Array.from({ length: Math.min(step, n - start) }, (_, i) => start + i);
    const some = await rows.at(indices);
    for (let at = 0; at < some.length; at += d) {
      const row = some.subarray(at, at + d);
      for (let i = 0; i < d; i++) {
        const value = row[i];
        sums[i] += value;
        const start = rowOf(i);
        for (let j = 0; j <= i; j++) products[start + j] += value * row[j];
      }
    }
    await pace();
  }
  return { rows, sums, products };
}
