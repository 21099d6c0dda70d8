/** What each solver of PCA returns: the leading eigenvectors and eigenvalues of the rows' covariance, in float64. */
export interface Spectrum {
  /** [D] The mean, relative to the rows' origin. */
  readonly mean: Float64Array;
  /** [M, D] row-major: unit vectors, one a row; M >= the components asked for. */
  readonly vectors: Float64Array;
  /** [M] Variances along them (divided by N - 1), descending, none negative. */
  readonly variances: Float64Array;
  /** The variance of all features together. */
  readonly total: number;
  /** The variance in the directions that `vectors` do not span; added up, not `total` less the rest, which loses digits. */
  readonly outside: number;
}

/** Eigenvalues without what is only rounding: nothing negative, and 0 where float64 cannot tell it from 0. */
export function withoutRounding(variances: Float64Array, size: number): Float64Array {
  const floor = size * Number.EPSILON * Math.max(0, ...variances.subarray(0, 1));
  return variances.map((value) => (value > floor ? value : 0));
}

/** The rows of a matrix, last first. */
export function reversedRows(rows: Float64Array, width: number): Float64Array {
  const out = new Float64Array(rows.length);
  for (let at = 0; at < rows.length; at += width) {
    out.set(rows.subarray(at, at + width), rows.length - at - width);
  }
  return out;
}

/** Turns each row so that its entry of largest magnitude is positive (scikit-learn's svd_flip). In place. */
export function fixSigns(rows: Float64Array, width: number): void {
  for (let at = 0; at < rows.length; at += width) {
    let largest = 0;
    for (let i = at; i < at + width; i++) if (Math.abs(rows[i]) > Math.abs(largest)) largest = rows[i];
    if (largest >= 0) continue;
    for (let i = at; i < at + width; i++) rows[i] = -rows[i];
  }
}

/** base I + Wᵀ diag(values - base) W: the symmetric matrix with these eigenvalues along W's rows and `base` elsewhere. */
export function spectralMatrix(w: Float64Array, values: Float64Array, base: number, d: number): Float64Array {
  const out = new Float64Array(d * d);
  for (let j = 0; j < d; j++) out[j * d + j] = base;
  values.forEach((value, k) => {
    const row = w.subarray(k * d, (k + 1) * d);
    for (let i = 0; i < d; i++) {
      const factor = (value - base) * row[i];
      for (let j = 0; j < d; j++) out[i * d + j] += factor * row[j];
    }
  });
  return out;
}

/** How far from orthonormal components may be. */
const ORTHONORMAL = 1e-3;

/** Which rows of W [M, D] are not orthonormal, in words; null where all are. */
export function firstSkewed(w: Float64Array, m: number, d: number): string | null {
  for (let i = 0; i < m; i++) {
    for (let j = 0; j <= i; j++) {
      let product = 0;
      for (let k = 0; k < d; k++) product += w[i * d + k] * w[j * d + k];
      if (Math.abs(product - (i === j ? 1 : 0)) > ORTHONORMAL)
        return `the product of rows ${i} and ${j} is ${product}`;
    }
  }
  return null;
}
