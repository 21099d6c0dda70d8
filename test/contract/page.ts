/** What the page of the contract has beside the library: its cases, run by name. */
import { answersOf, type Answers, type Where } from './case.js';
import { cases } from './cases.js';

export * from '../../src/index.js';

export function answer(name: string, where: Where): Promise<Answers> {
  return answersOf(
    cases.find((each) => each.name === name)!,
    where,
  );
}
