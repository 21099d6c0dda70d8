/**
 * PCA's native kernels (native/scatter.cc, native/exact.cc, native/eigenvectors.cc). This file is registered with them, not imported
 * (`kernelCode`).
 */
import { tensor1d, tidy } from '@tensorflow/tfjs-core';
import { fold, type Batch, type Pace } from '../core/iterate.js';
import { layOut, partsOf, productsHere, type Part } from '../core/laid.js';
import { asDoubles, asFloats, nativeKernel } from '../core/native.js';
import { digest, read, release } from '../core/read.js';
import type { ShiftedRows } from '../core/rows.js';
import type { Eigenpairs } from './eigenvectors.js';
import { addTo, noMoments, type Moments } from './moments.js';

/** Multiply-adds of a call of the kernel, which the event loop waits for: a tenth of a second. */
const KERNEL_PRODUCTS = 2 ** 35;

/**
 * Of a tensor as it lies, all rows at once where that is soon done.
 *
 * @param name which kernel: with products in float32, or all in float64
 */
export async function productsByKernel(
  name: 'LatentScatter' | 'LatentExactScatter',
  rows: ShiftedRows,
  pace: Pace,
): Promise<Moments> {
  const kernel = nativeKernel(name)!;
  const total = noMoments(rows.nFeatures);
  const laid = layOut(rows, 0);
  const atOnce = laid.tensor ? Math.floor(productsHere(KERNEL_PRODUCTS) / rows.nFeatures ** 2) : 0;
  const add = async ({ x: part, start, end }: Batch<Part>) => {
    const range = () => tensor1d([part.first, end - start], 'int32');
    const outputs = tidy(() => kernel({ x: part.x, range: range(), origin: laid.shift }));
    await digest(outputs, (sums, triangle) => {
      addTo(total.sums, asDoubles(sums));
      addTo(total.products, asDoubles(triangle));
    });
    return { statistics: total, memo: undefined };
  };
  const parts = partsOf(rows, laid, Math.max(rows.batchRows, atOnce));
  return fold<Moments, undefined, Part>(parts, add, (a) => a, [], pace).finally(() => laid.dispose());
}

/** Eigenvectors of a covariance, of which `triangle` is gone then. */
export async function eigenvectorsByKernel(
  triangle: Float64Array,
  m: number,
  wanted: number,
): Promise<Eigenpairs> {
  const kernel = nativeKernel('LatentEigenvectors')!;
  const found = tidy(() =>
    kernel({
      triangle: tensor1d(asFloats(triangle)),
      size: tensor1d([m], 'int32'),
      wanted: tensor1d(asFloats(Float64Array.of(wanted))),
    }),
  );
  release(triangle);
  const [values, vectors] = (await read(found)).map(asDoubles);
  return { values: values.map((value) => Math.max(0, value)), vectors };
}
