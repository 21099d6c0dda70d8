import { Tensor } from '@tensorflow/tfjs-core';
import { InputError } from './errors.js';

/** What a value must be, in words, and the test of it. */
export interface Rule {
  readonly must: string;
  readonly holds: (value: unknown) => boolean;
}

const rule = (must: string, holds: (value: unknown) => boolean): Rule => ({ must, holds });
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);

/** An integer from `min` to `max`. */
export const integer = (min: number, max: number = Number.MAX_SAFE_INTEGER): Rule =>
  rule(
    max === Number.MAX_SAFE_INTEGER ? `an integer of at least ${min}` : `an integer from ${min} to ${max}`,
    (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max,
  );

export const finite: Rule = rule('a finite number', isNumber);

/** A finite number that is 0 or more. */
export const nonNegative: Rule = rule('a finite number, 0 or more', (value) => isNumber(value) && value >= 0);

/** A number from `low` to `high`. */
export const from = (low: number, high: number): Rule =>
  rule(`a number from ${low} to ${high}`, (value) => isNumber(value) && value >= low && value <= high);

/** A number strictly between `low` and `high`. */
export const between = (low: number, high: number): Rule =>
  rule(`a number between ${low} and ${high}`, (value) => isNumber(value) && value > low && value < high);

/** One of a few names. */
export const oneOf = (...names: string[]): Rule =>
  rule(`one of ${names.map((name) => `'${name}'`).join(', ')}`, (value) => names.includes(value as string));

export const bool: Rule = rule('true or false', (value) => typeof value === 'boolean');
export const fn: Rule = rule('a function', (value) => typeof value === 'function');
export const seed: Rule = integer(0, 2 ** 32 - 1);

/** Text, one for each of something. */
export const names: Rule = rule(
  'an array of names',
  (value) => Array.isArray(value) && value.every((each) => typeof each === 'string'),
);

/** Anything but null; for values that are checked where they are read (matrices, weights). */
export const something: Rule = rule('given', (value) => value !== null);

export const abortSignal: Rule = rule(
  'an AbortSignal',
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    'aborted' in value &&
    'throwIfAborted' in value &&
    typeof value.throwIfAborted === 'function',
);

/** An object with keys: not null, not an array, not a tensor. */
export const record: Rule = rule(
  'an object',
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Tensor),
);

/** What can be shuffled. */
export const list: Rule = rule(
  'an array',
  (value) => Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView)),
);

/** Something that may be rows: read and checked further by `sourceOf`. */
export const matrix: Rule = rule(
  'a 2-D tensor, an array of rows or { values, shape }',
  (value) => typeof value === 'object' && value !== null,
);

/** Any of several rules. */
export const either = (...rules: Rule[]): Rule =>
  rule(rules.map((each) => each.must).join(', or '), (value) => rules.some((each) => each.holds(value)));

/** What may be missing, as null. */
export const nullOr = (other: Rule): Rule =>
  rule(`null, or ${other.must}`, (value) => value === null || other.holds(value));

/** The rules of `FitEvents`. */
export const eventRules: Record<string, Rule> = { onIteration: fn, onInit: fn, signal: abortSignal };

const LONGEST = 60;
const short = (text: string): string => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text);

/** A value as an error message shows it: short, and of one line. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(short(value));
  if (value instanceof Tensor) return `a ${value.dtype} tensor of shape [${value.shape.join(', ')}]`;
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${short(String(value))}n`;
  if (value instanceof DataView) return 'a DataView';
  if (Array.isArray(value) || ArrayBuffer.isView(value)) {
    const { length } = value as unknown as ArrayLike<unknown>;
    return `an array of ${length} element${length === 1 ? '' : 's'}`;
  }
  if (typeof value === 'object' && value !== null) return showKeys(Object.keys(value));
  return short(String(value));
}

function showKeys(keys: string[]): string {
  if (keys.length === 0) return 'an object without keys';
  const more = keys.length > 12 ? ` and ${keys.length - 12} more` : '';
  const names = short(keys.slice(0, 12).join(', ')).replace(/\s+/g, ' ');
  return `an object with keys ${names}${more}`;
}

/**
 * Checks one value.
 *
 * @throws InputError that names `what`, the rule and the value seen
 */
export function check(what: string, value: unknown, must: Rule): void {
  if (!must.holds(value)) throw new InputError(`${what} must be ${must.must}; got ${show(value)}.`);
}

/**
 * Checks a tensor of the pure functions: their arguments are not read, so its values are not looked at.
 *
 * @param shape a number where the length is known, a letter where it is not
 * @throws InputError that names `what`, the shape it must have and what was given
 */
export function checkTensor(what: string, x: unknown, shape: readonly (number | string)[]): void {
  const fits =
    x instanceof Tensor &&
    x.dtype === 'float32' &&
    x.rank === shape.length &&
    (x.shape as number[]).every((length, axis) => typeof shape[axis] === 'string' || shape[axis] === length);
  if (!fits) {
    throw new InputError(`${what} must be a float32 tensor of shape [${shape.join(', ')}]; got ${show(x)}.`);
  }
  if (x.isDisposed) {
    throw new InputError(`${what} was disposed (it was ${show(x)}); pass one that is still alive.`);
  }
}

/**
 * Makes room for numbers.
 *
 * @throws InputError that names `what` where there is no room for `n`
 */
export function room(what: string, n: number): Float64Array {
  try {
    return new Float64Array(n);
  } catch {
    throw new InputError(`${what} asks for ${n} numbers, more than memory holds; ask for fewer at a time.`);
  }
}

/**
 * Checks an options record before any work: every key is known, every value that is given keeps its rule.
 *
 * @param where the call, as the message names it: `KMeans.fit`
 * @throws InputError that names the option and the value seen
 */
export function checkOptions(where: string, options: unknown, rules: Record<string, Rule>): void {
  if (options === undefined) return;
  check(`${where}: the options`, options, record);
  for (const [name, value] of Object.entries(options as Record<string, unknown>)) {
    if (!Object.hasOwn(rules, name)) {
      throw new InputError(
        `${where}: unknown option ${show(name)} (its value is ${show(value)}). Known: ${Object.keys(rules).join(', ')}.`,
      );
    }
    if (value !== undefined) check(`${where}: ${name}`, value, rules[name]);
  }
}

/**
 * The features' names as a model keeps them.
 *
 * @param where the call, as messages name it
 * @returns null where none are given
 * @throws InputError unless there is one for each of `d` features
 */
export function featureNamesOf(
  where: string,
  given: readonly string[] | undefined,
  d: number,
): readonly string[] | null {
  if (given === undefined) return null;
  if (given.length === d) return Object.freeze([...given]);
  throw new InputError(
    `${where}: featureNames has ${given.length} names and x has ${d} columns; give one for each.`,
  );
}
