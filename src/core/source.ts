/** Data as it is given, told apart and checked; its numbers are looked at in a fit. */
import { Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core';
import { show } from './checks.js';
import { InputError } from './errors.js';

/** Numbers of a matrix, row by row. */
export type Values = Float32Array | Float64Array | Int32Array | Uint8Array | Uint8ClampedArray;

/** Rows in memory. Plain numbers and Float64Array are shifted in float64 before they become float32 tensors. */
export type Matrix =
  Tensor2D | readonly ArrayLike<number>[] | { values: Values; shape: readonly [number, number] };
/** [N] A label of each row: integers. */
export type Labels = Tensor1D | ArrayLike<number>;
/** [N] or [K] A weight of each row, or of each component. */
export type Weights = Tensor1D | ArrayLike<number>;

/** A row farther than this from the origin has a distance whose square, over all features, float32 cannot hold. */
const FARTHEST = 1e17;

/** Data as it was given, its shape and types checked. */
export interface Source {
  readonly nRows: number;
  readonly nFeatures: number;
  /** Set for a tensor. */
  readonly tensor?: Tensor2D;
  /** Set for numbers: copies rows `start` to `end` to `out` from `at` on, less `origin`, subtracted in float64. */
  readonly copyRows?: (
    start: number,
    end: number,
    origin: Float64Array,
    out: Float32Array | Float64Array,
    at: number,
  ) => void;
}

function tensorSource(where: string, x: Tensor): Source {
  if (x.isDisposed) throw new InputError(`${where}: the tensor was disposed; pass one that is still alive.`);
  if (x.rank !== 2 || (x.dtype !== 'float32' && x.dtype !== 'int32')) {
    throw new InputError(`${where} must be a float32 or int32 tensor of shape [N, D]; got ${show(x)}.`);
  }
  return { nRows: x.shape[0], nFeatures: x.shape[1] as number, tensor: x as Tensor2D };
}

/** A typed array of numbers: not of bigints, and no DataView. */
export const isNumeric = (values: unknown): values is Values =>
  ArrayBuffer.isView(values) &&
  !(values instanceof DataView || values instanceof BigInt64Array || values instanceof BigUint64Array);

function flatSource(where: string, x: { values: Values; shape: readonly [number, number] }): Source {
  const { values, shape } = x;
  const [n, d] = Array.isArray(shape) ? (shape as readonly number[]) : [];
  const whole = Number.isInteger(n) && Number.isInteger(d) && shape.length === 2 && n >= 0 && d >= 0;
  if (!isNumeric(values) || !whole || n * d !== values.length) {
    throw new InputError(
      `${where} must have values (a typed array, not of bigints) of as many numbers as its shape [N, D] says; got ${show(values)} with shape ${Array.isArray(shape) ? `[${shape.join(', ')}]` : show(shape)}.`,
    );
  }
  return {
    nRows: n,
    nFeatures: d,
    copyRows: (start, end, origin, out, at) => {
      for (let row = start * d; row < end * d; row += d, at += d) {
        for (let j = 0; j < d; j++) out[at + j] = values[row + j] - origin[j];
      }
    },
  };
}

function nestedSource(where: string, x: readonly ArrayLike<number>[]): Source {
  const isRow = (row: unknown) =>
    Array.isArray(row) || (ArrayBuffer.isView(row) && !(row instanceof DataView));
  const d = x.length > 0 && isRow(x[0]) ? x[0].length : 0;
  for (let i = 0; i < x.length; i++) {
    const row = x[i];
    if (!isRow(row))
      throw new InputError(`${where}: row ${i} must be an array of numbers; got ${show(row)}.`);
    if (row.length !== d) {
      throw new InputError(
        `${where}: row ${i} has ${row.length} values where row 0 has ${d}; all rows must be of one length.`,
      );
    }
    for (let j = 0; j < d; j++) {
      if (typeof row[j] !== 'number') {
        throw new InputError(`${where}: row ${i}, column ${j} must be a number; got ${show(row[j])}.`);
      }
    }
  }
  return {
    nRows: x.length,
    nFeatures: d,
    copyRows: (start, end, origin, out, at) => {
      for (let i = start; i < end; i++, at += d) {
        const row = x[i];
        for (let j = 0; j < d; j++) out[at + j] = row[j] - origin[j];
      }
    },
  };
}

function anySource(where: string, x: unknown): Source {
  if (x instanceof Tensor) return tensorSource(where, x);
  if (Array.isArray(x)) return nestedSource(where, x as ArrayLike<number>[]);
  if (typeof x === 'object' && x !== null && 'values' in x && 'shape' in x) {
    return flatSource(where, x as { values: Values; shape: readonly [number, number] });
  }
  throw new InputError(
    `${where} must be a 2-D tensor, an array of rows, or { values, shape: [N, D] }; got ${show(x)}.`,
  );
}

/** Looks at every number given. @throws InputError as {@link checkRow} */
export function checkNumbers(where: string, source: Source, origin?: Float64Array): void {
  if (!source.copyRows) return;
  const { nRows, nFeatures } = source;
  const zero = new Float64Array(nFeatures);
  const row = new Float64Array(nFeatures);
  for (let i = 0; i < nRows; i++) {
    source.copyRows(i, i + 1, zero, row, 0);
    checkRow(where, i, row, origin);
  }
}

/**
 * @param origin what the row is taken relative to, where that is known
 * @throws InputError for NaN, an infinity, and a number too far from the origin
 */
export function checkRow(where: string, i: number, row: ArrayLike<number>, origin?: Float64Array): void {
  for (let j = 0; j < row.length; j++) {
    if (Math.abs(row[j] - (origin ? origin[j] : 0)) <= (origin ? FARTHEST : Number.MAX_VALUE)) continue;
    const remedy = Number.isFinite(row[j])
      ? `which is too far from the model's ${origin![j]} for float32 to square the difference; check the row, or scale all of the data down.`
      : 'drop the row or fill the value in first.';
    throw new InputError(`${where}: row ${i}, column ${j} is ${row[j]}; ${remedy}`);
  }
}

/**
 * Reads a matrix's shape and, where it is numbers that are taken relative to an origin, its values: a fit looks at them
 * when it sums them up.
 *
 * @param where the call and argument, as messages name it: `KMeans.fit: x`
 * @param origin what the rows will be taken relative to, if that is known: it gives their width
 * @throws InputError for a wrong type, shape or dtype, no rows and ragged rows; with an origin for NaN or infinity, and
 *   numbers too far from it
 */
export function sourceOf(where: string, x: unknown, origin?: Float64Array): Source {
  const source = anySource(where, x);
  if (source.nRows === 0 || source.nFeatures === 0) {
    throw new InputError(
      `${where} must have at least one row and one column; its shape is [${source.nRows}, ${source.nFeatures}].`,
    );
  }
  if (origin && source.nFeatures !== origin.length) {
    throw new InputError(`${where} must have ${origin.length} columns; it has ${source.nFeatures}.`);
  }
  if (origin) checkNumbers(where, source, origin);
  return source;
}
