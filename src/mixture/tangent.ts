/**
 * The covariance types once more, as implicit.ts needs them: what small changes of a covariance are, and what is linear in
 * them. A change is told in the component's own frame, E = Pᵀ δΣ P, by the numbers that the M-step keeps of second moments
 * (`secondMoments` of covariance.ts): the lower triangle, or the diagonal. A cotangent c has the same layout, Σ c E.
 *
 *     isDiagonal         whether a number lies on the diagonal of E
 *     timesFactor        P z, solveFactor P⁻¹ z
 *     slope              of Σ c (y yᵀ) in y, the sum over what is kept of y yᵀ
 *     project            the cotangent of what the type averages to one number
 *     ofCovariances, ofPrecisionsCholesky      the cotangent c of one of δΣ, δP
 *
 * To add a kind: one record here too.
 */
import type { CovarianceType } from './covariance.js';
import { invertTriangularInto, solveTriangularInto } from '../linalg/routines/triangular.js';

export interface Tangent {
  readonly isDiagonal: (at: number, d: number) => boolean;
  /** z [D] of component k, replaced by P_k z */
  readonly timesFactor: (p: Float64Array, k: number, z: Float64Array) => void;
  /** z [D] of component k, replaced by P_k⁻¹ z */
  readonly solveFactor: (p: Float64Array, k: number, z: Float64Array) => void;
  /** `into` [D] becomes the slope of component k's Σ c (y yᵀ) at y; half of its product with y is the sum itself. */
  readonly slope: (c: Float64Array, k: number, y: Float64Array, into: Float64Array) => void;
  readonly project: (c: Float64Array, d: number) => Float64Array;
  readonly ofCovariances: (dy: Float64Array, p: Float64Array, d: number) => Float64Array;
  readonly ofPrecisionsCholesky: (dy: Float64Array, p: Float64Array, d: number) => Float64Array;
}

/** Applies a function of two D x D matrices to each pair of several. */
function eachPair(
  a: Float64Array,
  b: Float64Array,
  d: number,
  f: (a: Float64Array, b: Float64Array, out: Float64Array) => void,
): Float64Array {
  const out = new Float64Array(a.length);
  const size = d * d;
  for (let at = 0; at < a.length; at += size) {
    f(a.subarray(at, at + size), b.subarray(at, at + size), out.subarray(at, at + size));
  }
  return out;
}

/** Aᵀ B, of D x D matrices. */
function transposedProduct(a: Float64Array, b: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let l = 0; l < d; l++) {
    for (let i = 0; i < d; i++) {
      const factor = a[l * d + i];
      for (let j = 0; j < d; j++) out[i * d + j] += factor * b[l * d + j];
    }
  }
  return out;
}

/** δΣ = P⁻ᵀ E P⁻¹, so that Σ V δΣ = Σ X E with X = P⁻¹ V P⁻ᵀ; below the diagonal E counts twice. */
const ofCovarianceMatrices = (dy: Float64Array, p: Float64Array, d: number): Float64Array =>
  eachPair(dy, p, d, (v, factor, out) => {
    const inverse = factor.slice();
    invertTriangularInto(inverse, d, { lower: false });
    const transposed = inverse.map((_, at) => inverse[(at % d) * d + Math.floor(at / d)]); // P⁻ᵀ
    const turned = transposedProduct(v, transposed, d); // Vᵀ P⁻ᵀ
    const x = transposedProduct(turned, transposed, d); // P⁻¹ V P⁻ᵀ
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < i; j++) out[i * d + j] = x[i * d + j] + x[j * d + i];
      out[i * d + i] = x[i * d + i];
    }
  });

/** δP = -P Φᵀ, Φ the lower triangle of E with half its diagonal: Σ V δP = -Σ (Vᵀ P) Φ. Of V the upper triangle is read. */
const ofFactorMatrices = (dy: Float64Array, p: Float64Array, d: number): Float64Array =>
  eachPair(dy, p, d, (v, factor, out) => {
    const upper = v.map((value, at) => (Math.floor(at / d) <= at % d ? value : 0));
    const x = transposedProduct(upper, factor, d);
    for (let i = 0; i < d; i++) {
      for (let j = 0; j < i; j++) out[i * d + j] = -x[i * d + j];
      out[i * d + i] = -x[i * d + i] / 2;
    }
  });

/** Triangular factors, the one of component k beginning at `from`. */
const matrices = (from: (k: number, d: number) => number): Tangent => ({
  isDiagonal: (at, d) => (at % (d * d)) % (d + 1) === 0,
  timesFactor: (p, k, z) => {
    const d = z.length;
    const start = from(k, d);
    for (let i = 0; i < d; i++) {
      let total = 0;
      for (let j = i; j < d; j++) total += p[start + i * d + j] * z[j];
      z[i] = total;
    }
  },
  solveFactor: (p, k, z) => {
    const d = z.length;
    solveTriangularInto(p.subarray(from(k, d), from(k, d) + d * d), d, z, 1, { lower: false });
  },
  slope: (c, k, y, into) => {
    const d = y.length;
    const start = from(k, d);
    for (let i = 0; i < d; i++) {
      let total = 2 * c[start + i * d + i] * y[i];
      for (let j = 0; j < i; j++) {
        const entry = c[start + i * d + j];
        total += entry * y[j];
        into[j] += entry * y[i];
      }
      into[i] = total;
    }
  },
  project: (c) => c,
  ofCovariances: ofCovarianceMatrices,
  ofPrecisionsCholesky: ofFactorMatrices,
});

const diag: Tangent = {
  isDiagonal: () => true,
  timesFactor: (p, k, z) => z.forEach((value, j) => (z[j] = value * p[k * z.length + j])),
  solveFactor: (p, k, z) => z.forEach((value, j) => (z[j] = value / p[k * z.length + j])),
  slope: (c, k, y, into) => y.forEach((value, j) => (into[j] = 2 * c[k * y.length + j] * value)),
  project: (c) => c,
  ofCovariances: (dy, p) => dy.map((value, at) => value / p[at] ** 2),
  ofPrecisionsCholesky: (dy, p) => dy.map((value, at) => (-value * p[at]) / 2),
};

/** One number for each component, as D equal ones. */
const spread = (c: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: c.length * d }, (_, at) => c[Math.floor(at / d)] / d);

const spherical: Tangent = {
  ...diag,
  timesFactor: (p, k, z) => z.forEach((value, j) => (z[j] = value * p[k])),
  solveFactor: (p, k, z) => z.forEach((value, j) => (z[j] = value / p[k])),
  project: (c, d) => {
    const sums = new Float64Array(c.length / d);
    c.forEach((value, at) => (sums[Math.floor(at / d)] += value));
    return spread(sums, d);
  },
  ofCovariances: (dy, p, d) => spread(diag.ofCovariances(dy, p, d), d),
  ofPrecisionsCholesky: (dy, p, d) => spread(diag.ofPrecisionsCholesky(dy, p, d), d),
};

export const TANGENTS: Record<CovarianceType, Tangent> = {
  full: matrices((k, d) => k * d * d),
  tied: matrices(() => 0),
  diag,
  spherical,
};
