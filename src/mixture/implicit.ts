/**
 * What a fitted mixture θ owes to its rows and their weights, at the fixed point θ = T(θ, x, w) of EM, for a cotangent v of θ:
 *
 *     λ = v + (∂T/∂θ)ᵀ λ,      x̄ = (∂T/∂x)ᵀ λ,      w̄ = (∂T/∂w)ᵀ λ
 *
 * T is the M-step of sums s = Σ_i w_i r_ik φ(y_ik) with φ(y) = (1, y, yyᵀ), y = (x - μ_k) P_k. Changes of θ are told in each
 * component's own frame, as α = δ log w_k, u = P_kᵀ δμ_k and E = P_kᵀ δΣ_k P_k; then, at the fixed point, where the means of y
 * are 0, with n = Σ w r and B = Σ w r yyᵀ / n,
 *
 *     M-step      α = δn / n - Σ δn / Σ n,    u = δ(Σ w r y) / n,    E = (δ(Σ w r yyᵀ) - B δn) / n
 *     E-step      δ log p_k(x) = α + u·y + (yᵀ E y - tr E) / 2,      δr_k = r_k (δ log p_k - Σ_j r_j δ log p_j)
 *
 * Their transposes make of a cotangent g of the sums one number q_ik = g · φ(y_ik) for each row, of which the sums with
 * h_ik = w_i r_ik (q_ik - Σ_j r_ij q_ij) in place of w r are (∂T/∂θ)ᵀ: one product with it is one pass over the rows, like EM's
 * own. λ is found by conjugate residuals, whose iterations are few where EM's are many.
 *
 * Implicit differentiation of a fixed point: Christianson, Reverse accumulation and attractive fixed points, Optim. Methods
 * Softw. 3 (1994).
 */
import { InputError, NumericalError } from '../core/errors.js';
import type { Pace } from '../core/iterate.js';
import { conjugateResidual } from '../linalg/routines/conjugateResidual.js';
import { COVARIANCES, type Covariance, type CovarianceType, type Moments } from './covariance.js';
import type { Mixture } from './density.js';
import { hostPass, hostResponsibilities } from './host.js';
import { TANGENTS, type Tangent } from './tangent.js';

/** The mixture, and the rows that it may be the fixed point of, relative to its origin. */
export interface Fit {
  /** [N * D] */
  readonly x: Float64Array;
  /** [N], or null: all 1 */
  readonly weight: Float64Array | null;
  readonly mixture: Mixture;
  readonly covarianceType: CovarianceType;
  readonly regCovar: number;
  readonly pace: Pace;
}

/** Of params, each as the model's field of that name. */
export type Cotangent = Partial<
  Record<'weights' | 'means' | 'covariances' | 'precisionsCholesky', Float64Array>
>;

/** Of the rows [N * D] and their weights [N]. */
export interface Grads {
  readonly x: Float64Array;
  readonly sampleWeight: Float64Array;
}

/** Multiplications of a batch, about a frame of a page. */
const BATCH_WORK = 4e6;
/** A row has no part in a component of a smaller responsibility. */
const VISIBLE = 1e-30;
/** A component of a smaller share of the rows has none. */
const ROWLESS = 1e-12;
/** The adjoint equation is solved to the first of these, and has no solution where the second is not reached. */
const SOLVER = { tol: 1e-11, held: 60, maxIter: 1000 };
const SOLVED = 1e-9;

/** A fit with what its passes need. */
interface Point extends Fit {
  readonly covariance: Covariance;
  readonly tangent: Tangent;
  /** Responsibilities [N * K] */
  readonly r: Float64Array;
  /** What EM's pass sums up. */
  readonly sums: Moments;
}

/**
 * @param name the call, as messages name it
 * @param tol how far one more iteration of EM may move the mixture
 * @throws InputError where it moves it farther; NumericalError where the fixed point is not isolated
 */
export async function mixtureGrads(
  name: string,
  fit: Fit,
  cotangent: Cotangent,
  tol: number,
): Promise<Grads> {
  const point = await pointOf(fit);
  refuseRowless(name, point);
  const residual = residualOf(point);
  if (!(residual <= tol)) {
    throw new InputError(
      `${name}: the mixture is no fixed point of EM on these rows: one more iteration moves it by ${residual.toPrecision(2)} (in standard deviations of the components, and shares of their weights), and tol is ${tol}. Fit it with a smaller tol and a larger maxIter, and give the sampleWeight and regCovar of the fit.`,
    );
  }
  const v = inFrames(point, cotangent);
  const apply = async (lambda: Float64Array) => {
    const back = await backThroughStep(point, lambda);
    return lambda.map((value, i) => value - back[i]);
  };
  const { x: lambda, residual: left } = await conjugateResidual(apply, v, SOLVER);
  if (!(left <= SOLVED)) {
    throw new NumericalError(
      `${name}: the adjoint equation has no solution to ${SOLVED} (${left.toPrecision(2)} is left): other mixtures nearby are as good as this one, as where two components are alike. Ask for fewer components.`,
    );
  }
  return toRows(point, toSums(point, lambda));
}

const sizesOf = ({ mixture }: Fit): [k: number, d: number] => {
  const k = mixture.weights.length;
  return [k, mixture.means.length / k];
};

async function overBatches(fit: Fit, visit: (start: number, end: number) => void): Promise<void> {
  const [k, d] = sizesOf(fit);
  const n = fit.x.length / d;
  const step = Math.max(1, Math.floor(BATCH_WORK / (k * (d + 10) ** 2)));
  for (let start = 0; start < n; start += step) {
    visit(start, Math.min(n, start + step));
    await fit.pace();
  }
}

/** Counts, first and second moments in one array: a cotangent of the params or of the sums, or the sums. */
function momentsIn(flat: Float64Array, [k, d]: [number, number]): Moments {
  const at = k * (d + 1);
  return { counts: flat.subarray(0, k), first: flat.subarray(k, at), second: flat.subarray(at) };
}

const newFlat = ({ covariance }: Pick<Point, 'covariance'>, [k, d]: [number, number]): Float64Array =>
  new Float64Array(k * (d + 1) + covariance.secondLength(k, d));

async function pointOf(fit: Fit): Promise<Point> {
  const { x, weight, mixture, covarianceType } = fit;
  const covariance = COVARIANCES[covarianceType];
  const sizes = sizesOf(fit);
  const [k, d] = sizes;
  const r = new Float64Array((x.length / d) * k);
  const flat = newFlat({ covariance }, sizes);
  await overBatches(fit, (start, end) => {
    const rows = x.subarray(start * d, end * d);
    const w = weight?.subarray(start, end) ?? null;
    r.set(hostResponsibilities(rows, mixture, covariance), start * k);
    const { counts, first, second } = hostPass(rows, mixture, covariance, w);
    [...counts, ...first].forEach((value, i) => (flat[i] += value));
    second.forEach((value, i) => (flat[k * (d + 1) + i] += value));
  });
  return { ...fit, covariance, tangent: TANGENTS[covarianceType], r, sums: momentsIn(flat, sizes) };
}

const totalOf = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);

function refuseRowless(name: string, { sums: { counts } }: Point): void {
  const rowless = counts.findIndex((n) => !(n > ROWLESS * totalOf(counts)));
  if (rowless < 0) return;
  throw new NumericalError(
    `${name}: component ${rowless} has no rows (${counts[rowless]} of ${totalOf(counts)}), so that its mean and covariance owe nothing to them. Ask for fewer components.`,
  );
}

/** How far an iteration of EM moves the mixture, the largest entry of the changes in the components' frames. */
function residualOf(point: Point): number {
  const { mixture, covariance, regCovar, sums } = point;
  const { weights, precisionsCholesky: p } = mixture;
  const [k, d] = sizesOf(point);
  const { counts, first } = sums;
  const total = totalOf(counts);
  const next = covariance.refine(p, sums, regCovar, false);
  if (!(next instanceof Float64Array)) return Infinity;
  let largest = 0;
  for (let c = 0; c < k; c++) {
    largest = Math.max(largest, Math.abs(counts[c] / total / weights[c] - 1));
    for (let j = 0; j < d; j++) {
      // A unit vector of the frame in the data's units, and in the next frame: what it should be again.
      const unit = new Float64Array(d);
      unit[j] = 1;
      covariance.unwhiten(p, c, unit);
      covariance.hostWhiten(next, c, unit);
      unit[j] -= 1;
      largest = Math.max(largest, Math.abs(first[c * d + j] / counts[c]), ...unit.map(Math.abs));
    }
  }
  return largest;
}

/** A cotangent of the params as one of their changes α, u, E in the components' frames. */
function inFrames(point: Point, cotangent: Cotangent): Float64Array {
  const { mixture, tangent } = point;
  const { weights, precisionsCholesky: p } = mixture;
  const sizes = sizesOf(point);
  const [k, d] = sizes;
  const flat = newFlat(point, sizes);
  const { counts, first, second } = momentsIn(flat, sizes);
  cotangent.weights?.forEach((value, c) => (counts[c] = value * weights[c]));
  for (let c = 0; c < k && cotangent.means; c++) {
    const u = cotangent.means.slice(c * d, (c + 1) * d);
    tangent.solveFactor(p, c, u);
    first.set(u, c * d);
  }
  for (const form of ['covariances', 'precisionsCholesky'] as const) {
    const dy = cotangent[form];
    const part =
      dy && (form === 'covariances' ? tangent.ofCovariances : tangent.ofPrecisionsCholesky)(dy, p, d);
    part?.forEach((value, at) => (second[at] += value));
  }
  return flat;
}

/** Back through the M-step: a cotangent of α, u, E as one of the sums. */
function toSums(point: Point, lambda: Float64Array): Moments {
  const { covariance, tangent, sums } = point;
  const sizes = sizesOf(point);
  const [k, d] = sizes;
  const given = momentsIn(lambda, sizes);
  const g = momentsIn(newFlat(point, sizes), sizes);
  const total = totalOf(sums.counts);
  const all = totalOf(given.counts);
  const projected = tangent.project(given.second, d);
  const block = covariance.shared ? projected.length : projected.length / k;
  const average = new Float64Array(projected.length / block); // of g.second, over the rows
  for (let at = 0; at < projected.length; at++) {
    const c = Math.floor(at / block);
    const n = covariance.shared ? total : sums.counts[c];
    g.second[at] = projected[at] / n;
    average[c] += (g.second[at] * sums.second[at]) / n;
  }
  for (let c = 0; c < k; c++) {
    const n = sums.counts[c];
    g.counts[c] = given.counts[c] / n - all / total - average[covariance.shared ? 0 : c];
    for (let at = c * d; at < (c + 1) * d; at++) g.first[at] = given.first[at] / n;
  }
  return g;
}

/** λ -> (∂T/∂θ)ᵀ λ, one pass over the rows. */
async function backThroughStep(point: Point, lambda: Float64Array): Promise<Float64Array> {
  const { covariance, tangent } = point;
  const sizes = sizesOf(point);
  const [k, d] = sizes;
  const g = toSums(point, lambda);
  const flat = newFlat(point, sizes);
  const { counts, first, second } = momentsIn(flat, sizes);
  const view = viewer(point, g);
  await overBatches(point, (start, end) => {
    for (let i = start; i < end; i++) {
      for (const { c, y, h } of view(i).seen) {
        counts[c] += h;
        for (let j = 0; j < d; j++) first[c * d + j] += h * y[j];
        covariance.addSecond(second, c, y, h);
      }
    }
  });
  // Of E the cotangent is (Σ h yyᵀ - Σ h I) / 2, and what lies below the diagonal stands for two entries.
  const block = covariance.shared ? second.length : second.length / k;
  second.forEach((value, at) => {
    if (!tangent.isDiagonal(at, d)) return;
    second[at] = (value - (covariance.shared ? totalOf(counts) : counts[Math.floor(at / block)])) / 2;
  });
  return flat;
}

/** The last step: x̄ and w̄. */
async function toRows(point: Point, g: Moments): Promise<Grads> {
  const { x, weight, mixture, tangent } = point;
  const [k, d] = sizesOf(point);
  const n = x.length / d;
  const grads = { x: new Float64Array(n * d), sampleWeight: new Float64Array(n) };
  const view = viewer(point, g);
  const z = new Float64Array(d);
  await overBatches(point, (start, end) => {
    for (let i = start; i < end; i++) {
      const { seen, mean } = view(i);
      grads.sampleWeight[i] = mean;
      for (const { c, y, slope, h } of seen) {
        const share = (weight ? weight[i] : 1) * point.r[i * k + c];
        for (let j = 0; j < d; j++) z[j] = share * (g.first[c * d + j] + slope[j]) - h * y[j];
        tangent.timesFactor(mixture.precisionsCholesky, c, z);
        for (let j = 0; j < d; j++) grads.x[i * d + j] += z[j];
      }
    }
  });
  return grads;
}

/** A row as one of its components sees it. */
interface Seen {
  readonly c: number;
  /** The row in the component's frame, [D] */
  readonly y: Float64Array;
  /** ∂(g · φ(y)) / ∂y of the second moments, [D] */
  readonly slope: Float64Array;
  /** q = g · φ(y) */
  q: number;
  /** w r (q - Σ r q) */
  h: number;
}

/** A function of a row: the components that it is visible to, and Σ r q. What it returns holds until it is called again. */
function viewer(point: Point, g: Moments): (i: number) => { seen: readonly Seen[]; mean: number } {
  const { x, weight, mixture, covariance, tangent, r } = point;
  const [k, d] = sizesOf(point);
  const buffers = Array.from({ length: k }, (_, c): Seen => {
    return { c, y: new Float64Array(d), slope: new Float64Array(d), q: 0, h: 0 };
  });
  return (i) => {
    const seen = buffers.filter(({ c }) => r[i * k + c] > VISIBLE);
    let mean = 0;
    for (const each of seen) {
      const { c, y, slope } = each;
      for (let j = 0; j < d; j++) y[j] = x[i * d + j] - mixture.means[c * d + j];
      covariance.hostWhiten(mixture.precisionsCholesky, c, y);
      tangent.slope(g.second, c, y, slope);
      each.q = g.counts[c];
      for (let j = 0; j < d; j++) each.q += (g.first[c * d + j] + slope[j] / 2) * y[j];
      mean += r[i * k + c] * each.q;
    }
    for (const each of seen) each.h = (weight ? weight[i] : 1) * r[i * k + each.c] * (each.q - mean);
    return { seen, mean };
  };
}
