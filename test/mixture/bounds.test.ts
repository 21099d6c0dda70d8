/** An M-step shrinks no row's |y| below what its bound says, and the bound is near. */
import { RandomState } from '../../src/index.js';
import { carriedNorms, motionOf } from '../../src/mixture/bounds.js';
import { COVARIANCES } from '../../src/mixture/covariance.js';
import { hostPass } from '../../src/mixture/host.js';
import { backends, useBackend } from '../support/backends.js';
import { make } from '../support/naive-linalg.js';

const [N, K, D] = [300, 3, 24];
const { full } = COVARIANCES;
const regCovar = 0.05;

/** Rows in the frame of component c, and their lengths. */
function norms(x: number[][], means: Float64Array, p: Float64Array): Float32Array {
  const lengths = new Float32Array(N * K);
  x.forEach((row, i) => {
    for (let c = 0; c < K; c++) {
      const y = Float64Array.from(row, (value, j) => value - means[c * D + j]);
      full.hostWhiten(p, c, y);
      lengths[i * K + c] = Math.hypot(...y);
    }
  });
  return lengths;
}

/** A mixture that does not fit its rows, and what the M-step makes of it. */
function step() {
  const random = new RandomState(3);
  const x = make(N, D, (i, j) => random.standardNormal(1)[0] * (1 + (j % 3)) + (i % K) * 2);
  const means = Float64Array.from(x.slice(0, K).flat());
  const p = full.isotropic(K, D, 0.7);
  const start = { weights: new Float64Array(K).fill(1 / K), means, precisionsCholesky: p };
  const moments = hostPass(Float64Array.from(x.flat()), start, full, null);
  const next = means.slice();
  for (let c = 0; c < K; c++) {
    const move = moments.first.slice(c * D, (c + 1) * D).map((value) => value / moments.counts[c]);
    full.unwhiten(p, c, move);
    move.forEach((value, j) => (next[c * D + j] += value));
  }
  const ridge = Float32Array.from(p, (value) => value * value); // Pᵀ P of an isotropic P
  const factors = full.refine(p, moments, regCovar) as Float64Array;
  return {
    moments: { ...symmetric(moments), ridge },
    before: norms(x, means, p),
    after: norms(x, next, factors),
  };
}

/** The host fills one triangle only; tensors both. */
function symmetric(moments: ReturnType<typeof hostPass>) {
  const second = moments.second.slice();
  for (let c = 0; c < K; c++) {
    for (let i = 0; i < D; i++) {
      for (let j = 0; j < i; j++) second[(c * D + j) * D + i] = second[(c * D + i) * D + j];
    }
  }
  return { ...moments, second };
}

it.each(backends)('on %s', async (backend) => {
  await useBackend(backend);
  const { moments, before, after } = step();
  const motion = await motionOf(moments, regCovar);
  const ids = Int32Array.from({ length: N }, (_, i) => i);
  const carried = carriedNorms(ids, { winners: ids, norms: before, ...motion });
  const ratios = Array.from(after, (value, at) => carried[at] / value);
  expect(Math.max(...ratios)).toBeLessThanOrEqual(1);
  expect(Math.max(...ratios)).toBeGreaterThan(0.5);
  expect(Math.min(...motion.stretches)).toBeGreaterThan(1);
});
