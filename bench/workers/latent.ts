/** This library as a contestant: `latent.ts <backend> <folder of the library>` (src, or dist/esm). */
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { slice, tensor2d } from '@tensorflow/tfjs-core';
import type { Matrix } from '../../src/index.js';
import { asMatrix, type Made } from '../arrays.js';
import type { Work } from '../protocol.js';
import { serve, type Fit, type Fitted } from './serve.js';

type Latent = typeof import('../../src/index.js');
type Data = Record<string, Made>;
type Start = (latent: Latent, x: Matrix, data: Data, work: Work) => Fit;

const [backend, folder] = process.argv.slice(2) as ['tensorflow' | 'wasm' | 'cpu', string];
const library = (file: string) => import(pathToFileURL(path.resolve(folder, file)).href);

const kmeans: Start =
  ({ KMeans }, x, { init }, { options }) =>
  async () => {
    const model = await KMeans.fit(x, init ? { ...options, init: asMatrix(init) } : options);
    const clusterCenters = Array.from(await model.clusterCenters.data());
    const { nIter, inertia } = model;
    model.dispose();
    return { objective: [inertia!], clusterCenters, nIter: nIter! };
  };

/** `startOfOurs` is an init that only this library has. */
const seeds: Start =
  ({ KMeans }, x, _, { options: { nSeeds, startOfOurs, ...options } }) =>
  async () => {
    const objective: number[] = [];
    for (let seed = 0; seed < Number(nSeeds); seed++) {
      const start = startOfOurs === undefined ? {} : { init: startOfOurs as 'k-means++' };
      const model = await KMeans.fit(x, { ...options, ...start, seed });
      objective.push(model.inertia!);
      model.dispose();
    }
    return { objective };
  };

/** The log-likelihood at every iteration from given params, else that of the best restart. */
const mixture: Start =
  ({ GaussianMixture }, x, { weights, means, precisionsCholesky }, { options, perIteration }) =>
  async (): Promise<Fitted> => {
    const init = weights && { weights: weights.values, means: asMatrix(means), precisionsCholesky };
    const stamps: number[] = [];
    const onIteration = () => void stamps.push(performance.now());
    const model = await GaussianMixture.fit(x, {
      ...options,
      ...(init && { init }),
      ...(perIteration && { onIteration }),
    });
    const { nIter, history, lowerBound } = model;
    model.dispose();
    const mean = (stamps.at(-1)! - stamps[0]) / (stamps.length - 1) / 1000;
    return {
      objective: init ? [...history!] : [lowerBound!],
      nIter: nIter!,
      ...(perIteration && { seconds: mean }),
    };
  };

const pca: Start =
  ({ PCA }, x, _, { options }) =>
  async () => {
    const model = await PCA.fit(x, options);
    const objective = Array.from(await model.explainedVarianceRatio!.data());
    model.dispose();
    return { objective };
  };

/** As many labelings as there are arrays beside x. */
const silhouettes: Start = ({ silhouetteScores }, x, data) => {
  const labelings = Object.keys(data).filter((name) => name !== 'x');
  const all = labelings.map((name) => data[name].values);
  return async () => ({ objective: await silhouetteScores(x, all) });
};

const STARTS: Record<Work['task'], Start> = { kmeans, seeds, mixture, pca, silhouettes };

/** A float32 tensor that lies in the backend's memory, as a NumPy array does in NumPy's. */
function inPlace({ values, shape: [n, d] }: Made): Matrix {
  const x = tensor2d(Float32Array.from(values), [n, d]);
  slice(x, [0, 0], [1, 1]).dispose(); // the native backend takes a tensor's numbers when it is first used
  return x;
}

void serve(async (work, data) => {
  const extension = path.basename(folder) === 'src' ? 'ts' : 'js';
  const latent = (await library(`index.${extension}`)) as Latent;
  const node = (await library(`node/index.${extension}`)) as typeof import('../../src/node/index.js');
  const chosen = await node.useBestBackend(backend);
  const x = work.given === 'tensor' ? inPlace(data.x) : asMatrix(data.x);
  return { versions: { [chosen.backend]: chosen.version }, fit: STARTS[work.task](latent, x, data, work) };
});
