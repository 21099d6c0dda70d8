/** Fits as functions of their rows and weights, in float64: what the gradients of a fit are compared with. */
import { COVARIANCES } from '../../src/mixture/covariance.js';
import { recordOf } from '../../src/graph/record.js';
import { KMeans, type CovarianceType, type GaussianMixture } from '../../src/index.js';

export type Params = Record<string, Float64Array>;

/** The params as the model holds them, not as its float32 tensors say. */
export async function paramsOf(model: KMeans | GaussianMixture): Promise<Params> {
  const { params, derived } = await recordOf(model);
  const origin = params.origin.values as Float64Array;
  const inDataUnits = (values: ArrayLike<number>) =>
    Float64Array.from(values, (value, at) => value + origin[at % origin.length]);
  if (model instanceof KMeans) return { clusterCenters: inDataUnits(params.clusterCenters.values) };
  const p = derived!.factor.values as Float64Array;
  return {
    weights: params.weights.values as Float64Array,
    means: inDataUnits(params.means.values),
    precisionsCholesky: p,
    covariances: COVARIANCES[model.covarianceType].covariances(p, origin.length),
  };
}

/** Of each field, the shape. */
export const shapesOf = (type: CovarianceType, k: number, d: number): Record<string, number[]> => ({
  weights: [k],
  means: [k, d],
  covariances: COVARIANCES[type].shape(k, d),
  precisionsCholesky: COVARIANCES[type].shape(k, d),
});

/** (params(x + h a, w + h b) - params(x - h a, w - h b)) / 2h */
export async function differencesOf(
  refit: (x: number[][], w: number[]) => Promise<Params>,
  x: number[][],
  w: number[],
  along: { x: number[][]; w: number[] },
  h: number,
): Promise<Params> {
  const at = (step: number) =>
    refit(
      x.map((row, i) => row.map((value, j) => value + step * along.x[i][j])),
      w.map((value, i) => value + step * along.w[i]),
    );
  const [up, down] = [await at(h), await at(-h)];
  const each = Object.entries(up).map(([name, values]) => {
    return [name, values.map((value, i) => (value - down[name][i]) / (2 * h))];
  });
  return Object.fromEntries(each) as Params;
}
