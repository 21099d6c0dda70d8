/** Where K-means and mixtures begin: found once, and handed to every contestant. */
import { KMeans } from '../src/index.js';
import { choleskyInto } from '../src/linalg/routines/cholesky.js';
import { transposed } from '../src/linalg/routines/transpose.js';
import { invertTriangularInto } from '../src/linalg/routines/triangular.js';
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

/** Mean and covariance of the rows of one label, in float64. */
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

/** P of Σ⁻¹ = P Pᵀ, from the lower triangle of Σ. */
function precisionFactor(covariance: Float64Array, d: number): Float64Array {
  if (choleskyInto(covariance, d) >= 0) throw new Error('mnist: a covariance of the start is singular.');
  invertTriangularInto(covariance, d);
  return transposed(covariance, d, d);
}

/** A full mixture to begin with: the moments of the clusters of K-means. */
export const mixtureFor = (data: DataSet, k: number): DataSet => ({
  name: `${data.name}-mixture-${k}`,
  make: async (size) => {
    const x = await load(data, size);
    const d = x.shape[1];
    const labels = await kMeansLabels(x, k);
    const weights = new Float64Array(k);
    const means = new Float64Array(k * d);
    const factors = new Float64Array(k * d * d);
    for (let c = 0; c < k; c++) {
      const { weight, mean, covariance } = moments(x, labels, c);
      weights[c] = weight;
      means.set(mean, c * d);
      factors.set(precisionFactor(covariance, d), c * d * d);
    }
    return {
      weights: { values: weights, shape: [k] },
      means: { values: means, shape: [k, d] },
      precisionsCholesky: { values: factors, shape: [k, d, d] },
    };
  },
});
