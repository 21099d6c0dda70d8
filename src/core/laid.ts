import { clone, getBackend, tensor1d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
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

/** Other rows in place of those laid out, which are freed, about the same shift. */
export function replaced(laid: Laid, tensor: Tensor2D): Laid {
  const shift = clone(laid.shift);
  laid.dispose();
  const dispose = () => {
    tensor.dispose();
    shift.dispose();
  };
  return { tensor, shift, dispose };
}

/** A batch: the rows of `x` from `first` on. */
export interface Part {
  readonly x: Tensor2D;
  readonly first: number;
  dispose(): void;
}

/** Products of a call: the event loop waits for it, 10 to 20 ms. WebAssembly has one thread and short vectors. */
const work = (): number => (getBackend() === 'wasm' ? 2 ** 27 : 2 ** 31);

/** How many rows a call takes, at so many products each. */
export const rowsOfCall = (products: number): number => Math.max(1024, Math.floor(work() / products));

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
