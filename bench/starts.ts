/** Where K-means and mixtures begin: found once, and handed to every contestant. */
import { KMeans, type CovarianceType } from '../src/index.js';
import { COVARIANCES } from '../src/mixture/covariance.js';
import { useBestBackend } from '../src/node/index.js';
import { asMatrix, type Made } from './arrays.js';
import { load, SEED, type DataSet } from './dataset.js';

/** K centres to begin with: k-means++, moved once. [K, D] */
export const centersFor = (data: DataSet, nClusters: number): DataSet => ({
  name: `${data.name}-centers-${nClusters}`,
  make: async (size) => {
    const x = asMatrix(await load(data, size));
    await useBestBackend();
    const model = await KMeans.fit(x, { nClusters, maxIter: 1, seed: SEED });
    const init = { values: await model.clusterCenters.data<'float32'>(), shape: [nClusters, x.shape[1]] };
    model.dispose();
    return { init };
  },
});

/** Labels of one restart. */
export async function kMeansLabels(x: Made, nClusters: number): Promise<Int32Array> {
  await useBestBackend();
  const model = await KMeans.fit(asMatrix(x), { nClusters, seed: SEED });
  const labels = Int32Array.from(await model.labels!.data());
  model.dispose();
  return labels;
}

const REG_COVAR = 1e-6;

/** Mean and covariance (its lower triangle) of the rows of one label, in float64. */
function moments({ values, shape: [n, d] }: Made, labels: Int32Array, label: number) {
  const rows = Array.from({ length: n }, (_, i) => i).filter((i) => labels[i] === label);
  const mean = new Float64Array(d);
  for (const i of rows) for (let j = 0; j < d; j++) mean[j] += values[i * d + j] / rows.length;
  const covariance = new Float64Array(d * d);
  const row = new Float64Array(d);
  for (const i of rows) {
    for (let j = 0; j < d; j++) row[j] = values[i * d + j] - mean[j];
    for (let j = 0; j < d; j++) {
      for (let k = 0; k <= j; k++) covariance[j * d + k] += (row[j] * row[k]) / rows.length;
    }
  }
  for (let j = 0; j < d; j++) covariance[j * d + j] += REG_COVAR;
  return { weight: rows.length / n, mean, covariance };
}

/** What a type has of the covariances of K components [K, D, D], with their weights. */
const FORMS = {
  full: (all: Float64Array[]) => join(all),
  tied: (all: Float64Array[], weights: Float64Array) =>
    all[0].map((_, at) => all.reduce((sum, each, c) => sum + weights[c] * each[at], 0)),
  diag: (all: Float64Array[], _: Float64Array, d: number) => join(all.map((each) => diagonal(each, d))),
  spherical: (all: Float64Array[], _: Float64Array, d: number) =>
    Float64Array.from(all, (each) => diagonal(each, d).reduce((a, b) => a + b) / d),
};

const join = (all: Float64Array[]): Float64Array => Float64Array.from(all.flatMap((each) => [...each]));

const diagonal = (covariance: Float64Array, d: number): Float64Array =>
  Float64Array.from({ length: d }, (_, j) => covariance[j * (d + 1)]);

/** A mixture to begin with: the moments of the clusters of K-means. */
export const mixtureFor = (data: DataSet, k: number, type: CovarianceType = 'full'): DataSet => ({
  name: `${data.name}-mixture-${k}${type === 'full' ? '' : `-${type}`}`,
  make: async (size) => {
    const x = await load(data, size);
    const d = x.shape[1];
    const labels = await kMeansLabels(x, k);
    const found = Array.from({ length: k }, (_, c) => moments(x, labels, c));
    const weights = Float64Array.from(found, ({ weight }) => weight);
    const covariances = found.map(({ covariance }) => covariance);
    const { shape, fromCovariances } = COVARIANCES[type];
    const factors = fromCovariances(FORMS[type](covariances, weights, d), d);
    if ('collapsed' in factors) throw new Error('mnist: a covariance of the start is singular.');
    return {
      weights: { values: weights, shape: [k] },
      means: { values: join(found.map(({ mean }) => mean)), shape: [k, d] },
      precisionsCholesky: { values: factors, shape: shape(k, d) },
    };
  },
});
