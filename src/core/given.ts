/** Small things that are given beside the data, read to the host: a start or params, weights, labels. */
import { Tensor } from '@tensorflow/tfjs-core';
import { show } from './checks.js';
import { InputError } from './errors.js';
import { checkAll, LARGEST, rowsAt, SMALLEST } from './rows.js';
import { sourceOf, type Weights } from './source.js';

/**
 * Reads a small matrix (parameters, a start) to the host.
 *
 * @returns [n * D] less `origin`, subtracted in float64
 * @throws InputError as `sourceOf`, and for NaN or infinity in a tensor
 */
export async function readMatrix(where: string, x: unknown, origin: Float64Array): Promise<Float64Array> {
  const source = sourceOf(where, x, origin);
  if (source.tensor) await checkAll(where, source, origin);
  return rowsAt(
    source,
    origin,
    Array.from({ length: source.nRows }, (_, i) => i),
  );
}

/** Makes typed arrays. */
export type Kind<A> = new (length: number) => A;

/**
 * Reads one number a row (weights, labels) to the host.
 *
 * @param Numbers of which kind
 * @throws InputError for a wrong type or length, NaN or infinity
 */
export async function readVector<A extends Float64Array | Float32Array = Float64Array>(
  where: string,
  given: unknown,
  length: number,
  Numbers = Float64Array as unknown as Kind<A>,
): Promise<A> {
  const isTensor = given instanceof Tensor;
  if (!isTensor && !Array.isArray(given) && !ArrayBuffer.isView(given)) {
    throw new InputError(`${where} must be a 1-D tensor or an array of numbers; got ${show(given)}.`);
  }
  if (isTensor && (given.isDisposed || given.rank !== 1)) {
    throw new InputError(`${where} must be a 1-D tensor that is alive; got ${show(given)}.`);
  }
  const values = isTensor ? await given.data() : (given as unknown as ArrayLike<unknown>);
  if (values.length !== length) {
    throw new InputError(`${where} must have ${length} entries; it has ${values.length}.`);
  }
  const out = new Numbers(length);
  for (let i = 0; i < length; i++) {
    const value = values[i];
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new InputError(`${where}: entry ${i} must be a finite number; got ${show(value)}.`);
    }
    out[i] = value;
  }
  return out;
}

/**
 * Reads sample weights: one a row, not negative, not all 0.
 *
 * @returns null where none are given
 */
export async function readWeights(
  where: string,
  given: Weights | undefined,
  n: number,
): Promise<Float64Array | null> {
  if (given === undefined) return null;
  const weights = await readVector(where, given, n);
  const negative = weights.findIndex((value) => value < 0);
  if (negative >= 0) {
    throw new InputError(`${where}: entry ${negative} is ${weights[negative]}; weights must be 0 or more.`);
  }
  const largest = weights.reduce((a, b) => Math.max(a, b), 0);
  if (largest === 0) {
    throw new InputError(`${where}: all ${n} weights are 0; give at least one row some weight.`);
  }
  if (largest > LARGEST || largest < SMALLEST) {
    throw new InputError(
      `${where}: the largest weight is ${largest}, which float32 cannot sum; multiply all weights by one number so that it is near 1.`,
    );
  }
  return weights;
}
