import { assignOnHost } from './hamerly.js';
import { assignByTensors, type Centers, type Memo, type Statistics } from './lloyd.js';
import type { Problem } from './problem.js';
import { boundedPasses, hasBounds } from './yinyang.js';

export type Algorithm = 'auto' | 'lloyd' | 'elkan';

/** The passes of one restart, with what they remember. */
export interface Passes {
  /** Every row to its nearest centre. */
  assign(centers: Centers): Promise<Statistics>;
  readonly memos: readonly Memo[];
}

/** On the host wherever the problem is held there; else by tensors, as `algorithm` says. */
export function passesOf(problem: Problem, k: number, algorithm: Algorithm): Passes {
  const { host } = problem;
  const memos: Memo[] = [];
  if (host) return { memos, assign: (centers) => assignOnHost(problem, host, centers, memos) };
  if (algorithm === 'lloyd' || (algorithm === 'auto' && !hasBounds())) {
    return { memos, assign: (centers) => assignByTensors(problem, centers, memos) };
  }
  return boundedPasses(problem, k);
}
