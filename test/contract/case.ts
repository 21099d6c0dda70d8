/**
 * One definition of what every backend has to answer: cases run under jest in Node and, bundled, in a page. Nothing here or
 * in cases/ may need either of them.
 */
import { memory, Tensor } from '@tensorflow/tfjs-core';
import { hostLimit as clusterLimit } from '../../src/cluster/problem.js';
import { hostLimit as mixtureLimit } from '../../src/mixture/host.js';
import { useKernels } from '../support/kernels.js';

/** Where a fit's passes run: in the kernels of the backend in use, as operations on its tensors, or in typed arrays. */
export type Where = 'kernels' | 'tensors' | 'host';

/** An answer, as plain numbers that can leave a page. */
export interface Answer {
  values: number[];
  shape: number[];
  dtype: string;
}

export type Answers = Record<string, Answer>;

export interface Case {
  readonly name: string;
  /** Fits are tried in both places; what is no fit has but one. */
  readonly isFit?: boolean;
  /**
   * How far a number may be off, as a share of the largest of its answer. Default 2e-5: a few dozen roundings of float32.
   * Labels and counts (int32, plain integers) are equal.
   */
  readonly within?: number;
  /** Tensors are read, and freed, by who runs the case; a `tidy` around them is the case's own. */
  compute(): Promise<Record<string, Tensor | number | readonly number[]>>;
}

const HERE = {
  cluster: { perRow: clusterLimit.perRow, small: clusterLimit.small },
  mixture: { work: mixtureLimit.work },
};

function use(where: Where): void {
  const off = where === 'host' ? 1 : 0;
  clusterLimit.perRow = off * HERE.cluster.perRow;
  clusterLimit.small = off * HERE.cluster.small;
  mixtureLimit.work = off * HERE.mixture.work;
  useKernels(where === 'kernels');
}

async function answerOf(value: Tensor | number | readonly number[]): Promise<Answer> {
  if (value instanceof Tensor) {
    const values = Array.from((await value.data()) as Float32Array);
    value.dispose();
    return { values, shape: value.shape, dtype: value.dtype };
  }
  const values = typeof value === 'number' ? [value] : [...value];
  const dtype = values.every(Number.isInteger) ? 'int32' : 'float64';
  return { values, shape: typeof value === 'number' ? [] : [values.length], dtype };
}

/**
 * Runs a case on the backend in use.
 *
 * @throws Error where it leaves tensors behind
 */
export async function answersOf(each: Case, where: Where): Promise<Answers> {
  use(where);
  const before = memory().numTensors;
  try {
    const answers: Answers = {};
    for (const [name, value] of Object.entries(await each.compute())) answers[name] = await answerOf(value);
    const left = memory().numTensors - before;
    if (left !== 0) throw new Error(`${each.name} leaves ${left} tensors`);
    return answers;
  } finally {
    use('host');
  }
}
