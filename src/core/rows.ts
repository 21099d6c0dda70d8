import {
  cast,
  clone,
  concat,
  gather,
  slice,
  square,
  sub,
  sum,
  tensor1d,
  tensor2d,
  tidy,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { InputError } from './errors.js';
import type { Pace } from './iterate.js';
import { nativeKernel, type NativeKernel } from './native.js';
import { read } from './read.js';
import { checkNumbers, checkRow, sourceOf, type Matrix, type Source } from './source.js';

/** A sum over more rows than this loses digits in float32: batches are added up in float64 on the host. */
const MAX_BATCH = 8192;
/** float32 numbers that the temporaries of one batch may take, each (64 MiB): smaller ones pay more for reading sums back than their caches give. */
const BATCH_FLOATS = 2 ** 24;
/** float32 numbers that a native kernel sums up in one call: a frame's work. */
const KERNEL_FLOATS = 2 ** 26;
/** Plain numbers that are summed up at a time: they stay in the cache. */
const COPIED = 2 ** 11;
/** Beyond this the squares of differences leave float32's range (3.4e38), or sink below it. */
export const LARGEST = 1e15;
export const SMALLEST = 1e-15;

/**
 * Of sums of squares about a row, at least so much is left about the mean. In float64 they then lose 3 of 16 digits, and a
 * kernel's, which are float32's in short blocks, 1 of 8. Those of tensor operations are taken about the mean.
 */
const LEFT = 1e-3;
const LEFT_BY_KERNEL = 0.1;

const isZero = (origin: Float64Array): boolean => origin.every((value) => value === 0);

/** Less `origin`, as float32. */
function lessOrigin(rows: Tensor2D, origin: Float64Array): Tensor2D {
  if (isZero(origin)) return rows.dtype === 'float32' ? clone(rows) : cast(rows, 'float32');
  // Near the origin its float32 part is subtracted exactly, and so the rest of it is not lost.
  const near = Float32Array.from(origin);
  const rest = Float32Array.from(origin, (value, j) => value - near[j]);
  const relative: Tensor2D = sub(cast(rows, 'float32'), tensor1d(near));
  return rest.every((value) => value === 0) ? relative : sub(relative, tensor1d(rest));
}

/** Rows `start` to `end` less `origin`, as float32; differentiable where the source is a tensor. */
function relativeBatch(source: Source, origin: Float64Array, start: number, end: number): Tensor2D {
  const { nFeatures: d, tensor, copyRows } = source;
  if (tensor) {
    const all = start === 0 && end === source.nRows;
    return lessOrigin(all ? tensor : slice(tensor, [start, 0], [end - start, d]), origin);
  }
  return tensor2d(relativeValues(copyRows!, origin, start, end), [end - start, d]);
}

/** Some rows less `origin`, as float32. */
function relativeRows(source: Source, origin: Float64Array, indices: Int32Array): Tensor2D {
  const { nFeatures: d, tensor, copyRows } = source;
  if (tensor) return lessOrigin(gather(tensor, tensor1d(indices, 'int32')), origin);
  const values = copyEach(copyRows!, indices, origin, new Float32Array(indices.length * d));
  return tensor2d(values, [indices.length, d]);
}

/** Some rows to `out`. */
function copyEach<A extends Float32Array | Float64Array>(
  copyRows: NonNullable<Source['copyRows']>,
  indices: ArrayLike<number>,
  origin: Float64Array,
  out: A,
): A {
  for (let i = 0; i < indices.length; i++) {
    copyRows(indices[i], indices[i] + 1, origin, out, i * origin.length);
  }
  return out;
}

function relativeValues(
  copyRows: NonNullable<Source['copyRows']>,
  origin: Float64Array,
  start: number,
  end: number,
): Float32Array {
  const values = new Float32Array((end - start) * origin.length);
  copyRows(start, end, origin, values, 0);
  return values;
}

/**
 * Applies a function of rows to a matrix, in batches where the temporaries of all rows at once would be large.
 * Synchronous; differentiable where `x` is a tensor.
 *
 * @param where the call and argument, as messages name it
 * @param width float32 numbers that `f` holds for one row
 * @param f from rows relative to `origin` [n, D] to one entry or row each [n, …]
 */
export function mapRows<T extends Tensor>(
  where: string,
  x: Matrix,
  origin: Float64Array,
  width: number,
  f: (x: Tensor2D) => T,
): T {
  const source = sourceOf(where, x, origin);
  const step = Math.max(64, Math.floor(BATCH_FLOATS / Math.max(width, origin.length)));
  return tidy(() => {
    const parts: T[] = [];
    for (let start = 0; start < source.nRows; start += step) {
      const end = Math.min(source.nRows, start + step);
      parts.push(tidy(() => f(relativeBatch(source, origin, start, end))));
    }
    return parts.length === 1 ? parts[0] : concat(parts as [T, ...T[]], 0);
  });
}

/** The rows of a fit: checked, with the shift that everything else is relative to. */
export interface Rows extends ShiftedRows {
  /** [D] The mean, relative to the origin: what rounding left. */
  readonly mean: Float64Array;
  /** [D] The variance of each feature, unweighted. */
  readonly variances: Float64Array;
}

/** The rows of a source, relative to an origin. */
export interface ShiftedRows {
  readonly nRows: number;
  readonly nFeatures: number;
  /**
   * [D] The mean, or near it; of a tensor rounded to float32, so that subtracting it is one exact operation, or 0 (see
   * `rowsOf`).
   */
  readonly origin: Float64Array;
  readonly batchRows: number;
  /** Whether a batch of all rows takes no memory: it is x itself, a float32 tensor whose origin is 0. */
  readonly inPlace: boolean;
  /** The rows themselves where they are a float32 tensor, the origin not yet subtracted; else null. */
  readonly tensor: Tensor2D | null;
  /** Rows `start` to `end`, relative to the origin [n, D]; yours to free. */
  batch(start: number, end: number): Tensor2D;
  /** Some rows, the same numbers as in a batch [n, D]; yours to free. */
  pick(indices: Int32Array): Tensor2D;
  /** The numbers of a batch on the host [n * D]. */
  values(start: number, end: number): Promise<Float32Array>;
  /** Some rows relative to the origin, as plain numbers [n * D]. */
  at(indices: ArrayLike<number>): Promise<Float64Array>;
}

/** Per-feature sums of (x - c) and (x - c)² of some rows. A centre that is not given is a row, or the mean of some. */
interface ColumnSums {
  readonly center: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
}

/** Those of a batch. */
type BatchSums = Pick<ColumnSums, 'center'> & Readonly<Record<'first' | 'second', ArrayLike<number>>>;

const kernelFor = ({ tensor }: Source): NativeKernel | null =>
  tensor?.dtype === 'float32' ? nativeKernel('LatentColumnMoments') : null;

/** Per-feature sums of (x - c) and (x - c)² over all rows, in float64. */
async function centralSums(source: Source, given: Float64Array | null, pace: Pace): Promise<ColumnSums> {
  const { nRows, nFeatures: d, tensor, copyRows } = source;
  const kernel = kernelFor(source);
  const first = new Float64Array(d);
  const second = new Float64Array(d);
  let center = given ?? (kernel ? null : await rowsAt(source, first, [0])); // about 0, which the sums still are
  const step = kernel ? Math.ceil(KERNEL_FLOATS / d) : copyRows ? Math.ceil(COPIED / d) : MAX_BATCH;
  const rows = new Float64Array(copyRows ? step * d : 0);
  for (let start = 0; start < nRows; start += step) {
    const end = Math.min(nRows, start + step);
    if (copyRows) {
      copyRows(start, end, center!, rows, 0);
      addRows(rows, (end - start) * d, first, second);
    } else {
      const sums: BatchSums = kernel
        ? await sumsByKernel(kernel, tensor!, center, start, end)
        : await sumsByTensors(source, center!, start, end);
      center = sums.center;
      for (let j = 0; j < d; j++) {
        first[j] += sums.first[j];
        second[j] += sums.second[j];
      }
    }
    await pace();
  }
  return { center: center!, first, second };
}

/** Of the first `n` numbers of `rows`. */
function addRows(rows: Float64Array, n: number, first: Float64Array, second: Float64Array): void {
  const d = first.length;
  for (let j = 0; j < d; j++) {
    let sum = 0;
    let squares = 0;
    for (let at = j; at < n; at += d) {
      sum += rows[at];
      squares += rows[at] * rows[at];
    }
    first[j] += sum;
    second[j] += squares;
  }
}

/** What would be found about the origin; null where the centre is so far from the mean that digits would be lost. */
function movedTo(origin: Float64Array, nRows: number, { center, first, second }: ColumnSums, left: number) {
  const about = second.map((value, j) => value - first[j] ** 2 / nRows);
  if (!about.every((value, j) => value >= left * second[j] && value < Infinity)) return null;
  const moved = first.map((value, j) => value + nRows * (center[j] - origin[j]));
  return { first: moved, second: about.map((value, j) => value + moved[j] ** 2 / nRows) };
}

async function sumsByTensors(
  source: Source,
  center: Float64Array,
  start: number,
  end: number,
): Promise<BatchSums> {
  const [first, second] = await read(
    tidy(() => {
      const x = relativeBatch(source, center, start, end);
      return [sum(x, 0), sum(square(x), 0)];
    }),
  );
  return { center, first, second };
}

/** About the centre as float32 has it, and then moved by what that leaves. */
async function sumsByKernel(
  kernel: NativeKernel,
  x: Tensor2D,
  given: Float64Array | null,
  start: number,
  end: number,
): Promise<ColumnSums> {
  const d = x.shape[1];
  const n = end - start;
  const asked = given ? new Float32Array(given) : new Float32Array();
  const outputs = tidy(() => kernel({ x, range: tensor1d([start, n], 'int32'), center: tensor1d(asked) }));
  const [sums] = await read(outputs);
  const both = (at: number): number => sums[at] + sums[at + d];
  const near = sums.subarray(4 * d);
  const center = given ?? Float64Array.from(near);
  const rest = center.map((value, j) => value - near[j]);
  return {
    center,
    first: rest.map((move, j) => both(j) - n * move),
    second: rest.map((move, j) => both(2 * d + j) - move * (2 * both(j) - n * move)),
  };
}

/** Looks at all numbers, of a tensor too. @throws InputError as `checkRow` */
export async function checkAll(where: string, source: Source, origin?: Float64Array): Promise<void> {
  const { nRows, nFeatures: d } = source;
  if (source.copyRows) return checkNumbers(where, source, origin);
  for (let start = 0; start < nRows; start += MAX_BATCH) {
    const end = Math.min(nRows, start + MAX_BATCH);
    const [values] = await read([tidy(() => relativeBatch(source, new Float64Array(d), start, end))]);
    for (let i = start; i < end; i++) {
      checkRow(where, i, values.subarray((i - start) * d, (i - start + 1) * d), origin);
    }
  }
}

/**
 * Prepares the rows of a fit: checks every value, finds the shift.
 *
 * @param width float32 numbers that a pass holds for one row
 * @param near a tensor's rows are not shifted where no feature's mean is more than so many of its deviations from 0: then
 *   there is nothing to subtract, and a batch may be the tensor itself
 * @throws InputError for NaN or infinity, and for a spread that float32 cannot square
 */
export async function rowsOf(
  where: string,
  source: Source,
  width: (d: number) => number,
  pace: Pace,
  near = 0,
): Promise<Rows> {
  const { nRows } = source;
  // About a row, then about the mean: a constant column gets exactly its value, a variance of 0, and is 0 in each batch.
  const sums = await centralSums(source, null, pace);
  const { center, first, second: about } = sums;
  if (!first.every(Number.isFinite)) await checkAll(where, source);
  const mean = first.map((value, j) => center[j] + value / nRows);
  const isNear = (value: number, j: number): boolean =>
    value ** 2 <= near ** 2 * (about[j] / nRows - (first[j] / nRows) ** 2);
  const shifted = near === 0 || !mean.every(isNear);
  const origin = source.tensor ? mean.map((value) => (shifted ? Math.fround(value) : 0)) : mean;
  const left = !source.tensor ? LEFT : kernelFor(source) ? LEFT_BY_KERNEL : Infinity;
  const { first: rest, second } =
    movedTo(origin, nRows, sums, left) ?? (await centralSums(source, origin, pace));
  const variances = second.map((value, j) => Math.max(0, value / nRows - (rest[j] / nRows) ** 2));
  checkSpread(
    where,
    origin,
    Math.max(...variances),
    second.map((value) => Math.sqrt(value / nRows)),
  );
  return {
    ...aboutOrigin(source, origin, width),
    mean: rest.map((value) => value / nRows),
    variances,
  };
}

/** The same of data as they are given. @throws InputError as `sourceOf`, too */
export const fitRows = async (
  where: string,
  x: Matrix,
  width: (d: number) => number,
  pace: Pace,
  near = 0,
): Promise<Rows> => rowsOf(where, sourceOf(where, x), width, pace, near);

/** Access to the rows of a source, relative to `origin`. */
export function aboutOrigin(source: Source, origin: Float64Array, width: (d: number) => number): ShiftedRows {
  const { nRows, nFeatures: d } = source;
  const batchRows = Math.max(1, Math.min(nRows, MAX_BATCH, Math.floor(BATCH_FLOATS / width(d))));
  return {
    nRows,
    nFeatures: d,
    origin,
    batchRows,
    inPlace: source.tensor?.dtype === 'float32' && isZero(origin),
    tensor: source.tensor?.dtype === 'float32' ? source.tensor : null,
    batch: (start, end) => tidy(() => relativeBatch(source, origin, start, end)),
    pick: (indices) => tidy(() => relativeRows(source, origin, indices)),
    values: async (start, end) =>
      source.copyRows
        ? relativeValues(source.copyRows, origin, start, end)
        : (await read([tidy(() => relativeBatch(source, origin, start, end))]))[0],
    at: (indices) => rowsAt(source, origin, indices),
  };
}

/** `deviations` are about the origin. What is reported lies about it too, so float32 must hold the origin itself. */
export function checkSpread(
  where: string,
  origin: Float64Array,
  variance: number,
  deviations: Float64Array,
): void {
  const spread = Math.sqrt(variance);
  const bad = origin.findIndex(
    (value, j) => !Number.isFinite(Math.fround(value)) || !(deviations[j] <= LARGEST),
  );
  if (bad < 0 && (spread === 0 || spread >= SMALLEST)) return;
  const seen =
    bad < 0
      ? `the features spread over at most ${spread.toPrecision(3)}`
      : `column ${bad} lies about ${origin[bad]} and ${deviations[bad].toPrecision(3)} from it`;
  throw new InputError(
    `${where}: ${seen}, whose square float32 cannot hold; multiply all of x by one number so that it is near 1.`,
  );
}

export async function rowsAt(
  source: Source,
  origin: Float64Array,
  indices: ArrayLike<number>,
): Promise<Float64Array> {
  const { nFeatures: d, tensor, copyRows } = source;
  const out = new Float64Array(indices.length * d);
  if (copyRows) return copyEach(copyRows, indices, origin, out);
  const picked = tidy(() => cast(gather(tensor!, tensor1d(Array.from(indices), 'int32')), 'float32'));
  const [values] = await read([picked]);
  for (let at = 0; at < out.length; at += d) {
    for (let j = 0; j < d; j++) out[at + j] = values[at + j] - origin[j];
  }
  return out;
}

/** Rows [n * D] that are relative to `origin`, in the data's units. */
export const inDataUnits = (relative: Float64Array, origin: Float64Array): Float32Array =>
  Float32Array.from(relative, (value, i) => value + origin[i % origin.length]);
