import type { Rows } from '../core/rows.js';
import type { Labeling } from './labels.js';

/** Some rows of a data set, or all of them. */
export interface Points {
  readonly rows: Rows;
  /** [M] which */
  readonly chosen: Int32Array;
}

/**
 * Where to cut rows that are in order of their cluster, so that a large cluster has blocks of its own: products lose
 * the digits of distances that are small against the spread of a block.
 *
 * @returns the end of each block; none has more than `most` rows
 */
function cuts(counts: ArrayLike<number>, most: number): number[] {
  const large = most / 8;
  const ends: number[] = [];
  let start = 0;
  let end = 0;
  for (const count of Array.from(counts)) {
    if (end > start && Math.max(end - start, count) >= large) {
      ends.push(end);
      start = end;
    }
    end += count;
    for (let pieces = Math.ceil((end - start) / most); pieces > 1; pieces--) {
      start += Math.ceil((end - start) / pieces);
      ends.push(start);
    }
  }
  return [...ends, end];
}

/** The points in order of their label. */
function sorted({ codes, counts }: Labeling): Int32Array {
  const next = new Int32Array(counts.length);
  for (let k = 1; k < counts.length; k++) next[k] = next[k - 1] + counts[k - 1];
  const order = new Int32Array(codes.length);
  codes.forEach((code, point) => (order[next[code]++] = point));
  return order;
}

/** The points in order of their label, cut into blocks of `most` at most. */
export function blocksOf(labeling: Labeling, most: number): Int32Array[] {
  const order = sorted(labeling);
  const ends = cuts(labeling.counts, most);
  return ends.map((end, i) => order.subarray(i === 0 ? 0 : ends[i - 1], end));
}
