/**
 * Losses of the layers' outputs, as model.compile takes them: (target, output) -> one number a row. The first two have no
 * target; tfjs asks for one of the output's shape all the same, which is not read.
 */
import { div, log, logSumExp, maximum, min, mul, neg, square, sub, sum } from '@tensorflow/tfjs-core';
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core';
import * as checks from '../core/checks.js';
import { op } from '../core/op.js';

/** A share below this counts as this: its logarithm, and the slope of it, stay within float32. */
const LEAST_SHARE = 1e-30;

/**
 * Negative log-likelihood of a mixture, -log Σ_k w_k N(x | μ_k, Σ_k), in nats.
 *
 * @param _target not read
 * @param logProb [N, K] the output of `GaussianMixtureLogProb`
 * @returns [N]
 * @throws InputError for another shape or dtype
 * @example
 * model.compile({ optimizer: 'adam', loss: negativeLogLikelihood });
 */
export const negativeLogLikelihood = op(
  'negativeLogLikelihood',
  (_target: Tensor | null, logProb: Tensor): Tensor1D => {
    checks.checkTensor('negativeLogLikelihood: logProb', logProb, ['N', 'K']);
    return neg(logSumExp(logProb, 1));
  },
);

/**
 * K-means' distortion, the squared distance of each row to its nearest centre: its mean times N is the inertia.
 *
 * @param _target not read
 * @param squaredDistances [N, K] the output of `SoftKMeans` with `output: 'squaredDistances'`
 * @returns [N]
 * @throws InputError for another shape or dtype
 * @example
 * model.compile({ optimizer: 'adam', loss: kMeansDistortion });
 */
export const kMeansDistortion = op(
  'kMeansDistortion',
  (_target: Tensor | null, squaredDistances: Tensor): Tensor1D => {
    checks.checkTensor('kMeansDistortion: squaredDistances', squaredDistances, ['N', 'K']);
    return min(squaredDistances, 1);
  },
);

/**
 * The target of deep embedded clustering, which sharpens shares and evens the clusters' sizes:
 * p_ik ∝ q_ik² / Σ_j q_jk (Xie, Girshick and Farhadi 2016, (3)). Made of all rows at once, and anew now and then.
 *
 * @param q [N, K] shares of sum 1, the output of `SoftKMeans` with `kernel: 'studentT'`
 * @returns [N, K], rows sum to 1
 * @throws InputError for another shape or dtype
 * @example
 * const target = clusteringTarget(model.predict(x));
 */
export const clusteringTarget = op('clusteringTarget', (q: Tensor): Tensor2D => {
  checks.checkTensor('clusteringTarget: q', q, ['N', 'K']);
  const sharpened = div(square(q), maximum(sum(q, 0), LEAST_SHARE)); // [N, K]
  return div(sharpened, sum(sharpened, 1, true));
});

/**
 * The clustering loss of deep embedded clustering, the divergence Σ_k p_k log(p_k / q_k) of the shares from their target
 * (Xie, Girshick and Farhadi 2016, (2)), in nats.
 *
 * @param p [N, K] of {@link clusteringTarget}
 * @param q [N, K] the output of `SoftKMeans`
 * @returns [N]
 * @throws InputError for another shape or dtype
 * @example
 * model.compile({ optimizer: 'adam', loss: clusteringLoss });
 */
export const clusteringLoss = op('clusteringLoss', (p: Tensor, q: Tensor): Tensor1D => {
  checks.checkTensor('clusteringLoss: q', q, ['N', 'K']);
  checks.checkTensor('clusteringLoss: p', p, q.shape);
  const logOf = (shares: Tensor) => log(maximum(shares, LEAST_SHARE));
  return sum(mul(p, sub(logOf(p), logOf(q))), 1);
});
