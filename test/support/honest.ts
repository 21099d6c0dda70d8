import { memory, Tensor } from '@tensorflow/tfjs-core';
import { InputError, NumericalError } from '../../src/index.js';

/** Registers something that the property itself made: tensors in it are freed after the call, and not before. */
export type Give = <T>(x: T) => T;

const isModel = (x: unknown): x is { dispose(): void } =>
  typeof x === 'object' && x !== null && 'dispose' in x && typeof x.dispose === 'function';

function free(x: unknown): void {
  if (x instanceof Tensor) {
    if (!x.isDisposed) x.dispose();
  } else if (isModel(x)) x.dispose();
  else if (typeof x === 'object' && x !== null && !ArrayBuffer.isView(x)) Object.values(x).forEach(free);
}

/** What the numbers of a result may be. */
export type Numbers = 'finite' | 'not NaN' | 'any';

const ALLOWED: Record<Numbers, (x: number) => boolean> = {
  finite: Number.isFinite,
  'not NaN': (x) => !Number.isNaN(x),
  any: () => true,
};

/** The path of the first number in `x` that is not allowed: in tensors, arrays and the fields of models. */
export function firstWrong(x: unknown, numbers: Numbers, path = 'result'): string | null {
  const allowed = ALLOWED[numbers];
  if (typeof x === 'number') return allowed(x) ? null : `${path} is ${x}`;
  if (typeof x !== 'object' || x === null) return null;
  const inside: object = x instanceof Tensor ? x.dataSync() : x;
  if (ArrayBuffer.isView(inside)) {
    const values = inside as unknown as ArrayLike<number>;
    const at = Array.from(values).findIndex((value) => !allowed(value));
    return at < 0 ? null : `${path}[${at}] is ${values[at]}`;
  }
  for (const [name, value] of Object.entries(inside)) {
    const found = firstWrong(value, numbers, `${path}.${name}`);
    if (found) return found;
  }
  return null;
}

function checkError(error: unknown): void {
  if (!(error instanceof InputError) && !(error instanceof NumericalError)) {
    const stack = error instanceof Error ? error.stack : String(error);
    throw new Error(`neither an InputError nor a NumericalError: ${stack}`);
  }
  // Where, and at least one sentence.
  if (!/^[\w.-]+:? .{20,}\.$/s.test(error.message)) {
    throw new Error(`a message that does not say enough: ${error.message}`);
  }
}

/**
 * Runs a call on input that may be anything, and fails unless it ends in a result whose every number is finite or in an
 * error that says what is wrong, leaving no tensor behind.
 *
 * @param numbers what the result may hold, where the input excuses more than finite numbers
 */
export async function expectHonest(run: (give: Give) => unknown, numbers: Numbers = 'finite'): Promise<void> {
  const before = memory().numTensors;
  const made: unknown[] = [];
  const give: Give = (x) => {
    made.push(x);
    return x;
  };
  let result: unknown;
  try {
    result = await run(give);
  } catch (error) {
    checkError(error);
  }
  const found = firstWrong(result, numbers);
  free(result);
  made.forEach(free);
  if (found) throw new Error(found);
  const left = memory().numTensors - before;
  if (left !== 0) throw new Error(`${left} tensors left behind`);
}
