import { Tensor } from '@tensorflow/tfjs-core';
import * as checks from '../core/checks.js';
import { InputError, NumericalError } from '../core/errors.js';
import { readMatrix, readVector, type Kind } from '../core/given.js';
import { isNumeric, type Matrix, type Values, type Weights } from '../core/source.js';
import type { Collapsed, Covariance } from './covariance.js';
import type { Factor } from './density.js';

/** Numbers of any rank: a tensor, nested arrays, or values with a shape. */
export type Numbers = Tensor | readonly unknown[] | { values: Values; shape: readonly number[] };

/** One of the three forms. full [K, D, D], tied [D, D], diag [K, D], spherical [K]; Σ⁻¹ = P Pᵀ, P upper triangular. */
export type CovarianceForm =
  { covariances: Numbers } | { precisions: Numbers } | { precisionsCholesky: Numbers };

const FORMS = ['covariances', 'precisions', 'precisionsCholesky'] as const;

const isList = (value: unknown): value is ArrayLike<unknown> => Array.isArray(value) || isNumeric(value);

/** The entries of nested arrays; null where they are not of this shape. */
function flatten(value: unknown, [n, ...inner]: readonly number[]): unknown[] | null {
  if (n === undefined) return [value];
  if (!isList(value) || value.length !== n) return null;
  const parts = Array.from(value, (each) => flatten(each, inner));
  return parts.some((part) => part === null) ? null : parts.flat();
}

/** As an error message tells it: of nested arrays, the lengths of the first ones. */
function shapeOf(given: unknown): readonly number[] {
  if (given instanceof Tensor) return given.shape;
  if (isShaped(given)) return Array.isArray(given.shape) ? given.shape : [];
  const shape: number[] = [];
  for (let inner = given; isList(inner) && shape.length < 4; inner = inner[0]) shape.push(inner.length);
  return shape;
}

/**
 * Where nested arrays are not all of one length: the first entry that is not of `shape`, or, where that is the whole,
 * the first that is not as long as its neighbours. Null where they have a shape.
 */
function raggedAt(given: unknown, shape: readonly number[]): string | null {
  if (!isList(given) || flatten(given, shapeOf(given))) return null;
  return given.length === shape[0] ? firstMisfit(given, shape) : firstMisfit(given, shapeOf(given));
}

/** The path of the first entry that is no list of the length that `shape` asks for, and what it is. */
function firstMisfit(value: unknown, [n, ...inner]: readonly unknown[], path = ''): string | null {
  if (n === undefined) return null;
  if (!isList(value)) return `${path} is ${checks.show(value)}`;
  if (value.length !== n) return `${path} has length ${value.length} where ${n} is expected`;
  for (let i = 0; i < value.length; i++) {
    const found = firstMisfit(value[i], inner, `${path}[${i}]`);
    if (found) return found;
  }
  return null;
}

const isShaped = (given: unknown): given is { values: unknown; shape: unknown } =>
  typeof given === 'object' && given !== null && 'values' in given && 'shape' in given;

async function entriesOf(given: unknown, shape: number[]): Promise<ArrayLike<unknown> | null> {
  if (!(given instanceof Tensor) && !isShaped(given)) return flatten(given, shape);
  if (shapeOf(given).join() !== shape.join()) return null;
  if (given instanceof Tensor) return given.dtype === 'complex64' ? null : given.data();
  return isNumeric(given.values) ? given.values : null;
}

/**
 * Reads numbers of a known shape to the host.
 *
 * @param Numbers of which kind
 * @throws InputError for another shape or a disposed tensor, NaN or infinity
 */
export async function readNumbers<A extends Factor = Float64Array>(
  where: string,
  given: unknown,
  shape: number[],
  Numbers?: Kind<A>,
): Promise<A> {
  if (given instanceof Tensor && given.isDisposed) {
    throw new InputError(`${where}: the tensor was disposed; pass one that is still alive.`);
  }
  const entries = await entriesOf(given, shape);
  if (!entries) {
    const misfit = raggedAt(given, shape);
    const seen = misfit
      ? `a ragged array, whose entry ${misfit}`
      : `${checks.show(given)}, of shape [${shapeOf(given).join(', ')}]`;
    throw new InputError(`${where} must be numbers of shape [${shape.join(', ')}]; got ${seen}.`);
  }
  const length = shape.reduce((a, b) => a * b, 1);
  return readVector(where, entries, length, Numbers);
}

/** Checks mixture weights: K of them, not negative, of sum 1 (to 1e-3; they are then divided by their sum). */
export async function readMixtureWeights(where: string, given: Weights, k: number): Promise<Float64Array> {
  const weights = await readVector(where, given, k);
  const total = weights.reduce((a, b) => a + b, 0);
  if (weights.some((w) => w < 0) || Math.abs(total - 1) > 1e-3) {
    throw new InputError(
      `${where} must be 0 or more and sum to 1; got [${Array.from(weights).join(', ')}], of sum ${total}.`,
    );
  }
  return weights.map((w) => w / total);
}

/** Checks means [K, D], and makes them relative to `origin`. */
export async function readMeans(
  where: string,
  given: Matrix,
  k: number,
  origin: Float64Array,
): Promise<Float64Array> {
  const means = await readMatrix(where, given, origin);
  if (means.length !== k * origin.length) {
    throw new InputError(
      `${where} must have ${k} rows, one for each component; it has ${means.length / origin.length}.`,
    );
  }
  return means;
}

/** A matrix that is no matrix's transpose is a slip: both triangles are compared to 1e-5 of the largest entry. */
function refuseAsymmetric(where: string, values: Float64Array, d: number): void {
  const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  for (let at = 0; at < values.length; at++) {
    const [i, j] = [Math.floor(at / d) % d, at % d];
    const mirror = at + (j - i) * d - (j - i);
    if (Math.abs(values[at] - values[mirror]) > 1e-5 * largest) {
      throw new InputError(
        `${where} must be symmetric; entry (${i}, ${j}) is ${values[at]} where (${j}, ${i}) is ${values[mirror]}.`,
      );
    }
  }
}

/** Whether an entry is on a matrix's diagonal; the kinds without matrices have nothing else. */
const diagonalOf = ({ broadcast }: Covariance, d: number): ((at: number) => boolean) =>
  broadcast ? () => true : (at) => (at % (d * d)) % (d + 1) === 0;

/** P as given, its lower triangle (which nobody reads) set to 0 in place. */
function upperFactor(where: string, values: Factor, covariance: Covariance, d: number): Factor {
  const onDiagonal = diagonalOf(covariance, d);
  const bad = values.findIndex((value, at) => onDiagonal(at) && !(value > 0));
  if (bad >= 0)
    throw new InputError(`${where} must have a diagonal above 0; entry ${bad} is ${values[bad]}.`);
  if (covariance.broadcast) return values;
  for (let at = 0; at < values.length; at++) if (Math.floor(at / d) % d > at % d) values[at] = 0;
  return values;
}

/** Whichever form is given, as P; undefined where none is. With `Numbers`, P itself is read as those. */
export async function readCovarianceForm(
  where: string,
  given: Partial<Record<(typeof FORMS)[number], unknown>>,
  covariance: Covariance,
  k: number,
  d: number,
  Numbers?: Kind<Factor>,
): Promise<Factor | undefined> {
  const present = FORMS.filter((form) => given[form] !== undefined);
  if (present.length === 0) return undefined;
  if (present.length > 1)
    throw new InputError(`${where}: give one of ${FORMS.join(', ')}; got ${present.join(' and ')}.`);
  const [form] = present;
  const shape = covariance.shape(k, d);
  const what = `${where}.${form}`;
  const onDiagonal = diagonalOf(covariance, d);
  if (form === 'precisionsCholesky') {
    const factor = await readNumbers(what, given[form], shape, Numbers);
    return held(what, upperFactor(what, factor, covariance, d), onDiagonal);
  }
  const values = await readNumbers(what, given[form], shape);
  if (!covariance.broadcast) refuseAsymmetric(what, values, d);
  const factor =
    form === 'covariances' ? covariance.fromCovariances(values, d) : covariance.fromPrecisions(values, d);
  return held(what, notCollapsed(what, factor, covariance), onDiagonal);
}

/** A standard deviation's inverse P, its square too, must be one that float32 holds. */
const LEAST_FACTOR = 1e-18;
const LARGEST_FACTOR = 1e18;

function held(where: string, p: Factor, onDiagonal: (at: number) => boolean): Factor {
  const bad = p.findIndex(
    (value, at) => Math.abs(value) > LARGEST_FACTOR || (onDiagonal(at) && value < LEAST_FACTOR),
  );
  if (bad < 0) return p;
  throw new InputError(
    `${where}: entry ${bad} of the precisions' Cholesky factor is ${p[bad]}, whose square float32 cannot hold; scale the parameters, and the data with them.`,
  );
}

function notCollapsed(where: string, factor: Float64Array | Collapsed, { shared }: Covariance): Float64Array {
  if (factor instanceof Float64Array) return factor;
  throw new NumericalError(
    `${where}: ${shared ? 'the matrix that all components share' : `component ${factor.collapsed}`} is not positive definite; give a symmetric matrix (or variances) whose eigenvalues are above 0.`,
  );
}

export const FORM_RULES = Object.fromEntries(FORMS.map((form) => [form, checks.something]));
