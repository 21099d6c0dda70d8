/**
 * The numbers of a model file: bytes one after the other, and for each weight its name, dtype and shape. float64 has no
 * dtype in TensorFlow.js: such a weight is written as int32 with a last axis of 2, its own eight bytes.
 */
import type { io } from '@tensorflow/tfjs-core';
import type { Param } from './record.js';

export interface Weight {
  readonly spec: io.WeightsManifestEntry;
  readonly bytes: Uint8Array;
}

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);

export function float32Weight(name: string, values: ArrayLike<number>, shape: readonly number[]): Weight {
  const spec = { name, shape: [...shape], dtype: 'float32' as const };
  return { spec, bytes: bytesOf(Float32Array.from(values)) };
}

export function int32Weight(name: string, values: ArrayLike<number>, shape: readonly number[]): Weight {
  const spec = { name, shape: [...shape], dtype: 'int32' as const };
  return { spec, bytes: bytesOf(Int32Array.from(values)) };
}

/** A model's numbers as they come back; integers in as few bytes as hold them. */
export function paramWeight(name: string, { values, shape }: Param): Weight {
  if (values instanceof Float64Array) {
    const spec = { name, shape: [...shape, 2], dtype: 'int32' as const };
    return { spec, bytes: bytesOf(values) };
  }
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  const least = values.reduce((a, b) => Math.min(a, b), 0);
  if (least < 0 || most > 0xffff) return int32Weight(name, values, shape);
  const narrow = most > 0xff ? Uint16Array.from(values) : Uint8Array.from(values);
  const dtype = most > 0xff ? ('uint16' as const) : ('uint8' as const);
  const spec = {
    name,
    shape: [...shape],
    dtype: 'int32' as const,
    quantization: { dtype, scale: 1, min: 0 },
  };
  return { spec, bytes: bytesOf(narrow) };
}

/** Bytes of one number. */
export function bytesPerNumber({ quantization }: io.WeightsManifestEntry): number {
  if (!quantization) return 4;
  return quantization.dtype === 'uint8' ? 1 : 2;
}

export const numbersIn = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** A param from a copy of its bytes; the spec was checked. */
export function paramOf(
  { shape, quantization }: io.WeightsManifestEntry,
  bytes: Uint8Array,
  wide: boolean,
): Param {
  const { buffer } = bytes.slice();
  if (wide) return { values: new Float64Array(buffer), shape: shape.slice(0, -1) };
  if (!quantization) return { values: new Int32Array(buffer), shape };
  const narrow = quantization.dtype === 'uint8' ? new Uint8Array(buffer) : new Uint16Array(buffer);
  return { values: Int32Array.from(narrow), shape };
}

export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((total, part) => total + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
