import { kernelCode } from '../core/native.js';
import { assignOnHost } from './hamerly.js';
import { allLabels, assignByTensors, type Centers, type Memo, type Statistics } from './lloyd.js';
import type { Problem } from './problem.js';
import { boundedPasses, hasBounds } from './yinyang.js';

export type Algorithm = 'auto' | 'lloyd' | 'elkan';

/** The passes of one restart, with what they remember. */
export interface Passes {
  /** Every row to its nearest centre. */
  assign(centers: Centers): Promise<Statistics>;
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
