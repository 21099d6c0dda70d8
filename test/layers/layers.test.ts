/** The layers against the models and formulas that they come from, their slopes, and their way through a file. */
import * as tf from '@tensorflow/tfjs';
import { tensor2d, tidy, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { GaussianMixture, InputError, KMeans, PCA } from '../../src/index.js';
import {
  clusteringLoss,
  clusteringTarget,
  GaussianMixtureLogProb,
  GaussianMixtureResponsibilities,
  kMeansDistortion,
  negativeLogLikelihood,
  PrincipalComponents,
  SoftKMeans,
} from '../../src/layers/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { inMemory } from '../support/models.js';

type AnyLayer = SoftKMeans | GaussianMixtureLogProb | PrincipalComponents;

const OFFSET = 100;
const { x } = clustered([[OFFSET, 0], [OFFSET + 3, 1], [OFFSET - 1, 4]], 1, 20, 5); // prettier-ignore
const fitMixture = (covarianceType: (typeof covarianceTypes)[number]) =>
  GaussianMixture.fit(x, { nComponents: 3, covarianceType, seed: 0 });
const fitKMeans = () => KMeans.fit(x, { nClusters: 3, seed: 0 });

/** The layer as a function of its input and its weights, on rows near the origin that it takes them from. */
function expectSlopes(layer: AnyLayer): void {
  const shapes = layer.weights.map((each) => each.shape as number[]);
  const values = layer.getWeights().map((each) => each.clone());
  // Without an origin, so that float32 holds differences of the rows to more digits.
  const config = { ...layer.getConfig(), origin: null, name: undefined };
  const same = new (layer.constructor as new (config: unknown) => AnyLayer)(config);
  const rows = tensor2d([[0.3, -0.2], [1.1, 0.4], [-0.7, 0.9]]); // prettier-ignore
  same.apply(rows);
  expect(same.weights.map((each) => each.shape)).toEqual(shapes);
  const variables = same.weights as unknown as { val: Tensor; read: () => Tensor }[];
  const at = (given: Tensor[]) => variables.forEach((each, i) => (each.read = () => given[i]));
  const f = (input: Tensor, ...weights: Tensor[]): Tensor => {
    at(weights);
    return same.apply(input) as Tensor;
  };
  expectGradient(f, [rows, ...values]);
  values.forEach((value, i) => {
    expectGradient((one) => f(rows, ...values.map((each, j) => (i === j ? one : each))), [value]);
  });
}

/** Saves a model of one layer, loads it, and returns what the loaded one answers. */
async function throughFile(layer: AnyLayer, rows: Tensor2D): Promise<Tensor> {
  const store = inMemory();
  await tf.sequential({ layers: [layer] }).save(store);
  const text = {
    ...store.artifacts,
    modelTopology: JSON.parse(JSON.stringify(store.artifacts.modelTopology)),
  };
  const loaded = await tf.loadLayersModel(inMemory(text));
  return loaded.predict(rows) as Tensor;
}

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each(covarianceTypes)('a %s mixture as a layer', (type) => {
    let mixture: GaussianMixture;
    beforeAll(async () => {
      mixture = await fitMixture(type);
    });
    afterAll(() => mixture.dispose());

    it('answers as the model that it comes from, and so does the model made of it', async () => {
      const rows = tensor2d(x);
      const logProb = await GaussianMixtureLogProb.fromModel(mixture);
      const shares = await GaussianMixtureResponsibilities.fromModel(mixture);
      const back = await logProb.toModel();
      const loss = negativeLogLikelihood(null, logProb.apply(rows) as Tensor);
      expectClose(loss.neg(), mixture.scoreSamples(rows), { rtol: 1e-5, what: 'log density' });
      expectClose(shares.apply(rows) as Tensor, mixture.predictProba(rows), { rtol: 1e-4, atol: 1e-6 });
      for (const name of ['weights', 'means', 'precisionsCholesky'] as const) {
        expectClose(back[name], mixture[name], { rtol: 2e-6, atol: 1e-6, what: name });
      }
      expect(back.covarianceType).toBe(type);
    });

    it('has the slopes of its differences, in rows and every weight', async () => {
      const logProb = await GaussianMixtureLogProb.fromModel(mixture);
      const shares = await GaussianMixtureResponsibilities.fromModel(mixture);
      tidy(() => expectSlopes(logProb));
      tidy(() => expectSlopes(shares));
    });

    it('is saved and loaded by tfjs', async () => {
      const rows = tensor2d(x);
      for (const kind of [GaussianMixtureLogProb, GaussianMixtureResponsibilities]) {
        const layer = await kind.fromModel(mixture);
        expectClose(await throughFile(layer, rows), layer.apply(rows) as Tensor, { rtol: 0 });
      }
    });
  });

  it('K-means as a layer answers as its model, is turned back into it, has its slopes, is saved and loaded', async () => {
    const kmeans = await fitKMeans();
    const rows = tensor2d(x);
    const soft = await SoftKMeans.fromModel(kmeans, { temperature: 2 });
    const student = await SoftKMeans.fromModel(kmeans, { kernel: 'studentT' });
    const distances = await SoftKMeans.fromModel(kmeans, { output: 'squaredDistances' });
    expectClose(soft.apply(rows) as Tensor, kmeans.predictProba(rows, 2), { rtol: 1e-5, atol: 1e-7 });
    const squared = kmeans.transform(rows).square();
    expectClose(distances.apply(rows) as Tensor, squared, { rtol: 1e-5 });
    const kernel = (squared.arraySync() as number[][]).map((row) => row.map((d) => 1 / (1 + d)));
    const expected = kernel.map((row) => row.map((value) => value / row.reduce((a, b) => a + b)));
    expectClose(student.apply(rows) as Tensor, expected, { rtol: 1e-5 });
    const distortion = kMeansDistortion(null, distances.apply(rows) as Tensor).sum();
    expectClose(distortion, kmeans.inertia!, { rtol: 1e-5 });
    expectClose((await soft.toModel()).clusterCenters, kmeans.clusterCenters, { rtol: 1e-6 });
    for (const layer of [soft, student, distances]) {
      tidy(() => expectSlopes(layer));
      expectClose(await throughFile(layer, rows), layer.apply(rows) as Tensor, { rtol: 0 });
    }
  });

  it('PCA as a layer answers as its model, is turned back into it, has its slopes, is saved and loaded', async () => {
    const pca = await PCA.fit(x, { nComponents: 1 });
    const rows = tensor2d(x);
    const coordinates = await PrincipalComponents.fromModel(pca);
    const reconstruction = await PrincipalComponents.fromModel(pca, { output: 'reconstruction' });
    const z = pca.transform(rows);
    expectClose(coordinates.apply(rows) as Tensor, z, { rtol: 1e-5, atol: 1e-5 });
    expectClose(reconstruction.apply(rows) as Tensor, pca.inverseTransform(z), { rtol: 1e-6, atol: 1e-5 });
    const back = await coordinates.toModel({ explainedVariance: pca.explainedVariance.dataSync() });
    expectClose(back.components, pca.components, { rtol: 1e-6 });
    expectClose(back.mean, pca.mean, { rtol: 1e-6 });
    for (const layer of [coordinates, reconstruction]) {
      tidy(() => expectSlopes(layer));
      expectClose(await throughFile(layer, rows), layer.apply(rows) as Tensor, { rtol: 0 });
    }
  });

  it('PCA as a layer keeps its components orthonormal in training, and finds those of the least error', async () => {
    const { x: cloud } = clustered([[0, 0, 0], [4, 1, 0], [1, 3, 1], [-3, 2, 2]], 0.5, 10, 7); // prettier-ignore
    const pca = await PCA.fit(cloud, { nComponents: 2 });
    const rows = tensor2d(cloud);
    const layer = new PrincipalComponents({ nComponents: 2, output: 'reconstruction' });
    layer.apply(rows);
    layer.setWeights([tensor2d([[1, 0.5, 0], [0, 0.4, 1]]), tf.tensor1d([0, 0, 0])]); // prettier-ignore
    const error = (answer: Tensor) => tf.mean(tf.sum(tf.squaredDifference(answer, rows), 1)) as tf.Scalar;
    const before = error(layer.apply(rows) as Tensor).dataSync()[0];
    const optimizer = tf.train.adam(0.05);
    for (let i = 0; i < 300; i++) optimizer.minimize(() => error(layer.apply(rows) as Tensor));
    const after = error(layer.apply(rows) as Tensor).dataSync()[0];
    const least = error(pca.inverseTransform(pca.transform(rows))).dataSync()[0];
    expect(before - least).toBeGreaterThan(0.1);
    expect(Math.abs(after - least)).toBeLessThan(1e-3);
    const { components } = await layer.toModel({ explainedVariance: [1, 1] });
    expectClose(tf.matMul(components, components, false, true), [[1, 0], [0, 1]], { atol: 1e-5 }); // prettier-ignore
  });

  it('trains by Adam to the likelihood of EM', async () => {
    const rows = tensor2d(x);
    const em = await GaussianMixture.fit(x, { nComponents: 3, seed: 0, tol: 1e-7, maxIter: 500 });
    const coarse = await KMeans.fit(x, { nClusters: 3, seed: 0 });
    const identity = [[1, 0], [0, 1]]; // prettier-ignore
    const start = await GaussianMixture.fromParams({
      weights: [1 / 3, 1 / 3, 1 / 3],
      means: coarse.clusterCenters,
      covariances: [identity, identity, identity],
    });
    const layer = await GaussianMixtureLogProb.fromModel(start);
    const optimizer = tf.train.adam(0.03);
    const loss = () => tf.mean(negativeLogLikelihood(null, layer.apply(rows) as Tensor)) as tf.Scalar;
    for (let i = 0; i < 300; i++) optimizer.minimize(loss);
    const trained = await layer.toModel();
    const [reached, best, before] = [trained, em, start].map((model) => model.score(x).dataSync()[0]);
    expect(best - before).toBeGreaterThan(0.01);
    expect(Math.abs(best - reached)).toBeLessThan(1e-3);
  });

  it('leaves no tensors behind but its answer', async () => {
    const layer = await GaussianMixtureResponsibilities.fromModel(await fitMixture('full'));
    const soft = await SoftKMeans.fromModel(await fitKMeans());
    const rows = tensor2d(x);
    for (const each of [layer, soft]) expect(await leaves(() => void each.apply(rows))).toBe(1);
  });
});

describe('the clustering loss', () => {
  beforeAll(() => useBackend('cpu'));
  const q = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3]]; // prettier-ignore

  it('is the divergence from the sharpened target, by plain loops', () => {
    const size = q[0].map((_, k) => q.reduce((total, row) => total + row[k], 0));
    const sharp = q.map((row) => row.map((value, k) => value ** 2 / size[k]));
    const target = sharp.map((row) => row.map((value) => value / row.reduce((a, b) => a + b)));
    const loss = target.map((row, i) => row.reduce((total, p, k) => total + p * Math.log(p / q[i][k]), 0));
    const p = clusteringTarget(tensor2d(q));
    expectClose(p, target, { rtol: 1e-6 });
    expectClose(clusteringLoss(p, tensor2d(q)), loss, { rtol: 1e-5, atol: 1e-7 });
    expectClose(clusteringLoss(tensor2d([[1, 0]]), tensor2d([[0.5, 0.5]])), [Math.log(2)], { rtol: 1e-6 });
  });

  it('and the others have the slopes of their differences', () => {
    tidy(() => {
      const p = clusteringTarget(tensor2d([[0.2, 0.3, 0.5], [0.7, 0.1, 0.2]])); // prettier-ignore
      expectGradient((each) => clusteringLoss(p, each), [tensor2d(q)]);
      expectGradient((each) => negativeLogLikelihood(null, each), [tensor2d(q)]);
      expectGradient((each) => kMeansDistortion(null, each), [tensor2d(q)]);
    });
  });
});

describe('a layer that is given nonsense says so', () => {
  beforeAll(() => useBackend('cpu'));
  it.each([
    ['nClusters must be', () => new SoftKMeans({ nClusters: 0 })],
    ['temperature must be', () => new SoftKMeans({ nClusters: 2, temperature: 0 })],
    [
      'covarianceType must be',
      () => new GaussianMixtureLogProb({ nComponents: 2, covarianceType: 'x' as 'full' }),
    ],
    ['origin must be', () => new SoftKMeans({ nClusters: 2, origin: [NaN] })],
    ['origin has 1 numbers', () => new SoftKMeans({ nClusters: 2, origin: [1] }).apply(tensor2d([[1, 2]]))],
    ['takes rows', () => new SoftKMeans({ nClusters: 2 }).apply(tf.tensor1d([1, 2]))],
    ['logProb must be', () => negativeLogLikelihood(null, tf.tensor1d([1]))],
  ])('%s', (message, call) => {
    expect(call).toThrow(InputError);
    expect(call).toThrow(message);
  });

  it('of a model that is none, and of weights that are not there yet', async () => {
    await expect(SoftKMeans.fromModel({} as KMeans)).rejects.toThrow('must be a fitted KMeans');
    await expect(GaussianMixtureLogProb.fromModel({} as GaussianMixture)).rejects.toThrow(InputError);
    await expect(new SoftKMeans({ nClusters: 2 }).toModel()).rejects.toThrow('no weights yet');
  });
});

it('keeps a component of weight 0 at 0, with finite slopes', async () => {
  await useBackend('cpu');
  const params = { weights: [1, 0], means: [[0], [1]], precisionsCholesky: [1, 1] };
  const layer = await GaussianMixtureLogProb.fromModel(await GaussianMixture.fromParams(params, 'spherical'));
  const loss = () =>
    tf.mean(negativeLogLikelihood(null, layer.apply(tensor2d([[0.5], [2]])) as Tensor)) as tf.Scalar;
  tf.train.sgd(0.1).minimize(loss);
  const trained = await layer.toModel();
  expectClose(trained.weights, [1, 0]);
  expectClose(trained.means, [[0.125], [1]], { rtol: 1e-6 });
});
