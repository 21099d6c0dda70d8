/**
 * Solves A x = b in float64 on the host, for an A that is known by its products only and is near a symmetric positive definite
 * one: generalised conjugate residuals, of which each iterate has the least |b - A x| that its directions p_j allow.
 *
 *     conjugateResidual(apply, b, options) -> x, and |b - A x| / |b|
 *
 * Eisenstat, Elman and Schultz, Variational iterative methods for nonsymmetric systems of linear equations, SIAM J. Numer.
 * Anal. 20 (1983), as Orthomin.
 */

export interface SolverOptions {
  /** Stops at this |b - A x| / |b|. */
  readonly tol: number;
  /** Directions that are held, two vectors each; the oldest gives way. */
  readonly held: number;
  /** Products with A, at most. */
  readonly maxIter: number;
}

/**
 * @param apply x -> A x
 * @param b [n]
 * @returns x, and the residual that it has, which is above `tol` (or NaN) where `maxIter` did not do
 */
export async function conjugateResidual(
  apply: (x: Float64Array) => Promise<Float64Array>,
  b: Float64Array,
  { tol, held, maxIter }: SolverOptions,
): Promise<{ x: Float64Array; residual: number }> {
  const x = new Float64Array(b.length);
  const r = b.slice();
  const size = norm(b);
  if (size === 0) return { x, residual: 0 };
  const directions: [p: Float64Array, image: Float64Array][] = []; // images A p, orthonormal
  for (let i = 0; i < maxIter && norm(r) > tol * size; i++) {
    const p = r.slice();
    const image = await apply(p);
    const before = norm(image);
    // Twice: once leaves rounding errors of the size of what was taken.
    for (const [other, otherImage] of [...directions, ...directions]) {
      const along = -dot(image, otherImage);
      addTo(image, along, otherImage);
      addTo(p, along, other);
    }
    const length = norm(image);
    // Of a singular A what is left may be nothing but rounding.
    if (!(length > 1e-14 * before)) break;
    const next = [p, image].map((v) => v.map((value) => value / length)) as [Float64Array, Float64Array];
    directions.push(next);
    if (directions.length > held) directions.shift();
    const step = dot(r, next[1]);
    addTo(x, step, next[0]);
    addTo(r, -step, next[1]);
  }
  // The true one: r was only kept up to date, which of a singular A says nothing.
  const product = await apply(x);
  return { x, residual: norm(b.map((value, i) => value - product[i])) / size };
}

function dot(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i] * b[i];
  return total;
}

const norm = (v: Float64Array): number => Math.sqrt(dot(v, v));

function addTo(a: Float64Array, factor: number, b: Float64Array): void {
  for (let i = 0; i < a.length; i++) a[i] += factor * b[i];
}
