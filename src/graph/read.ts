/**
 * A model read back from artifacts that nothing is known of: whatever is in them, the answer is a model's parts or a
 * ModelFormatError that says what is wrong.
 */
import type { io } from '@tensorflow/tfjs-core';
import { nullOr, record, show, type Rule } from '../core/checks.js';
import { ModelFormatError } from '../core/errors.js';
import { sealOf } from './checksum.js';
import { isRecord, own, readSpecs, type Placed } from './specs.js';
import { concatBytes, paramOf } from './weights.js';
import { FORMAT_VERSION, KEY } from './write.js';

/** The bytes of all weights, whatever the handler keeps them in. */
function bytesOf(where: string, data: unknown): Uint8Array {
  const parts: unknown[] = Array.isArray(data) ? data : [data];
  return concatBytes(
    parts.map((part) => {
      if (part instanceof ArrayBuffer) return new Uint8Array(part);
      if (ArrayBuffer.isView(part)) return new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
      throw new ModelFormatError(`${where}: the model's weights must be bytes; got ${show(part)}.`);
    }),
  );
}

/** The metadata that our models have. */
function metadataOf(where: string, kind: string, artifacts: unknown): Record<string, unknown> {
  if (!isRecord(artifacts)) throw new ModelFormatError(`${where}: got no model but ${show(artifacts)}.`);
  const metadata = own(artifacts, 'userDefinedMetadata');
  const model = isRecord(metadata) ? own(metadata, KEY) : undefined;
  if (!isRecord(model)) {
    throw new ModelFormatError(
      `${where}: this is no model that tfjs-latent saved (its metadata has no '${KEY}'); a GraphModel of another origin is loaded with tf.loadGraphModel.`,
    );
  }
  const formatVersion = own(model, 'formatVersion');
  if (!Number.isInteger(formatVersion) || (formatVersion as number) < 1) {
    throw new ModelFormatError(
      `${where}: the format version must be an integer of at least 1; got ${show(formatVersion)}.`,
    );
  }
  if ((formatVersion as number) > FORMAT_VERSION) {
    throw new ModelFormatError(
      `${where}: the model has format version ${formatVersion as number} and this tfjs-latent reads up to ${FORMAT_VERSION}; update tfjs-latent.`,
    );
  }
  const found = own(model, 'kind');
  if (found !== kind) {
    throw new ModelFormatError(`${where}: the model's kind must be '${kind}'; it is ${show(found)}.`);
  }
  return model;
}

/** What float32 holds. */
const LARGEST = 3.4e38;
/** The square of more is beyond float32. */
const FARTHEST = 1e18;

/** What a param may be: lengths by number where they are known, by null where any of at least 1 will do. */
export type ShapeRule = readonly (number | null)[];

const fits = (shape: readonly number[], rule: ShapeRule): boolean =>
  shape.length === rule.length &&
  shape.every((length, axis) => (rule[axis] === null ? length > 0 : length === rule[axis]));

/** What stands in a file, and where. */
interface Content {
  readonly meta: Record<string, unknown>;
  readonly weights: Map<string, Placed>;
  readonly bytes: Uint8Array;
  readonly float64: readonly unknown[];
}

const brokenAt = (where: string, what: string): ModelFormatError =>
  new ModelFormatError(`${where}: the model is broken: ${what}.`);

function checkSeal(where: string, told: unknown, bytes: Uint8Array, expected: unknown): void {
  let seal: string;
  try {
    seal = sealOf(told, bytes);
  } catch (error) {
    throw brokenAt(where, `what it tells of itself is no JSON (${(error as Error).message})`);
  }
  if (seal === expected) return;
  throw brokenAt(
    where,
    `its checksum is ${seal} where ${show(expected)} was saved: it was damaged, or its parts belong to two models`,
  );
}

/**
 * Opens a saved model.
 *
 * @param where the call, as messages name it
 * @param kind the estimator's name
 * @throws ModelFormatError for what is no model of this kind, and for what is not as it was saved
 */
export function readArtifacts(where: string, kind: string, artifacts: unknown): ModelFile {
  const model = metadataOf(where, kind, artifacts);
  const { weightSpecs, weightData } = artifacts as io.ModelArtifacts;
  const { weights, total } = readSpecs(where, weightSpecs);
  const bytes = bytesOf(where, weightData);
  if (bytes.length !== total) {
    throw brokenAt(where, `its weights are ${bytes.length} bytes where their shapes ask for ${total}`);
  }
  const [meta, float64] = [own(model, 'meta'), own(model, 'float64')];
  if (!isRecord(meta)) throw brokenAt(where, `its meta must be an object; it is ${show(meta)}`);
  if (!Array.isArray(float64))
    throw brokenAt(where, `its float64 must be a list of names; it is ${show(float64)}`);
  const told = { kind, float64, meta, weightSpecs: [...weights.values()].map(({ spec }) => spec) };
  checkSeal(where, told, bytes, own(model, 'checksum'));
  return new ModelFile(where, kind, { meta, weights, bytes, float64 });
}

/** The parts of a saved model, each checked as it is taken. */
export class ModelFile {
  readonly #content: Content;
  readonly #prefix: string;

  constructor(
    readonly where: string,
    readonly kind: string,
    content: Content,
    prefix = '',
  ) {
    this.#content = content;
    this.#prefix = prefix;
  }

  /** The models of a pipeline. @throws ModelFormatError where there are none */
  steps(): ModelFile[] {
    const steps = own(this.#content.meta, 'steps');
    if (!Array.isArray(steps)) throw this.broken(`its steps must be a list; it is ${show(steps)}`);
    return steps.map((step: unknown, i) => {
      const [kind, meta] = isRecord(step) ? [own(step, 'kind'), own(step, 'meta')] : [];
      if (typeof kind !== 'string' || !isRecord(meta)) {
        throw this.broken(`step ${i} must have a kind and a meta; it is ${show(step)}`);
      }
      return new ModelFile(
        `${this.where}: step ${i}`,
        kind,
        { ...this.#content, meta },
        `${this.#prefix}${i}/`,
      );
    });
  }

  /** @returns an error about this file, to be thrown */
  broken(what: string): ModelFormatError {
    return brokenAt(this.where, what);
  }

  /** [D] The origin, in float64. */
  origin(): Float64Array {
    return this.floats('origin', [null], LARGEST).values;
  }

  /** Numbers relative to the origin: float32 holds their squares. */
  relative(name: string, shape: ShapeRule): Float64Array {
    return this.floats(name, shape, FARTHEST).values;
  }

  nonNegative(name: string, shape: ShapeRule): Float64Array {
    const { values } = this.floats(name, shape, LARGEST);
    const bad = values.findIndex((value) => value < 0);
    if (bad >= 0) throw this.broken(`entry ${bad} of ${name} is ${values[bad]}, which must be 0 or more`);
    return values;
  }

  has(name: string): boolean {
    return this.#content.weights.has(`${KEY}/${this.#prefix}${name}`);
  }

  /** Finite numbers of size `most` at most. */
  floats(
    name: string,
    shape: ShapeRule,
    most: number = Number.MAX_VALUE,
  ): { values: Float64Array; shape: readonly number[] } {
    const param = this.#param(name, shape, true);
    const bad = param.values.findIndex((value) => !(Math.abs(value) <= most));
    if (bad >= 0)
      throw this.broken(
        `entry ${bad} of ${name} is ${param.values[bad]}, which must be a number of size ${most} at most`,
      );
    return { values: param.values as Float64Array, shape: param.shape };
  }

  /** Integers from 0 to below `end`. */
  integers(name: string, shape: ShapeRule, end: number): { values: Int32Array; shape: readonly number[] } {
    const param = this.#param(name, shape, false);
    const bad = param.values.findIndex((value) => value < 0 || value >= end);
    if (bad >= 0)
      throw this.broken(
        `entry ${bad} of ${name} is ${param.values[bad]}, which must be from 0 to ${end - 1}`,
      );
    return { values: param.values as Int32Array, shape: param.shape };
  }

  /** An entry of the metadata that keeps its rule. */
  meta<T>(name: string, rule: Rule): T {
    const value = own(this.#content.meta, name);
    if (!rule.holds(value)) throw this.broken(`its ${name} must be ${rule.must}; it is ${show(value)}`);
    return value as T;
  }

  /** What the model was fitted with: every setting keeps its rule, and no other is taken. */
  settings<T>(name: string, rules: Record<string, Rule>): T | null {
    const given = this.meta<Record<string, unknown> | null>(name, nullOr(record));
    if (given === null) return null;
    const taken = Object.entries(rules).map(([key, rule]) => {
      // What is not there is null: a setting that came later, or is missing where its rule wants a value.
      const value = own(given, key) ?? null;
      if (!rule.holds(value))
        throw this.broken(`its ${name}.${key} must be ${rule.must}; it is ${show(value)}`);
      return [key, value];
    });
    return Object.fromEntries(taken) as T;
  }

  #param(name: string, rule: ShapeRule, wide: boolean) {
    const { weights, bytes, float64 } = this.#content;
    const placed = weights.get(`${KEY}/${this.#prefix}${name}`);
    if (!placed) throw this.broken(`it has no ${name}`);
    const { spec, start, end } = placed;
    const shape = wide ? [...rule, 2] : rule;
    if (
      spec.dtype !== 'int32' ||
      (wide && spec.quantization) ||
      float64.includes(this.#prefix + name) !== wide
    ) {
      throw this.broken(`${name} must be ${wide ? 'float64' : 'integers'}, and is saved as something else`);
    }
    if (!fits(spec.shape, shape)) {
      const must = shape.map((length) => length ?? 'any').join(', ');
      throw this.broken(`${name} must have the shape [${must}]; it is [${spec.shape.join(', ')}]`);
    }
    return paramOf(spec, bytes.subarray(start, end), wide);
  }
}
