/** Plane rotations of rows, and the scale at which they are safe from overflow and underflow: shared by the two QL/QR sweeps. */

/**
 * Beside a largest entry between 1 and 2, numbers below this count as 0: their squares would lose digits to underflow,
 * and they are far below the rounding of everything else.
 */
export const TINY = 1e-280;

/** The power of two at `largest`: dividing by it is exact and brings the largest entry between 1 and 2. */
export function binaryScale(largest: number): number {
  return largest > 0 ? 2 ** Math.floor(Math.log2(largest)) : 1;
}

/** √(f² + g²). Math.hypot rounds by several units in the last place, and a rotation is only as orthogonal as its length. */
export function norm(f: number, g: number): number {
  const square = f * f + g * g;
  return square > TINY ? Math.sqrt(square) : Math.hypot(f, g);
}

/** Rows i and j, of length n, become c rᵢ + s rⱼ and -s rᵢ + c rⱼ. */
export function rotateRows(rows: Float64Array, i: number, j: number, n: number, c: number, s: number): void {
  const p = i * n;
  const q = j * n;
  for (let k = 0; k < n; k++) {
    const x = rows[p + k];
    const y = rows[q + k];
    rows[p + k] = c * x + s * y;
    rows[q + k] = c * y - s * x;
  }
}
