import type { Tensor2D } from '@tensorflow/tfjs-core';
import { InputError } from './errors.js';

/** Milliseconds of work after which the event loop gets a turn: one frame of a page. */
const FRAME = 16;

/**
 * Gives the event loop a whole turn. `await tensor.data()` in Node does not: timers, progress bars, Ctrl-C and
 * servers wait for as long as only microtasks are queued.
 */
export function macrotask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') {
      setImmediate(resolve);
      return;
    }
    const { port1, port2 } = new MessageChannel();
    Object.assign(port1, { onmessage: () => resolve(port1.close()) });
    port2.postMessage(null);
  });
}

/** Called between pieces of work: yields when a frame has passed, and ends the work when it was cancelled. */
export type Pace = () => Promise<void>;

/**
 * @param signal its reason is what the returned function throws once it is aborted
 */
export function pacer(signal?: AbortSignal): Pace {
  let last = performance.now();
  return async () => {
    signal?.throwIfAborted();
    if (performance.now() - last < FRAME) return;
    await macrotask();
    last = performance.now();
    signal?.throwIfAborted();
  };
}

/** Rows that a loop takes batch by batch, as tensors or in another form. */
export interface Batched<X extends { dispose(): void }> {
  readonly nRows: number;
  readonly batchRows: number;
  /** Rows `start` to `end`, relative to the origin; the caller's to free. */
  batch(start: number, end: number): X | Promise<X>;
}

/**
 * The one loop over rows: adds up `accumulate` over all batches, handing each batch what it remembered the last time.
 *
 * @param memos one entry a batch, kept by the caller between passes
 */
export async function fold<S, M, X extends { dispose(): void } = Tensor2D>(
  rows: Batched<X>,
  accumulate: (batch: Batch<X>, memo: M | undefined) => Promise<{ statistics: S; memo: M }>,
  merge: (a: S, b: S) => S,
  memos: M[],
  pace: Pace,
): Promise<S> {
  let total: S | undefined;
  for (let i = 0, start = 0; start < rows.nRows; i++, start += rows.batchRows) {
    const end = Math.min(rows.nRows, start + rows.batchRows);
    const x = await rows.batch(start, end);
    try {
      const { statistics, memo } = await accumulate({ x, start, end }, memos[i]);
      memos[i] = memo;
      total = total === undefined ? statistics : merge(total, statistics);
    } finally {
      x.dispose();
    }
    await pace();
  }
  return total as S;
}

/** Rows `start` to `end` of the data, relative to its origin. */
export interface Batch<X = Tensor2D> {
  readonly x: X; // [end - start, D]
  readonly start: number;
  readonly end: number;
}

const TOO_LATE = 'params() was called after its hook, onIteration; call it there.';

/** What one iteration made of the parameters. */
export interface Step<P> {
  readonly params: P;
  readonly objective: number;
  readonly change: number;
  readonly done: boolean;
  /** The objectives after iterations that were made with it, before it. */
  readonly before?: readonly number[];
}

/** Hooks into a fit: see `KMeansOptions` and `GaussianMixtureOptions`. */
export interface FitEvents {
  /**
   * After every iteration of every restart; a returned promise is waited for. `params()` copies, and only if called: before
   * the hook ends, as no state is kept that the next one replaced.
   */
  onIteration?: (state: {
    init: number;
    iteration: number;
    objective: number;
    change: number;
    /** Copies in the data's units, under the model's field names. @throws InputError once the hook has ended */
    params(): Record<string, Float32Array>;
  }) => void | Promise<void>;
  /** After every restart. */
  onInit?: (state: {
    init: number;
    converged: boolean;
    iterations: number;
    objective: number;
  }) => void | Promise<void>;
  /** Rejects with the signal's reason within two iterations, or a call of several (some 10 ms), and frees all tensors. */
  signal?: AbortSignal;
}

/** One restart, iterated to its end. */
export interface Run<P> {
  readonly params: P;
  readonly objective: number;
  readonly converged: boolean;
  readonly nIter: number;
  readonly history: number[];
}

/**
 * Iterates one restart from `start` until `step` says it is done, or `maxIter` times, telling `events` on the way.
 * A step may make as many iterations as its second argument says: more than one where nobody is told of each.
 * States are plain arrays on the host.
 *
 * @param replaced is told of a state that the next one replaced
 */
export async function iterate<P>(
  init: number,
  start: P,
  step: (params: P, most: number) => Promise<Step<P>>,
  maxIter: number,
  events: FitEvents,
  report: (params: P) => Record<string, Float32Array>,
  replaced?: (params: P) => void,
): Promise<Run<P>> {
  let params = start;
  let converged = false;
  const history: number[] = [];
  while (!converged && history.length < maxIter) {
    const next = await step(params, events.onIteration ? 1 : maxIter - history.length);
    if (next.params !== params) replaced?.(params);
    params = next.params;
    converged = next.done;
    history.push(...(next.before ?? []), next.objective);
    const { objective, change } = next;
    let current: P | undefined = params;
    await events.onIteration?.({
      init,
      iteration: history.length,
      objective,
      change,
      params: () => {
        if (current === undefined) throw new InputError(TOO_LATE);
        return report(current);
      },
    });
    current = undefined;
    events.signal?.throwIfAborted();
  }
  const objective = history[history.length - 1];
  await events.onInit?.({ init, converged, iterations: history.length, objective });
  return { params, objective, converged, nIter: history.length, history };
}
