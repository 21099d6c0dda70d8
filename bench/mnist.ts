/** MNIST as the notebook has it, and where the mixture and the silhouettes on it begin. */
import path from 'node:path';
import { KMeans, PCA } from '../src/index.js';
import { choleskyInto } from '../src/linalg/routines/cholesky.js';
import { transposed } from '../src/linalg/routines/transpose.js';
import { invertTriangularInto } from '../src/linalg/routines/triangular.js';
import { loadMnist, useBestBackend } from '../src/node/index.js';
import type { Made } from './arrays.js';
import { load, type DataSet, type Size } from './dataset.js';
import { SEED } from './datasets.js';

const ROWS = { full: 50_000, quick: 1500 };
const N_COMPONENTS = { full: 0.98, quick: 12 };
const DIR = path.join(import.meta.dirname, '..', 'data', 'mnist');

const matrix = ({ values, shape: [n, d] }: Made) => ({ values, shape: [n, d] as [number, number] });

/** Pixels 0 to 255. [50000, 784] */
export const pixels: DataSet = {
  name: 'mnist-pixels',
  make: async (size) => {
    const { x } = await loadMnist({ split: 'train', nRows: ROWS[size], dir: DIR });
    return { x: { values: Float32Array.from(x.values), shape: [...x.shape] } };
  },
};

/** The components that keep 98 % of the variance. [50000, 261] */
export const reduced: DataSet = {
  name: 'mnist-reduced',
  make: async (size) => {
    await useBestBackend();
    const x = matrix(await load(pixels, size));
    const pca = await PCA.fit(x, { nComponents: N_COMPONENTS[size], seed: SEED });
    const z = pca.transform(x);
    const made = { values: await z.data<'float32'>(), shape: z.shape };
    for (const each of [z, pca]) each.dispose();
    return { x: made };
  },
};

/** The same of pixels / 255. */
export const reducedUnit: DataSet = {
  name: 'mnist-reduced-unit',
  make: async (size) => {
    const { values, shape } = await load(reduced, size);
    return { x: { values: Float32Array.from(values, (value) => value / 255), shape } };
  },
};

async function kMeansLabels(x: Made, nClusters: number): Promise<Int32Array> {
  await useBestBackend();
  const model = await KMeans.fit(matrix(x), { nClusters, seed: SEED });
  const labels = Int32Array.from(await model.labels!.data());
  model.dispose();
  return labels;
}

/** Labels of K-means with 2 to 18 clusters. [N] each */
export const labelings: DataSet = {
  name: 'mnist-labelings',
  make: async (size) => {
    const x = await load(reduced, size);
    const made: Record<string, Made> = {};
    for (const k of [2, 6, 10, 14, 18]) {
      const values = await kMeansLabels(x, k);
      made[`k${k}`] = { values, shape: [values.length] };
    }
    return made;
  },
};

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
  make: async (size: Size) => {
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
