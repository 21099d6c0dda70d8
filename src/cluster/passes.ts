import type { Step } from '../core/iterate.js';
import { kernelCode } from '../core/native.js';
import { assignOnHost } from './hamerly.js';
import { allLabels, assignByTensors, update, type Centers, type Memo, type Statistics } from './lloyd.js';
import type { Problem } from './problem.js';
import { boundedPasses, hasBounds } from './yinyang.js';

export type Algorithm = 'auto' | 'lloyd' | 'elkan';

/** The passes of one restart, with what they remember. */
export interface Passes {
  /** Every row to its nearest centre. */
  assign(centers: Centers): Promise<Statistics>;
  /** Where several iterations can be made at once: up to so many; null where the first would empty a cluster. */
  ahead?(centers: Centers, most: number, tolerance: number): Promise<Step<Centers> | null>;
  /** The inertia of all rows at their nearest centre, where `ahead` has left them there. */
  known?(centers: Centers): number | undefined;
  /** Of the rows that passes run over, as the last pass left them. */
  labels(): Promise<Int32Array>;
  dispose(): void;
}

/** On the host wherever the problem is held there, else by the native kernel where it is, else by tensors; as `algorithm` says. */
export function passesOf(problem: Problem, k: number, algorithm: Algorithm): Passes {
  const { host, laid, passRows } = problem;
  const memos: Memo[] = [];
  const simple = {
    labels: async () => allLabels(memos, passRows.nRows),
    dispose: () => undefined,
  };
  if (host) return { ...simple, assign: (centers) => assignOnHost(problem, host, centers, memos) };
  const code = laid && kernelCode<typeof import('./kernel.js')>('LatentKMeansPass');
  if (code) return code.kernelPasses(problem, laid, k, algorithm);
  if (algorithm === 'lloyd' || (algorithm === 'auto' && !hasBounds())) {
    return { ...simple, assign: (centers) => assignByTensors(problem, centers, memos) };
  }
  return boundedPasses(problem, k);
}

/**
 * One of Lloyd's iterations, or several, up to so many.
 *
 * @param tolerance it is done where Σ |move of a centre|² is at most so much
 */
export async function lloydStep(
  { assign, ahead }: Passes,
  centers: Centers,
  most: number,
  tolerance: number,
): Promise<Step<Centers>> {
  const several = await ahead?.(centers, most, tolerance);
  if (several) return several;
  const statistics = await assign(centers);
  const next = update(centers, statistics);
  // At tol 0 one more pass may follow a move to an emptied cluster: that row is found changed, and whether the centres rest
  // at exactly 0 is up to rounding. To take it for unchanged would make nIter depend on whether equal rows are one.
  const settled = statistics.changed === 0 && statistics.far.length === 0;
  const params = settled ? centers : next.centers;
  return { params, objective: next.inertia, change: next.shift, done: settled || next.shift <= tolerance };
}
