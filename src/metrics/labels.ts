import { Tensor } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { readVector } from '../core/given.js';

/** A labeling of N rows, its K labels renamed 0 … K - 1 in the order in which they first appear. */
export interface Labeling {
  /** [N] */
  readonly codes: Int32Array;
  /** [K] rows with each label */
  readonly counts: Int32Array;
}

function lengthOf(given: unknown): number {
  if (given instanceof Tensor) return given.size;
  return (given as ArrayLike<unknown> | null | undefined)?.length ?? 0;
}

/** Renames labels. */
export function labelingOf(labels: ArrayLike<number>): Labeling {
  const names = new Map<number, number>();
  const counts: number[] = [];
  const codes = new Int32Array(labels.length);
  for (let i = 0; i < labels.length; i++) {
    const code = names.get(labels[i]) ?? names.size;
    if (code === names.size) {
      names.set(labels[i], code);
      counts.push(0);
    }
    codes[i] = code;
    counts[code]++;
  }
  return { codes, counts: Int32Array.from(counts) };
}

/**
 * Reads labels to the host. Any integers will do: negative ones, and ones with gaps.
 *
 * @param where the call and argument, as messages name it: `adjustedRandScore: a`
 * @param length how many there must be; any number above 0 if not given
 * @throws InputError for a wrong type or length, no entries, and a label that is not an integer
 */
export async function readLabels(where: string, given: unknown, length = lengthOf(given)): Promise<Labeling> {
  const labels = await readVector(where, given, length);
  if (labels.length === 0) throw new InputError(`${where} must have at least one label; it has 0.`);
  const broken = labels.findIndex((label) => !Number.isInteger(label));
  if (broken >= 0) {
    throw new InputError(
      `${where}: entry ${broken} is ${labels[broken]}; labels are integers, so round or number them.`,
    );
  }
  return labelingOf(labels);
}
