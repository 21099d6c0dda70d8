import { getBackend, tensor1d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { Batched } from './iterate.js';
import type { ShiftedRows } from './rows.js';

/** Rows as native kernels take them: where they lie, and what of them is still to be subtracted. */
export interface Laid {
  /** The given tensor, or one that was made of numbers; null where that would be large: batches are made then. */
  readonly tensor: Tensor2D | null;
  /** [D] */
  readonly shift: Tensor;
  dispose(): void;
}

/** @param held so many numbers may be copied into one tensor */
export function layOut(rows: ShiftedRows, held: number): Laid {
  const { nRows, nFeatures: d, tensor, origin } = rows;
  if (tensor) {
    const shift = tensor1d(Float32Array.from(origin));
    return { tensor, shift, dispose: () => shift.dispose() };
  }
  const made = nRows * d <= held ? rows.batch(0, nRows) : null;
  const shift = tensor1d(new Float32Array(d));
  const dispose = () => {
    made?.dispose();
    shift.dispose();
  };
  return { tensor: made, shift, dispose };
}

/** A batch: the rows of `x` from `first` on. */
export interface Part {
  readonly x: Tensor2D;
  readonly first: number;
  dispose(): void;
}

/** What WebAssembly, with one thread and short vectors, does of so many products in the same time. */
export const productsHere = (products: number): number =>
  getBackend() === 'wasm' ? products / 16 : products;

/** Products of a call: the event loop waits for it, 10 to 20 ms. */
const WORK = 2 ** 31;

/** How many rows a call takes, at so many products each. */
export const rowsOfCall = (products: number): number =>
  Math.max(1024, Math.floor(productsHere(WORK) / products));

/** Batches for kernels: of laid out rows, parts of one tensor. */
export function partsOf(rows: ShiftedRows, { tensor }: Laid, batchRows: number): Batched<Part> {
  const nRows = tensor ? tensor.shape[0] : rows.nRows;
  const batch = (start: number, end: number): Part => {
    if (tensor) return { x: tensor, first: start, dispose: () => undefined };
    const x = rows.batch(start, end);
    return { x, first: 0, dispose: () => x.dispose() };
  };
  return { nRows, batchRows: Math.min(nRows, batchRows), batch };
}
