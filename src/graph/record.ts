/**
 * A fitted model as plain data: what an estimator hands to be written, and gets back when it is read.
 */

/** Numbers of a model with their shape; float64 comes back to the last bit. */
export type Param =
  | { readonly values: Float64Array; readonly shape: readonly number[] }
  | { readonly values: Int32Array; readonly shape: readonly number[] };

/** A copy of some numbers, as a param [n]. */
export const vector = (values: ArrayLike<number>): Param => ({
  values: Float64Array.from(values),
  shape: [values.length],
});

/** What JSON holds without loss. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export interface ModelRecord {
  /** The estimator's name. */
  readonly kind: string;
  readonly params: Readonly<Record<string, Param>>;
  readonly meta: Readonly<Record<string, Json>>;
  /** What the graph needs besides the params, and follows from them: not read back. */
  readonly derived?: Readonly<Record<string, Param>>;
  /** Of a pipeline, which has no params and meta of its own: models one after the other. */
  readonly steps?: readonly ModelRecord[];
}

const records = new WeakMap<object, () => ModelRecord | Promise<ModelRecord>>();

/** Called by an estimator as it is made: how its record is had, for what saves it as a part of something. */
export const describe = (model: object, record: () => ModelRecord | Promise<ModelRecord>): void =>
  void records.set(model, record);

/** The record of an estimator. */
export const recordOf = async (model: object): Promise<ModelRecord> => records.get(model)!();
