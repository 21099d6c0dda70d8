import type { Pace } from '../core/iterate.js';
import type { Rows } from '../core/rows.js';
import { thinSvd } from '../linalg/routines/thinSvd.js';
import type { Spectrum } from './spectrum.js';

/** Singular value decomposition of all centred rows at once, in float64 on the host: the most exact, for small data. */
export async function fullSpectrum(rows: Rows, pace: Pace): Promise<Spectrum> {
  const { nRows: n, nFeatures: d } = rows;
  const x = await rows.at(Int32Array.from({ length: n }, (_, i) => i));
  const mean = new Float64Array(d);
  x.forEach((value, at) => (mean[at % d] += value / n));
  x.forEach((value, at) => (x[at] = value - mean[at % d]));
  await pace();
  const { s, v } = thinSvd(x, n, d);
  const total = x.reduce((sum, value) => sum + value * value, 0) / (n - 1);
  // Singular values carry rounding of size ε s₁: what is below it is 0.
  const floor = Math.max(n, d) * Number.EPSILON * s[0];
  const variances = s.map((value) => (value > floor ? value ** 2 / (n - 1) : 0));
  return { mean, vectors: v, variances, total, outside: 0 };
}
