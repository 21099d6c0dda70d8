import type { Pace } from '../core/iterate.js';
import type { Rows } from '../core/rows.js';

/** Equal rows as one: a picture has fewer colours than pixels. */
export interface Distinct {
  /** [M * D] In the order in which they first appear, relative to the origin. */
  readonly values: Float32Array;
  /** [N] Which of the M each row is. */
  readonly map: Int32Array;
}

/** Rows that are looked at first, evenly spread. */
const SAMPLE = 4096;

/** Rows that are read at a time. */
const BATCH = 8192;

/**
 * The distinct ones of the rows.
 *
 * @returns null where they are more than half of the rows, or a sample makes that likely
 */
export async function distinctRows(rows: Rows, pace: Pace): Promise<Distinct | null> {
  const { nRows, nFeatures: d } = rows;
  if (nRows > SAMPLE) {
    const evenly = Int32Array.from({ length: SAMPLE }, (_, s) => Math.floor((s * nRows) / SAMPLE));
    const sample = numbering(d, SAMPLE);
    sample.add(Float32Array.from(await rows.at(evenly)), new Int32Array(SAMPLE));
    // Of M rows that are as likely each, a sample of s has about s² / 2 M repeats where that is few.
    if (SAMPLE - sample.count() < Math.min(SAMPLE / 2, SAMPLE ** 2 / nRows)) return null;
  }
  const most = Math.floor(nRows / 2);
  const found = numbering(d, most);
  const map = new Int32Array(nRows);
  for (let start = 0; start < nRows; start += BATCH) {
    const end = Math.min(nRows, start + BATCH);
    if (!found.add(await rows.values(start, end), map.subarray(start, end))) return null;
    await pace();
  }
  return { values: found.values(), map };
}

/** Numbers rows by their first appearance, up to `most` of them, in a hash table with linear probing. */
function numbering(d: number, most: number) {
  const mask = 2 ** Math.ceil(Math.log2(2 * most + 2)) - 1;
  const table = new Int32Array(mask + 1); // number + 1, or 0
  const values = new Float32Array(most * d);
  const known = new Int32Array(values.buffer);
  let count = 0;
  /** Writes the numbers of some rows to `out`; false when there are too many. */
  const add = (rows: Float32Array, out: Int32Array): boolean => {
    const bits = new Int32Array(rows.buffer, rows.byteOffset, rows.length);
    for (let i = 0; i < out.length; i++) {
      let slot = hash(bits, i * d, d) & mask;
      while (table[slot] > 0 && !equal(known, (table[slot] - 1) * d, bits, i * d, d))
        slot = (slot + 1) & mask;
      if (table[slot] === 0) {
        if (count === most) return false;
        for (let j = 0; j < d; j++) values[count * d + j] = rows[i * d + j];
        table[slot] = ++count;
      }
      out[i] = table[slot] - 1;
    }
    return true;
  };
  return { add, count: () => count, values: () => values.slice(0, count * d) };
}

/** Murmur3's mixing: the low bits of float32 numbers are mostly 0. */
function hash(bits: Int32Array, at: number, d: number): number {
  let h = d;
  for (let j = at; j < at + d; j++) {
    let b = Math.imul(bits[j], 0xcc9e2d51);
    b = Math.imul((b << 15) | (b >>> 17), 0x1b873593);
    h ^= b;
    h = (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
  }
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function equal(known: Int32Array, a: number, bits: Int32Array, b: number, d: number): boolean {
  for (let j = 0; j < d; j++) if (known[a + j] !== bits[b + j]) return false;
  return true;
}
