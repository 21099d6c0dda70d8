/**
 * The four kinds of covariance, as one table: nobody else asks which kind it is.
 *
 * A mixture is held by its precisions' Cholesky factors P, Σ⁻¹ = P Pᵀ with P upper triangular, so that a row's distance
 * from a component is the length of y = (x - μ) P, the row in the component's own frame. A kind provides:
 *
 *     shape              of P, and so of the covariances
 *     shared             whether one P serves all components
 *     triangular         whether each component has a triangular P of its own
 *     isotropic          P of spheres about the means
 *     broadcast          P's shape to multiply rows [K, N, D] entry by entry; null where it multiplies as matrices
 *     whiten             rows into the component's frame                            tensors, differentiable
 *     logDet             log |P| of each component                                  tensors, differentiable
 *     secondMoments      what a batch adds up: Σ r y yᵀ, or as much of it as is kept tensors
 *     hostWhiten, hostLogDet, secondLength, addSecond     the same of single rows    float64 on the host
 *     refine             P of the next iteration, from those sums                   float64 on the host
 *     unwhiten           P⁻ᵀ z                                                      float64 on the host
 *     fromCovariances, fromPrecisions, covariances, precisions                      float64 on the host
 *     parameterCount     of the covariances
 *
 * To add a kind: one record here and in tangent.ts, its name in CovarianceType, its fixtures.
 */
import {
  expandDims,
  log,
  matMul,
  mul,
  reshape,
  square,
  sum,
  tensor2d,
  transpose,
  where,
  zerosLike,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { choleskyInto, dotRows } from '../linalg/routines/cholesky.js';
import { invertTriangularInto, solveTriangularInto } from '../linalg/routines/triangular.js';

/** full: a matrix for each component; tied: one for all; diag: variances for each; spherical: one variance for each. */
export type CovarianceType = 'full' | 'tied' | 'diag' | 'spherical';

/** Sums over all rows of one pass, float64. Responsibilities r [N, K] and rows in the component's frame y. */
export interface Moments {
  /** [K] Σ r */
  readonly counts: Float64Array;
  /** [K * D] Σ r y */
  readonly first: Float64Array;
  /** As `secondMoments` says. */
  readonly second: Float64Array;
}

/** A covariance that cannot be factored: its component, 0 where all share it. */
export interface Collapsed {
  readonly collapsed: number;
}

export interface Covariance {
  readonly shape: (k: number, d: number) => number[];
  /** One P for all components: a collapse is no single component's. */
  readonly shared: boolean;
  /** Each component has a triangular P of its own, so that leading columns bound its density: see screen.ts. */
  readonly triangular: boolean;
  /** P = scale I for every component. */
  readonly isotropic: (k: number, d: number, scale: number) => Float32Array;
  readonly broadcast: ((k: number, d: number) => number[]) | null;
  /** centered [K, N, D], P -> [K, N, D] */
  readonly whiten: (centered: Tensor3D, p: Tensor) => Tensor3D;
  /** P -> [K], or [1] where all share it */
  readonly logDet: (p: Tensor, d: number) => Tensor1D;
  /** y [K, n, D], r [K, n] -> sums */
  readonly secondMoments: (y: Tensor3D, r: Tensor2D) => Tensor;
  /** x - μ [D], replaced by the row in the frame of component k */
  readonly hostWhiten: (p: Float64Array, k: number, y: Float64Array) => void;
  /** log |P_k| */
  readonly hostLogDet: (p: Float64Array | Float32Array, k: number, d: number) => number;
  /** Numbers in `secondMoments`' sums. */
  readonly secondLength: (k: number, d: number) => number;
  /** Adds what the row y [D] of component k, of responsibility r, has of second moments. */
  readonly addSecond: (second: Float64Array, k: number, y: Float64Array, r: number) => void;
  /** `rounded`: whether the sums are float32's. */
  readonly refine: (
    p: Float64Array,
    moments: Moments,
    regCovar: number,
    rounded: boolean,
  ) => Float64Array | Collapsed;
  /** z [D] of component k, replaced by P_k⁻ᵀ z */
  readonly unwhiten: (p: Float64Array | Float32Array, k: number, z: Float64Array) => void;
  readonly fromCovariances: (covariances: Float64Array, d: number) => Float64Array | Collapsed;
  readonly fromPrecisions: (precisions: Float64Array, d: number) => Float64Array | Collapsed;
  readonly covariances: (p: Float64Array, d: number) => Float64Array;
  readonly precisions: (p: Float64Array, d: number) => Float64Array;
  readonly parameterCount: (k: number, d: number) => number;
}

/** [D, D] true on and above the diagonal. */
const upperMask = (d: number): Tensor2D =>
  tensor2d(
    Array.from({ length: d * d }, (_, at) => Math.floor(at / d) <= at % d),
    [d, d],
    'bool',
  );

/** The triangle that is read; the gradient below it is exactly 0. */
function upper(p: Tensor): Tensor {
  const d = p.shape[p.rank - 1] as number;
  const mask = p.rank === 3 ? expandDims(upperMask(d), 0) : upperMask(d);
  return where(mask, p, zerosLike(p));
}

/** Σ log of the diagonal, over the last two axes. */
function logDiagonal(p: Tensor, d: number): Tensor1D {
  const eye = Array.from({ length: d * d }, (_, at) => (at % (d + 1) === 0 ? 1 : 0));
  const diagonal = sum(mul(p, tensor2d(eye, [d, d])), -1); // [..., D]
  return reshape(sum(log(diagonal), -1), [-1]);
}

/** Σ_n r y of each component: [K, D] */
export const weightedSums = (y: Tensor3D, r: Tensor2D): Tensor => matMul(expandDims(r, 1) as Tensor3D, y);

const finite = (values: Float64Array): boolean => values.every(Number.isFinite);

/** M = S / n - ȳ ȳᵀ (n, ȳ of component k) added to `into` [D * D], times `share`. */
function addScatter(
  into: Float64Array,
  moments: Moments,
  k: number,
  second: Float64Array | null,
  share: number,
): void {
  const d = Math.round(Math.sqrt(into.length));
  const { counts, first } = moments;
  for (let i = 0; i < d; i++) {
    const yi = first[k * d + i] / counts[k];
    for (let j = 0; j <= i; j++) {
      const outer = (yi * first[k * d + j]) / counts[k];
      into[i * d + j] += share * ((second ? second[i * d + j] / counts[k] : 0) - outer);
    }
  }
}

/** regCovar Pᵀ P, added to the lower triangle of `into`: the ridge as the component's frame sees it. */
function addRidge(into: Float64Array, p: Float64Array, d: number, regCovar: number): void {
  const columns = transposeOf(p, d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) into[i * d + j] += regCovar * dotRows(columns, i * d, j * d, j + 1);
  }
}

/**
 * P L⁻ᵀ with L = chol(M), or null where M is not positive definite. M's lower triangle is overwritten. Both factors are
 * triangular, so entry (l, i) needs what lies between the two diagonals only: a third of a general solve.
 */
function nextFactor(p: Float64Array, m: Float64Array, d: number): Float64Array | null {
  if (choleskyInto(m, d) >= 0) return null;
  const next = new Float64Array(d * d);
  for (let l = 0; l < d; l++) {
    for (let i = l; i < d; i++) {
      const known = dotRows(next, l * d + l, i * d + l, i - l, m);
      next[l * d + i] = (p[l * d + i] - known) / m[i * d + i];
    }
  }
  return next;
}

function transposeOf(a: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) for (let j = 0; j < d; j++) out[j * d + i] = a[i * d + j];
  return out;
}

/** L⁻ᵀ of Σ = L Lᵀ. */
function factorOfCovariance(covariance: Float64Array, d: number): Float64Array | null {
  const lower = covariance.slice();
  if (choleskyInto(lower, d) >= 0) return null;
  invertTriangularInto(lower, d, { lower: true });
  return transposeOf(lower, d);
}

/** Upper P with P Pᵀ = A: the Cholesky factor of A turned by 180 degrees, turned back. */
function factorOfPrecision(precision: Float64Array, d: number): Float64Array | null {
  const turned = precision.slice().reverse();
  if (choleskyInto(turned, d) >= 0) return null;
  return turned.reverse();
}

/** A Aᵀ */
function gram(a: Float64Array, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let i = 0; i < d; i++) {
    for (let j = 0; j <= i; j++) {
      let total = 0;
      for (let l = 0; l < d; l++) total += a[i * d + l] * a[j * d + l];
      out[i * d + j] = total;
      out[j * d + i] = total;
    }
  }
  return out;
}

/** (P Pᵀ)⁻¹ = P⁻ᵀ P⁻¹ */
function covarianceOf(p: Float64Array, d: number): Float64Array {
  const inverse = p.slice();
  invertTriangularInto(inverse, d, { lower: false });
  return gram(transposeOf(inverse, d), d);
}

/** Applies a function of one D x D matrix to each of several. */
function eachMatrix(
  a: Float64Array,
  d: number,
  f: (matrix: Float64Array, d: number, k: number) => Float64Array | null,
): Float64Array | Collapsed {
  const out = new Float64Array(a.length);
  for (let k = 0; k * d * d < a.length; k++) {
    const result = f(a.slice(k * d * d, (k + 1) * d * d), d, k);
    if (!result || !finite(result)) return { collapsed: k };
    out.set(result, k * d * d);
  }
  return out;
}

/** The same of a function that always has an answer; what is beyond float64 comes out as it is. */
function allMatrices(
  a: Float64Array,
  d: number,
  f: (matrix: Float64Array, d: number) => Float64Array,
): Float64Array {
  const out = new Float64Array(a.length);
  for (let at = 0; at < a.length; at += d * d) out.set(f(a.slice(at, at + d * d), d), at);
  return out;
}

/** Entry by entry, for the kinds without matrices; the component of a bad entry is told. */
function eachEntry(
  a: Float64Array,
  perComponent: number,
  f: (value: number, at: number) => number,
): Float64Array | Collapsed {
  const out = a.map(f);
  const bad = out.findIndex((value) => !(value > 0 && value < Infinity));
  return bad < 0 ? out : { collapsed: Math.floor(bad / perComponent) };
}

/** Variance of feature j of component k in its frame. */
function frameVariance({ counts, first, second }: Moments, k: number, at: number): number {
  const mean = first[at] / counts[k];
  return Math.max(0, second[at] / counts[k] - mean * mean);
}

/** y P for the upper triangular P at `from`, in place: column j needs what stands before it only, so the last goes first. */
function whitenByMatrix(p: Float64Array, from: number, y: Float64Array): void {
  const d = y.length;
  for (let j = d - 1; j >= 0; j--) {
    let total = 0;
    for (let i = 0; i <= j; i++) total += y[i] * p[from + i * d + j];
    y[j] = total;
  }
}

/** log of the product of the diagonal of the D x D matrix at `from`. */
function logDiagonalFrom(p: Float64Array | Float32Array, from: number, d: number): number {
  let total = 0;
  for (let j = 0; j < d; j++) total += Math.log(p[from + j * (d + 1)]);
  return total;
}

/** r y yᵀ added to the D x D matrix at `from`, the lower triangle: nobody reads the other. */
function addOuter(second: Float64Array, from: number, y: Float64Array, r: number): void {
  const d = y.length;
  for (let i = 0; i < d; i++) {
    const factor = r * y[i];
    for (let j = 0; j <= i; j++) second[from + i * d + j] += factor * y[j];
  }
}

/**
 * Sums in float32 resolve a component's variance in its last frame to about such a share of it. What has shrunk farther in
 * one iteration (a component that lost its last row with ink in some pixel) comes out as 0, or below: it is taken for that
 * share of what it was, the first with which there is a factor, and the next pass, in the new frame, resolves it further,
 * down to regCovar; without one it has collapsed.
 */
const RESOLVED = [1e-7, 1e-6, 1e-5];

/** The shares that are tried. */
export const sharesOf = (regCovar: number, rounded: boolean): readonly number[] =>
  rounded && regCovar > 0 ? [0, ...RESOLVED] : [0];

const full: Covariance = {
  shape: (k, d) => [k, d, d],
  shared: false,
  triangular: true,
  isotropic: (k, d, scale) =>
    Float32Array.from({ length: k * d * d }, (_, at) => ((at % (d * d)) % (d + 1) ? 0 : scale)),
  broadcast: null,
  whiten: (centered, p) => matMul(centered, upper(p) as Tensor3D),
  logDet: (p, d) => logDiagonal(p, d),
  secondMoments: (y, r) => matMul(transpose(mul(y, expandDims(r, 2)) as Tensor3D, [0, 2, 1]), y),
  hostWhiten: (p, k, y) => whitenByMatrix(p, k * y.length ** 2, y),
  hostLogDet: (p, k, d) => logDiagonalFrom(p, k * d * d, d),
  secondLength: (k, d) => k * d * d,
  addSecond: (second, k, y, r) => addOuter(second, k * y.length ** 2, y, r),
  refine: (p, moments, regCovar, rounded) => {
    const d = moments.first.length / moments.counts.length;
    const shares = sharesOf(regCovar, rounded);
    return eachMatrix(p, d, (factor, _, k) => {
      const m = new Float64Array(d * d);
      addScatter(m, moments, k, moments.second.subarray(k * d * d, (k + 1) * d * d), 1);
      addRidge(m, factor, d, regCovar);
      for (const share of shares) {
        const wider = m.slice();
        for (let at = 0; at < m.length; at += d + 1) wider[at] += share * Math.max(1, m[at]);
        const next = nextFactor(factor, wider, d);
        if (next) return next;
      }
      return null;
    });
  },
  unwhiten: (p, k, z) => {
    const d = z.length;
    solveTriangularInto(p.subarray(k * d * d, (k + 1) * d * d), d, z, 1, { lower: false, transposed: true });
  },
  fromCovariances: (covariances, d) => eachMatrix(covariances, d, factorOfCovariance),
  fromPrecisions: (precisions, d) => eachMatrix(precisions, d, factorOfPrecision),
  covariances: (p, d) => allMatrices(p, d, covarianceOf),
  precisions: (p, d) => allMatrices(p, d, gram),
  parameterCount: (k, d) => (k * d * (d + 1)) / 2,
};

const tied: Covariance = {
  ...full,
  shape: (_, d) => [d, d],
  shared: true,
  triangular: false,
  isotropic: (_, d, scale) => full.isotropic(1, d, scale),
  whiten: (centered, p) => {
    const [k, n, d] = centered.shape;
    return reshape(matMul(reshape(centered, [k * n, d]), upper(p) as Tensor2D), [k, n, d]);
  },
  secondMoments: (y, r) => {
    const [k, n, d] = y.shape;
    const rows = reshape(y, [k * n, d]);
    return matMul(transpose(mul(rows, reshape(r, [k * n, 1]))), rows);
  },
  hostWhiten: (p, _, y) => whitenByMatrix(p, 0, y),
  hostLogDet: (p, _, d) => logDiagonalFrom(p, 0, d),
  secondLength: (_, d) => d * d,
  addSecond: (second, _, y, r) => addOuter(second, 0, y, r),
  refine: (p, moments, regCovar) => {
    const d = Math.round(Math.sqrt(p.length));
    const { counts, second } = moments;
    const total = counts.reduce((a, b) => a + b, 0);
    const m = second.map((value) => value / total);
    for (let k = 0; k < counts.length; k++) addScatter(m, moments, k, null, counts[k] / total);
    addRidge(m, p, d, regCovar);
    const next = nextFactor(p, m, d);
    return next && finite(next) ? next : { collapsed: 0 };
  },
  unwhiten: (p, _, z) => full.unwhiten(p, 0, z),
  parameterCount: (_, d) => (d * (d + 1)) / 2,
};

const diag: Covariance = {
  shape: (k, d) => [k, d],
  shared: false,
  triangular: false,
  isotropic: (k, d, scale) => new Float32Array(k * d).fill(scale),
  broadcast: (k, d) => [k, 1, d],
  whiten: (centered, p) => mul(centered, expandDims(p, 1)),
  logDet: (p) => sum(log(p), 1),
  secondMoments: (y, r) => weightedSums(square(y), r),
  hostWhiten: (p, k, y) => {
    for (let j = 0; j < y.length; j++) y[j] *= p[k * y.length + j];
  },
  hostLogDet: (p, k, d) => {
    let total = 0;
    for (let j = 0; j < d; j++) total += Math.log(p[k * d + j]);
    return total;
  },
  secondLength: (k, d) => k * d,
  addSecond: (second, k, y, r) => {
    for (let j = 0; j < y.length; j++) second[k * y.length + j] += r * y[j] * y[j];
  },
  refine: (p, moments, regCovar) => {
    const d = moments.first.length / moments.counts.length;
    return eachEntry(
      p,
      d,
      (value, at) =>
        value / Math.sqrt(frameVariance(moments, Math.floor(at / d), at) + regCovar * value * value),
    );
  },
  unwhiten: (p, k, z) => z.forEach((value, j) => (z[j] = value / p[k * z.length + j])),
  fromCovariances: (covariances, d) => eachEntry(covariances, d, (value) => 1 / Math.sqrt(value)),
  fromPrecisions: (precisions, d) => eachEntry(precisions, d, Math.sqrt),
  covariances: (p) => p.map((value) => 1 / (value * value)),
  precisions: (p) => p.map((value) => value * value),
  parameterCount: (k, d) => k * d,
};

const spherical: Covariance = {
  ...diag,
  shape: (k) => [k],
  isotropic: (k, _, scale) => new Float32Array(k).fill(scale),
  broadcast: (k) => [k, 1, 1],
  whiten: (centered, p) => mul(centered, reshape(p, [-1, 1, 1])),
  logDet: (p, d) => mul(log(p), d) as Tensor1D,
  hostWhiten: (p, k, y) => {
    for (let j = 0; j < y.length; j++) y[j] *= p[k];
  },
  hostLogDet: (p, k, d) => d * Math.log(p[k]),
  refine: (p, moments, regCovar) => {
    const d = moments.first.length / p.length;
    return eachEntry(p, 1, (value, k) => {
      let variance = 0;
      for (let j = 0; j < d; j++) variance += frameVariance(moments, k, k * d + j) / d;
      return value / Math.sqrt(variance + regCovar * value * value);
    });
  },
  unwhiten: (p, k, z) => z.forEach((value, j) => (z[j] = value / p[k])),
  fromCovariances: (covariances) => diag.fromCovariances(covariances, 1),
  fromPrecisions: (precisions) => diag.fromPrecisions(precisions, 1),
  parameterCount: (k) => k,
};

export const COVARIANCES: Record<CovarianceType, Covariance> = { full, tied, diag, spherical };
