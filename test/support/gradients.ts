import { grads, tensor, tidy, type Tensor } from '@tensorflow/tfjs-core';

export interface GradientOptions {
  /** How many random directions; each has a random weighting of the function's outputs of its own. */
  directions?: number;
  /** The longer of the two steps, relative to each input's largest entry (or 1). */
  step?: number;
  /** Against |gradient| |direction|, so that a direction with a gradient of about 0 is no easier and no harder. */
  rtol?: number;
  /** Added to it, for gradients that are 0. */
  atol?: number;
  /** Inputs are symmetric matrices, and stay so along the directions. */
  symmetric?: boolean;
  seed?: number;
}

const DEFAULTS = { directions: 3, step: 0.02, rtol: 2e-3, atol: 1e-6, symmetric: false, seed: 1 };

/** Numbers in [0, 1) by mulberry32, the same on every machine and backend. */
export function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Fails unless the gradient of `f` is that of central differences along random directions, for every input at once.
 *
 * f may return a tensor of any shape: it is weighted with random numbers, and the weighted sum is taken in float64. Two steps,
 * h and h / 2, are extrapolated, so that h may be long enough for float32; what is compared with is the displacement that
 * float32 really made. For a second derivative pass a gradient: expectGradient((x) => grad(f)(x), [x]).
 *
 * @param f a differentiable function of float32 tensors
 * @param inputs where; they stay the caller's
 */
export function expectGradient(
  f: (...x: Tensor[]) => Tensor,
  inputs: Tensor[],
  options: GradientOptions = {},
): void {
  const { directions, step, rtol, atol, symmetric, seed } = { ...DEFAULTS, ...options };
  const random = randoms(seed);
  const points = inputs.map((x) => Float64Array.from(x.dataSync()));
  const shapes = inputs.map((x) => x.shape);
  const output = tidy(() => f(...inputs));
  for (let d = 0; d < directions; d++) {
    const weights = Float32Array.from({ length: output.size }, () => 2 * random() - 1);
    const along = points.map((x, i) => direction(shapes[i], random, symmetric).map((v) => v * largest(x)));
    const slopes = gradient(f, inputs, tensor(weights, output.shape));
    const error = (h: number): number => differenceError(f, points, shapes, along, h, weights, slopes);
    const extrapolated = (4 * error(step / 2) - error(step)) / 3;
    const size = norm(slopes) * norm(along);
    if (!(Math.abs(extrapolated) <= atol + rtol * size)) {
      throw new Error(
        `direction ${d}: gradient and central differences are ${extrapolated} apart where |gradient| |direction| is ${size} (rtol ${rtol}, atol ${atol})`,
      );
    }
    expect(Math.abs(extrapolated)).toBeLessThanOrEqual(atol + rtol * size);
  }
  output.dispose();
}

function gradient(f: (...x: Tensor[]) => Tensor, inputs: Tensor[], weights: Tensor): ArrayLike<number>[] {
  const results = grads(f)(inputs, weights);
  const values = results.map((result) => result.dataSync().slice());
  results.forEach((result) => result.dispose());
  weights.dispose();
  return values;
}

/** (f(x + h d) - f(x - h d)) / 2h minus what the gradient predicts for the displacement that float32 made of h d. */
function differenceError(
  f: (...x: Tensor[]) => Tensor,
  points: Float64Array[],
  shapes: number[][],
  along: Float64Array[],
  h: number,
  weights: Float32Array,
  slopes: ArrayLike<number>[],
): number {
  const moved = (sign: number): Float32Array[] =>
    points.map((x, i) => Float32Array.from(x, (value, j) => value + sign * h * along[i][j]));
  const [up, down] = [moved(1), moved(-1)];
  let predicted = 0;
  slopes.forEach((slope, i) => {
    for (let j = 0; j < slope.length; j++) predicted += slope[j] * (up[i][j] - down[i][j]);
  });
  const difference = evaluate(f, up, shapes, weights) - evaluate(f, down, shapes, weights);
  return (difference - predicted) / (2 * h);
}

function evaluate(
  f: (...x: Tensor[]) => Tensor,
  at: Float32Array[],
  shapes: number[][],
  weights: Float32Array,
): number {
  const y = tidy(() => f(...at.map((values, i) => tensor(values, shapes[i], 'float32'))));
  const values = y.dataSync();
  y.dispose();
  return weights.reduce((total, weight, i) => total + weight * values[i], 0);
}

function direction(shape: number[], random: () => number, symmetric: boolean): Float64Array {
  const values = Float64Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1);
  if (!symmetric) return values;
  const n = shape.at(-1)!;
  return values.map((value, at) => {
    const [start, i, j] = [at - (at % (n * n)), Math.floor((at % (n * n)) / n), at % n];
    return (value + values[start + j * n + i]) / 2;
  });
}

function largest(x: Float64Array): number {
  return x.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
}

function norm(parts: ArrayLike<number>[]): number {
  return Math.sqrt(parts.reduce((total, part) => total + Array.from(part).reduce((s, v) => s + v * v, 0), 0));
}
