import {
  concat,
  matMul,
  reshape,
  square,
  sub,
  sum,
  tensor2d,
  tidy,
  transpose,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { fold, type Pace } from '../core/iterate.js';
import type { RandomState } from '../core/random.js';
import { read } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { symmetricEigen } from '../linalg/routines/symmetricEigen.js';
import { reversedRows, withoutRounding, type Spectrum } from './spectrum.js';

export interface RandomizedOptions {
  readonly nOversamples: number;
  readonly nPowerIter: number | 'auto';
}

/** Squared, what float32 leaves of a row that lies in the subspace: a few roundings of its length. */
const ROUNDING = 2 ** -44;

/**
 * The leading components by subspace iteration from random directions: nPowerIter + 1 passes that multiply by the
 * covariance, and one for the variances in the subspace found (Rayleigh and Ritz). Directions are orthonormal in
 * float64 on the host; only the products with the rows are float32.
 *
 * Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 2011, algorithm 4.4.
 */
export async function randomizedSpectrum(
  rows: Rows,
  k: number,
  { nOversamples, nPowerIter }: RandomizedOptions,
  random: RandomState,
  pace: Pace,
): Promise<Spectrum> {
  const { nRows: n, nFeatures: d, mean } = rows;
  const p = Math.min(k + nOversamples, d);
  const passes = 1 + (nPowerIter === 'auto' ? (k < 0.1 * Math.min(n, d) ? 7 : 4) : nPowerIter);
  let q = orthonormal(random.standardNormal(p * d), d, random);
  for (let i = 0; i < passes; i++) {
    const image = await withDirections(q, d, (w) =>
      addUp(rows, (x) => matMul(transpose(matMul(x, transpose(w)) as Tensor2D), x), pace),
    ); // [p, D]: Q XᵀX
    q = orthonormal(centred(image, q, mean, mean, n), d, random);
  }
  const last = await withDirections(q, d, (w) =>
    addUp(
      rows,
      (x) => {
        const z = matMul(x, transpose(w)) as Tensor2D; // [n, p]
        const left = sum(square(sub(x, matMul(z, w))), 0); // [D]
        return concat([reshape(matMul(transpose(z), z), [-1]), left]);
      },
      pace,
    ),
  );
  const inside = last.subarray(0, p * p); // Q XᵀX Qᵀ
  const meanInside = times(q, mean);
  const scatter = centred(inside, q, mean, meanInside, n);
  const eigen = symmetricEigen(
    scatter.map((value) => value / (n - 1)),
    p,
  );
  const total = rows.variances.reduce((a, b) => a + b, 0) * (n / (n - 1));
  const meanOutside = squares(mean) - squares(meanInside);
  const outside = (last.subarray(p * p).reduce((a, b) => a + b, 0) - n * meanOutside) / (n - 1);
  return {
    mean,
    vectors: product(reversedRows(eigen.vectors, p), q, p, d),
    variances: withoutRounding(eigen.values.reverse(), d),
    total,
    outside: p < Math.min(n, d) && outside > ROUNDING * total ? outside : 0,
  };
}

/** Σ over batches of what `f` makes of each, in float64. */
async function addUp(rows: Rows, f: (x: Tensor2D) => Tensor, pace: Pace): Promise<Float64Array> {
  return fold<Float64Array, undefined>(
    rows,
    async ({ x }) => {
      const [values] = await read([tidy(() => f(x))]);
      return { statistics: Float64Array.from(values), memo: undefined };
    },
    (a, b) => a.map((value, i) => value + b[i]),
    [],
    pace,
  );
}

async function withDirections(
  q: Float64Array,
  d: number,
  run: (w: Tensor2D) => Promise<Float64Array>,
): Promise<Float64Array> {
  const w = tensor2d(Float32Array.from(q), [q.length / d, d]);
  try {
    return await run(w);
  } finally {
    w.dispose();
  }
}

/** Q v for directions Q [p, D]. */
function times(q: Float64Array, v: Float64Array): Float64Array {
  const d = v.length;
  return Float64Array.from({ length: q.length / d }, (_, i) => dot(q, i * d, v, 0, d));
}

const squares = (v: Float64Array): number => dot(v, 0, v, 0, v.length);

/** The product as if the mean had been taken off the rows first: less n (Q m) rightᵀ, right being m or Q m. */
function centred(
  product: Float64Array,
  q: Float64Array,
  mean: Float64Array,
  right: Float64Array,
  n: number,
): Float64Array {
  const left = times(q, mean);
  const width = right.length;
  return product.map((value, at) => value - n * left[Math.floor(at / width)] * right[at % width]);
}

/** A [m, p] times B [p, d]. */
function product(a: Float64Array, b: Float64Array, p: number, d: number): Float64Array {
  const out = new Float64Array((a.length / p) * d);
  for (let i = 0; i < a.length / p; i++) {
    for (let k = 0; k < p; k++) addRow(out, i * d, a[i * p + k], b, k * d, d);
  }
  return out;
}

/** Orthonormal rows of the same span, by Gram and Schmidt, twice; a row that depends on the others is drawn anew. */
function orthonormal(rows: Float64Array, d: number, random: RandomState): Float64Array {
  const q = rows.slice();
  for (let at = 0; at < q.length; at += d) {
    while (!orthogonalise(q, at, d)) q.set(random.standardNormal(d), at);
  }
  return q;
}

/** Makes the row at `at` a unit vector orthogonal to those before it; false where nothing but rounding is left of it. */
function orthogonalise(q: Float64Array, at: number, d: number): boolean {
  const before = Math.sqrt(dot(q, at, q, at, d));
  for (let turn = 0; turn < 2; turn++) {
    for (let other = 0; other < at; other += d) {
      addRow(q, at, -dot(q, at, q, other, d), q, other, d);
    }
  }
  const after = Math.sqrt(dot(q, at, q, at, d));
  if (!(after > 1e-12 * before)) return false;
  for (let j = at; j < at + d; j++) q[j] /= after;
  return true;
}

function dot(a: Float64Array, i: number, b: Float64Array, j: number, length: number): number {
  let total = 0;
  for (let k = 0; k < length; k++) total += a[i + k] * b[j + k];
  return total;
}

/** The row of `a` at i, plus factor times the row of `b` at j. */
function addRow(
  a: Float64Array,
  i: number,
  factor: number,
  b: Float64Array,
  j: number,
  length: number,
): void {
  for (let k = 0; k < length; k++) a[i + k] += factor * b[j + k];
}
