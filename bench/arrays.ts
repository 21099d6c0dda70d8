import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArrayFile, Dtype } from './protocol.js';

export type Values = Float32Array | Float64Array | Int32Array;

/** An array in memory. */
export interface Made {
  values: Values;
  shape: number[];
}

const TYPES = { float32: Float32Array, float64: Float64Array, int32: Int32Array } as const;

const dtypeOf = (values: Values): Dtype =>
  (Object.keys(TYPES) as Dtype[]).find((dtype) => values instanceof TYPES[dtype])!;

/** Writes `<name>.bin` into the folder. @returns its description, the file named relative to the folder */
export async function writeArray(folder: string, name: string, { values, shape }: Made): Promise<ArrayFile> {
  const file = `${name}.bin`;
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  await writeFile(path.join(folder, file), bytes);
  return { file, dtype: dtypeOf(values), shape };
}

export async function readArray({ file, dtype, shape }: ArrayFile): Promise<Made> {
  const { buffer, byteOffset, byteLength } = await readFile(file);
  return { values: new TYPES[dtype](buffer.slice(byteOffset, byteOffset + byteLength)), shape };
}

/** As our library takes a matrix of numbers. */
export const asMatrix = ({ values, shape: [n, d] }: Made): { values: Values; shape: [number, number] } => ({
  values,
  shape: [n, d],
});
