import { DOWN } from './loops.js';

/** Distances as one byte each, rounded down: bounds of which a row has many. */
export interface Levels {
  /** [256] What a number stands for at least: 0 for 0, Infinity for 255. */
  readonly values: Float64Array;
  /** Of a distance before it is rounded. */
  readonly scale: number;
}

/** float32's exponent and the leading 4 bits of its fraction are kept: a level is 3 to 6 % above the one before. */
const DROPPED = 19;

/** The number of 2⁻¹⁴, less 1: 254 levels reach from there to 3.75. */
const BELOW = ((127 - 14) << 4) - 1;

const LAST = 254;

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** @param size of which the levels are 2⁻¹⁴ to 3.75 */
export function levelsOf(size: number): Levels {
  const scale = size > 0 ? 1 / size : 1;
  const values = new Float64Array(LAST + 2);
  for (let level = 1; level <= LAST; level++) {
    bits[0] = (BELOW + level) << DROPPED;
    values[level] = (DOWN * float[0]) / scale;
  }
  values[LAST + 1] = Infinity;
  return { values, scale };
}

/** The number of the highest level that is not above a distance. */
export function encode({ scale }: Levels, distance: number): number {
  if (distance === Infinity) return LAST + 1;
  float[0] = distance * scale;
  const level = (bits[0] >> DROPPED) - BELOW;
  return level < 0 ? 0 : level > LAST ? LAST : level;
}
