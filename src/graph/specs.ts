import type { io } from '@tensorflow/tfjs-core';
import { show } from '../core/checks.js';
import { ModelFormatError } from '../core/errors.js';
import { bytesPerNumber } from './weights.js';

/** A weight as a file tells it, and where its bytes lie. */
export interface Placed {
  readonly spec: io.WeightsManifestEntry;
  readonly start: number;
  readonly end: number;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An own property: what `__proto__` would lend is not there. */
export const own = (value: Record<string, unknown>, key: string): unknown =>
  Object.hasOwn(value, key) ? value[key] : undefined;

const isLength = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 2 ** 31;

function quantizationOf(value: unknown): io.WeightsManifestEntry['quantization'] | null {
  if (!isRecord(value)) return null;
  const dtype = own(value, 'dtype');
  if (dtype !== 'uint8' && dtype !== 'uint16') return null;
  return own(value, 'scale') === 1 && own(value, 'min') === 0 ? { dtype, scale: 1, min: 0 } : null;
}

function specOf(where: string, entry: unknown, at: number): io.WeightsManifestEntry {
  const broken = (what: string) => new ModelFormatError(`${where}: weight ${at} of the model ${what}.`);
  if (!isRecord(entry)) throw broken(`must be an object; it is ${show(entry)}`);
  const [name, dtype, shape] = ['name', 'dtype', 'shape'].map((key) => own(entry, key));
  if (typeof name !== 'string') throw broken(`must have a name; it is ${show(name)}`);
  if (!Array.isArray(shape) || shape.length > 4 || !shape.every(isLength)) {
    throw broken(
      `(${show(name)}) must have a shape of up to 4 lengths; it is ${Array.isArray(shape) ? `[${shape.map(show).join(', ')}]` : show(shape)}`,
    );
  }
  if (dtype !== 'float32' && dtype !== 'int32') {
    throw broken(`(${show(name)}) must be float32 or int32; its dtype is ${show(dtype)}`);
  }
  if (own(entry, 'quantization') === undefined) return { name, dtype, shape };
  const quantization = quantizationOf(own(entry, 'quantization'));
  if (!quantization || dtype !== 'int32') {
    throw broken(
      `(${show(name)}) is quantized as no tfjs-latent model is: only int32, to uint8 or uint16 at scale 1`,
    );
  }
  return { name, dtype, shape, quantization };
}

/**
 * Reads the list of weights: nothing is allocated by what it claims.
 *
 * @returns each weight by its name, with its place among the bytes, which follow one another in this order
 * @throws ModelFormatError for an entry that no model of ours has
 */
export function readSpecs(where: string, entries: unknown): { weights: Map<string, Placed>; total: number } {
  if (!Array.isArray(entries)) {
    throw new ModelFormatError(`${where}: the model has no list of weights; got ${show(entries)}.`);
  }
  const weights = new Map<string, Placed>();
  let total = 0;
  entries.forEach((entry, at) => {
    const spec = specOf(where, entry, at);
    if (weights.has(spec.name)) {
      throw new ModelFormatError(`${where}: the model has two weights of the name ${show(spec.name)}.`);
    }
    // Beyond 2^53 the product is rounded, and still too large for any file.
    const end = total + spec.shape.reduce((a, b) => a * b, bytesPerNumber(spec));
    weights.set(spec.name, { spec, start: total, end });
    total = end;
  });
  return { weights, total };
}
