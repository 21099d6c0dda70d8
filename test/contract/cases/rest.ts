/** Metrics, pipelines, files and layers. */
import { grad, slice, sum, tensor2d, tidy, train, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { sequential } from '@tensorflow/tfjs-layers';
import {
  adjustedRandScore,
  GaussianMixture,
  KMeans,
  loadIris,
  normalizedMutualInfoScore,
  PCA,
  pipeline,
  Pipeline,
  silhouetteSamples,
  silhouetteScores,
} from '../../../src/index.js';
import {
  GaussianMixtureLogProb,
  negativeLogLikelihood,
  PrincipalComponents,
  SoftKMeans,
} from '../../../src/layers/index.js';
import { inMemory } from '../../support/models.js';
import type { Case } from '../case.js';

const { x, labels } = loadIris();
const others = labels.map((label, i) => (i % 5 ? label : 2 - label));
const rows = x.slice(45, 60);

const metrics: Case = {
  name: 'metrics',
  compute: async () => ({
    samples: await silhouetteSamples(x, labels),
    scores: await silhouetteScores(x, [labels, others]),
    rand: await adjustedRandScore(labels, others),
    mutual: await normalizedMutualInfoScore(labels, others),
  }),
};

/** What is saved is loaded whole; fitted in two dimensions so that a component has no thin direction. */
const saved: Case = {
  name: 'a pipeline, saved and loaded, and its slope',
  compute: async () => {
    const pca = await PCA.fit(x, { nComponents: 2 });
    const z = pca.transform(x);
    const mixture = await GaussianMixture.fit(z, { nComponents: 3, seed: 0 });
    const store = inMemory();
    await pipeline([pca, mixture]).save(store);
    const loaded = await Pipeline.load(store);
    const answers = tidy(() => ({
      labels: loaded.predict(tensor2d(rows)),
      probabilities: loaded.predictProba(tensor2d(rows)),
      logDensity: loaded.scoreSamples(tensor2d(rows)),
      slope: grad((at) => loaded.score(at as Tensor2D))(tensor2d(rows)),
    }));
    for (const each of [pca, z, mixture, loaded]) each.dispose();
    return answers;
  },
};

const descend = async (model: ReturnType<typeof sequential>): Promise<void> => {
  const [at, target] = [tensor2d(x), tensor2d(x.map(() => [0, 0]))];
  const optimizer = train.sgd(0.01);
  model.compile({ optimizer, loss: negativeLogLikelihood });
  await model.fit(at, target, { epochs: 2, batchSize: 150, shuffle: false, verbose: 0 });
  for (const each of [at, target, optimizer]) each.dispose();
};

const layers: Case = {
  name: 'layers, one of which trains',
  compute: async () => {
    const kmeans = await KMeans.fit(x, { nClusters: 3, seed: 0 });
    const pca = await PCA.fit(x, { nComponents: 2 });
    const mixture = await GaussianMixture.fit(x, { nComponents: 2, covarianceType: 'diag', seed: 0 });
    const soft = await SoftKMeans.fromModel(kmeans);
    const near = await PrincipalComponents.fromModel(pca, { output: 'reconstruction' });
    const logProb = await GaussianMixtureLogProb.fromModel(mixture, { trainable: true });
    const model = sequential({ layers: [logProb] });
    await descend(model);
    const trained = await logProb.toModel();
    const answers = tidy(() => ({
      soft: soft.apply(tensor2d(rows)) as Tensor,
      slope: grad((at) => sum(slice(soft.apply(at) as Tensor, [0, 1], [-1, 1])))(tensor2d(rows)),
      near: near.apply(tensor2d(rows)) as Tensor,
      means: trained.means.clone(),
      weights: trained.weights.clone(),
      logDensity: trained.scoreSamples(tensor2d(rows)),
    }));
    model.dispose();
    for (const each of [kmeans, pca, mixture, trained, soft, near, logProb]) each.dispose();
    return answers;
  },
};

export const rest: Case[] = [metrics, saved, layers];
