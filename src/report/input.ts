import { InputError } from '../core/errors.js';

/** Rows of two numbers: arrays, or a typed array with its shape. */
export type Points =
  readonly ArrayLike<number>[] | { values: ArrayLike<number>; shape: readonly [number, number] };

/** Points that are drawn at most: more of them are neither seen nor quickly drawn. */
export const MOST_POINTS = 5000;

const shown = (value: unknown): string =>
  typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value).slice(0, 40);

/** Text of a card. */
export function text(where: string, value: unknown): string {
  if (typeof value === 'string') return value;
  throw new InputError(`${where} must be text; got ${shown(value)}.`);
}

/** Finite numbers as a plain array. */
export function numbers(where: string, values: ArrayLike<number>): number[] {
  if (typeof values !== 'object' || values === null || !('length' in values)) {
    throw new InputError(`${where} must be an array of numbers; got ${shown(values)}.`);
  }
  const list = Array.from(values);
  const wrong = list.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return list;
  throw new InputError(`${where}[${wrong}] is ${shown(list[wrong])}; a report draws finite numbers only.`);
}

/** Rows of finite numbers, all of one length (`width`, where it is given). */
export function rows(where: string, values: Points, width?: number): number[][] {
  const list = Array.isArray(values)
    ? (values as readonly ArrayLike<number>[])
    : cut(where, values as Exclude<Points, readonly unknown[]>);
  const expected = width ?? list[0]?.length ?? 0;
  return list.map((row, i) => {
    const found = numbers(`${where}[${i}]`, row);
    if (found.length === expected) return found;
    throw new InputError(`${where}[${i}] must have ${expected} numbers; it has ${found.length}.`);
  });
}

function cut(where: string, { values, shape }: Exclude<Points, readonly unknown[]>): number[][] {
  if (!shape || shape[0] * shape[1] !== values?.length) {
    throw new InputError(
      `${where} must be rows, or { values, shape: [N, D] } with N x D numbers; got shape ${shown(shape)}.`,
    );
  }
  return Array.from({ length: shape[0] }, (_, i) =>
    Array.from({ length: shape[1] }, (_, j) => values[i * shape[1] + j]),
  );
}

/** `n` labels from 0 on. */
export function labels(where: string, values: ArrayLike<number>, n: number): number[] {
  const list = numbers(where, values);
  if (list.length !== n) throw new InputError(`${where} must have ${n} labels; it has ${list.length}.`);
  const wrong = list.find((value) => !Number.isInteger(value) || value < 0 || value > 999);
  if (wrong === undefined) return list;
  throw new InputError(`${where} must hold integers from 0 to 999; one is ${wrong}.`);
}

/** Names of the labels: those given, and `cluster k` for the others. */
export function names(found: readonly number[], given: readonly string[] = []): string[] {
  const n = Math.max(given.length, 1 + found.reduce((a, b) => Math.max(a, b), -1));
  return Array.from({ length: n }, (_, k) => given[k] ?? `cluster ${k}`);
}

/** Which of `n` rows to draw, evenly taken, and the sentence that says so. */
export function sampled(n: number): { keep: number[]; note?: string } {
  if (n <= MOST_POINTS) return { keep: Array.from({ length: n }, (_, i) => i) };
  const keep = Array.from({ length: MOST_POINTS }, (_, i) => Math.floor((i * n) / MOST_POINTS));
  const [some, all] = [MOST_POINTS, n].map((value) => value.toLocaleString('en'));
  return { keep, note: `${some} of ${all} points are drawn, taken evenly.` };
}
