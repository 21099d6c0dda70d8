/**
 * Random draws, the same as NumPy's legacy RandomState: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998),
 * seeded by one integer, with NumPy's own ways to make uniforms, Gaussians, integers and shuffles of its 32 bits.
 */
import { check, from, integer, list, room, seed as seedRule } from './checks.js';
import { InputError } from './errors.js';

const N = 624;
const M = 397;

/** Sums and products of such numbers are finite too. */
const moderate = from(-1e300, 1e300);

/**
 * The same draws as NumPy's legacy RandomState(seed): integers, uniforms and shuffles to the bit, Gaussians to 2 units
 * in the last place (C libraries and JavaScript engines round log differently).
 */
export class RandomState {
  readonly #state = new Uint32Array(N);
  #position = N;
  #spare: number | null = null;

  /**
   * @param seed an integer from 0 to 2³² - 1
   * @throws InputError for another seed
   */
  constructor(seed: number) {
    check('RandomState: seed', seed, seedRule);
    let value = seed >>> 0;
    for (let i = 0; i < N; i++) {
      this.#state[i] = value;
      value = (Math.imul(1812433253, value ^ (value >>> 30)) + i + 1) >>> 0;
    }
  }

  #refill(): void {
    const s = this.#state;
    for (let i = 0; i < N; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#position = 0;
  }

  #bits(): number {
    if (this.#position === N) this.#refill();
    let y = this.#state[this.#position++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #double(): number {
    const high = this.#bits() >>> 5;
    return (high * 67108864 + (this.#bits() >>> 6)) / 9007199254740992;
  }

  /** 0 … most, by rejection of what lies above it under the smallest mask of ones. */
  #bounded(most: number): number {
    if (most === 0) return 0;
    const mask = 0xffffffff >>> Math.clz32(most);
    for (;;) {
      const value = (this.#bits() & mask) >>> 0;
      if (value <= most) return value;
    }
  }

  /** Marsaglia's polar method; the second of each pair is kept for the next call. */
  #gauss(): number {
    if (this.#spare !== null) {
      const spare = this.#spare;
      this.#spare = null;
      return spare;
    }
    for (;;) {
      const x1 = 2 * this.#double() - 1;
      const x2 = 2 * this.#double() - 1;
      const r2 = x1 * x1 + x2 * x2;
      if (r2 >= 1 || r2 === 0) continue;
      const factor = Math.sqrt((-2 * Math.log(r2)) / r2);
      this.#spare = factor * x1;
      return factor * x2;
    }
  }

  /** Swaps in place (Fisher and Yates, from the end). */
  #shuffle<T>(items: { readonly length: number; [i: number]: T }): void {
    for (let i = items.length - 1; i > 0; i--) {
      const j = this.#bounded(i);
      [items[i], items[j]] = [items[j], items[i]];
    }
  }

  #draws(method: string, n: number, draw: () => number): Float64Array {
    check(`RandomState.${method}: n`, n, integer(0));
    const out = room(`RandomState.${method}`, n);
    for (let i = 0; i < n; i++) out[i] = draw();
    return out;
  }

  /** `n` draws, uniform on [0, 1). */
  randomSample(n: number): Float64Array {
    return this.#draws('randomSample', n, () => this.#double());
  }

  /** `n` draws, uniform on [low, high). */
  uniform(low: number, high: number, n: number): Float64Array {
    check('RandomState.uniform: low', low, moderate);
    check('RandomState.uniform: high', high, moderate);
    return this.#draws('uniform', n, () => low + (high - low) * this.#double());
  }

  /** `n` draws from the standard normal distribution. */
  standardNormal(n: number): Float64Array {
    return this.#draws('standardNormal', n, () => this.#gauss());
  }

  /** `n` draws from the normal distribution. */
  normal(mean: number, std: number, n: number): Float64Array {
    check('RandomState.normal: mean', mean, moderate);
    check('RandomState.normal: std', std, from(0, 1e300));
    return this.#draws('normal', n, () => mean + std * this.#gauss());
  }

  /** `n` integers from 0 to high - 1. */
  randint(high: number, n: number): Int32Array {
    check('RandomState.randint: high', high, integer(1, 2 ** 31));
    return Int32Array.from(this.#draws('randint', n, () => this.#bounded(high - 1)));
  }

  /** Shuffles in place. */
  shuffle<T>(items: T[]): void {
    check('RandomState.shuffle: items', items, list);
    this.#shuffle(items);
  }

  /** 0 … n - 1 in random order. */
  permutation(n: number): Int32Array {
    check('RandomState.permutation: n', n, integer(0));
    const items = Int32Array.from(room('RandomState.permutation', n), (_, i) => i);
    this.#shuffle(items);
    return items;
  }
}

/** A seed for those who give none: different at every call. */
export const anySeed = (): number => Math.floor(Math.random() * 2 ** 32);

/** The first index whose value is above `target`. */
function firstAbove(sorted: Float64Array, target: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] <= target) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** As NumPy's choice(p=…): one index with probabilities `p`. */
export function chooseOne(random: RandomState, p: Float64Array): number {
  const total = p.reduce((sum, value) => sum + value, 0);
  const [u] = random.randomSample(1);
  let cumulative = 0;
  return p.findIndex((value) => (cumulative += value) / total > u);
}

/** As NumPy's choice(p=…): `n` draws of an index, `cumulative` being the sums of the probabilities up to each. */
export function chooseWithReplacement(random: RandomState, cumulative: Float64Array, n: number): Int32Array {
  const total = cumulative[cumulative.length - 1];
  const cdf = cumulative.map((value) => value / total);
  return Int32Array.from(random.randomSample(n), (u) => firstAbove(cdf, u));
}

/**
 * As NumPy's choice(replace=False, p=…): `size` different indices.
 *
 * @throws InputError when fewer than `size` of `p` are above 0
 */
export function chooseWithoutReplacement(random: RandomState, p: Float64Array, size: number): Int32Array {
  const possible = p.reduce((count, each) => count + (each > 0 ? 1 : 0), 0);
  if (possible < size) {
    throw new InputError(
      `A choice of ${size} different indices needs as many with a probability above 0; got ${possible}. Choose fewer.`,
    );
  }
  const left = p.slice();
  const found = new Set<number>();
  while (found.size < size) {
    const draws = size - found.size;
    for (const index of found) left[index] = 0;
    let total = 0;
    const cumulative = left.map((value) => (total += value));
    for (const index of chooseWithReplacement(random, cumulative, draws)) found.add(index);
  }
  return Int32Array.from(found);
}
