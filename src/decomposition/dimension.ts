import { InputError } from '../core/errors.js';
import type { Spectrum } from './spectrum.js';

/**
 * How many components a fit keeps.
 *
 * @param wanted a number, a share of the variance in (0, 1), or 'mle'
 * @param most min(N, D)
 * @throws InputError for a share of no variance at all
 */
export function chooseDimension(
  wanted: number | 'mle',
  { variances, total }: Spectrum,
  n: number,
  most: number,
): number {
  if (wanted === 'mle') return inferDimension(variances, n);
  if (wanted >= 1) return wanted;
  if (!(total > 0)) {
    throw new InputError(
      `PCA.fit: nComponents is ${wanted}, a share of the variance, and x has none: all its rows are equal. Ask for a whole number of components.`,
    );
  }
  let cumulative = 0;
  let count = 0;
  // scikit-learn's searchsorted(side='right') + 1: the first number of components whose share is above the one wanted.
  for (const variance of variances) {
    cumulative += variance / total;
    if (cumulative > wanted) break;
    count++;
  }
  return Math.min(count + 1, most);
}

/**
 * The number of components of largest evidence: Minka, Automatic choice of dimensionality for PCA, NIPS 2000, as in
 * scikit-learn's `_infer_dimension`. At least 1, at most D - 1.
 *
 * @param spectrum [D] all variances, descending
 * @param n rows they come from
 */
export function inferDimension(spectrum: Float64Array, n: number): number {
  let best = 1;
  let highest = -Infinity;
  for (let rank = 1; rank < spectrum.length; rank++) {
    const evidence = logEvidence(spectrum, rank, n);
    if (evidence > highest) [best, highest] = [rank, evidence];
  }
  return best;
}

/** Below this, in squared units of x, scikit-learn takes a variance for 0. */
const SMALLEST = 1e-15;

/** log p(data | rank), Minka's equation 30 (Laplace's approximation). */
function logEvidence(spectrum: Float64Array, rank: number, n: number): number {
  const d = spectrum.length;
  if (spectrum[rank - 1] < SMALLEST) return -Infinity;
  let uniform = -rank * Math.LN2;
  let kept = 0;
  for (let i = 0; i < rank; i++) {
    uniform += logGammaOfHalf(d - i) - (Math.log(Math.PI) * (d - i)) / 2;
    kept -= (Math.log(spectrum[i]) * n) / 2;
  }
  const rest = spectrum.subarray(rank).reduce((a, b) => a + b, 0);
  const noise = Math.max(SMALLEST, rest / (d - rank));
  const left = (-Math.log(noise) * n * (d - rank)) / 2;
  const freedom = d * rank - (rank * (rank + 1)) / 2;
  const volume = (Math.log(2 * Math.PI) * (freedom + rank)) / 2;
  return uniform + kept + left + volume - logHessian(spectrum, rank, noise, n) / 2 - (rank * Math.log(n)) / 2;
}

function logHessian(spectrum: Float64Array, rank: number, noise: number, n: number): number {
  let total = 0;
  for (let i = 0; i < rank; i++) {
    for (let j = i + 1; j < spectrum.length; j++) {
      // Equal variances have no evidence of their own; a gap of 0 would be infinite evidence for this rank.
      const gap = Math.max(spectrum[i] - spectrum[j], Number.EPSILON * spectrum[i]);
      const below = j < rank ? spectrum[j] : noise;
      const inverse = Math.max(1 / below - 1 / spectrum[i], Number.EPSILON / spectrum[i]);
      total += Math.log(gap) + Math.log(inverse) + Math.log(n);
    }
  }
  return total;
}

/** log Γ(m / 2) for a whole number m: Γ(x + 1) = x Γ(x), from Γ(1/2) = √π or Γ(1) = 1. */
function logGammaOfHalf(m: number): number {
  let total = m % 2 === 1 ? Math.log(Math.PI) / 2 : 0;
  for (let x = m % 2 === 1 ? 0.5 : 1; x < m / 2; x++) total += Math.log(x);
  return total;
}
