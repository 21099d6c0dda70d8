import { expectClose } from '../support/close.js';
import type { Answers, Case, Where } from './case.js';

/** Fails unless two runs of a case answer the same. */
export function expectSame(found: Answers, known: Answers, { within = 2e-5 }: Case, where: Where): void {
  expect(Object.keys(found)).toEqual(Object.keys(known));
  for (const [key, { values, shape, dtype }] of Object.entries(known)) {
    expect([key, found[key].dtype]).toEqual([key, dtype]);
    const largest = Math.max(...values.filter(Number.isFinite).map(Math.abs), 0);
    const allowed = dtype === 'int32' ? { rtol: 0 } : { rtol: within, atol: within * largest };
    expectClose(found[key], { values, shape }, { ...allowed, what: `${key} (${where})` });
  }
}
