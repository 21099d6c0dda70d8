/** K-means: fits from every start, and what a model answers. */
import { grad, mul, sum, tensor1d, tensor2d, tidy, type Tensor2D } from '@tensorflow/tfjs-core';
import { KMeans, softAssign, type KMeansOptions } from '../../../src/index.js';
import { clustered } from '../../support/clustered.js';
import type { Case } from '../case.js';

const { x } = clustered([[0, 0, 0], [4, 1, 0], [0, 4, 2], [-4, -2, 5]], 0.8, 60, 5); // prettier-ignore
const far = x.map((row) => row.map((value) => value + 10_000));
const weights = x.map((_, i) => (i * 7) % 4);

const fit = (
  name: string,
  options: KMeansOptions,
  rows: () => Parameters<typeof KMeans.fit>[0] = () => x,
): Case => ({
  name: `K-means: ${name}`,
  isFit: true,
  compute: async () => {
    const given = rows();
    const model = await KMeans.fit(given, { nClusters: 4, seed: 3, ...options });
    const { clusterCenters, labels, inertia, nIter, converged, history } = model;
    const answers = {
      centers: clusterCenters.clone(),
      labels: labels!.clone(),
      inertia: inertia!,
      nIter: nIter!,
      converged: Number(converged),
      history: history!,
    };
    model.dispose();
    if ('dispose' in given) given.dispose();
    return answers;
  },
});

const CENTERS = [[0, 0, 0], [4, 1, 0], [0, 4, 2], [-4, -2, 5]]; // prettier-ignore
/** A row on a centre, rows that float32 cannot square, and one whose squares have digits left. */
const ROWS = [[0, 0, 0], [3, 1, -1], [0.1, 2.2, 1.5], [-3, 0, 0], [1e25, 0, 0], [0, 3e30, 1e30], [1e4, 0, 0]]; // prettier-ignore
const WITH_NAN = [[0, 1, 2], [NaN, 2, 0], [4, 1, NaN], [3, 1, 0]]; // prettier-ignore

/** What a model answers on tensors of rows; in one tidy, as every method must be synchronous. */
const asked = (
  name: string,
  answers: (model: KMeans) => Awaited<ReturnType<Case['compute']>>,
  within?: number,
): Case => ({
  name: `K-means: ${name}`,
  within,
  compute: async () => {
    const model = await KMeans.fromParams({ clusterCenters: CENTERS });
    const result = tidy(() => answers(model) as Record<string, Tensor2D>);
    model.dispose();
    return result;
  },
});

const slope = (f: (rows: Tensor2D) => Tensor2D, rows: number[][]) =>
  grad((given) => sum(f(given as Tensor2D)))(tensor2d(rows));

export const cluster: Case[] = [
  fit('k-means++', {}),
  fit('random, several restarts', { init: 'random', nInit: 4 }),
  fit('random swap', { init: 'random-swap' }),
  fit('given centres, of which two are emptied', { init: [[0, 0, 0], [90, 90, 90], [0, 1, 0], [-90, 0, 0]] }), // prettier-ignore
  fit('weights', { sampleWeight: weights }),
  fit('lloyd', { algorithm: 'lloyd', tol: 0 }),
  fit('elkan', { algorithm: 'elkan', tol: 0 }),
  fit('one cluster', { nClusters: 1 }),
  fit('rows of a tensor', {}, () => tensor2d(x)),
  fit('10,000 away from the origin, as numbers', {}, () => far),
  fit('pixels', { nClusters: 5 }, () => tensor2d(x.map((row) => row.map((v) => Math.round(20 * v))), undefined, 'int32')), // prettier-ignore
  asked('labels, of far rows and of rows with NaN too', (model) => ({
    labels: model.predict(tensor2d(ROWS)),
    ofNumbers: model.predict(x),
    withNaN: model.predict(tensor2d(WITH_NAN)),
  })),
  asked('distances', (model) => ({
    near: model.transform(tensor2d(ROWS.slice(0, 4))),
    far: model.transform(tensor2d(ROWS.slice(4))),
    withNaN: model.transform(tensor2d(WITH_NAN)),
  })),
  asked('soft labels', (model) => ({
    warm: model.predictProba(tensor2d(ROWS.slice(0, 4))),
    far: model.predictProba(tensor2d(ROWS), 1e-3),
    pure: softAssign(tensor2d(ROWS.slice(0, 4)), tensor2d(CENTERS), 2),
  })),
  asked('score', (model) => ({ near: model.score(x), tensor: model.score(tensor2d(ROWS.slice(0, 4))) })),
  asked('slopes', (model) => ({
    transform: slope((rows) => model.transform(rows), ROWS.slice(0, 4)),
    predictProba: slope((rows) => mul(model.predictProba(rows, 3), tensor1d([1, 2, 3, 4])), ROWS.slice(0, 4)),
    score: slope((rows) => model.score(rows) as unknown as Tensor2D, ROWS.slice(0, 4)),
  })),
];
