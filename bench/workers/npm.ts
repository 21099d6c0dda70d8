/** Libraries from npm as contestants: `npm.ts <ml-kmeans|ml-pca|scikitjs> <folder that has them installed>`. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import type { Made } from '../arrays.js';
import type { Work } from '../protocol.js';
import { serve, type Fit } from './serve.js';

type Data = Record<string, Made>;
type Start = (library: never, data: Data, work: Work) => Fit | Promise<Fit>;
type Rows = number[][];

const [name, folder] = process.argv.slice(2);

const rowsOf = ({ values, shape: [n, d] }: Made): Rows =>
  Array.from({ length: n }, (_, i) => Array.from(values.subarray(i * d, (i + 1) * d)));

interface MlKmeans {
  kmeans(x: Rows, k: number, options: object): { centroids: Rows; iterations: number };
}

/** As many iterations as the first contestant needed: its own tolerance is another one. */
const mlKmeans: Start = ({ kmeans }: MlKmeans, data) => {
  const [x, initialization] = [rowsOf(data.x), rowsOf(data.init)];
  return async ({ nIter }) => {
    const options = { initialization, maxIterations: nIter, tolerance: 0 };
    const { centroids, iterations } = kmeans(x, initialization.length, options);
    return { objective: [], clusterCenters: centroids.flat(), nIter: iterations };
  };
};

interface MlPca {
  PCA: new (x: Rows, options: object) => { getExplainedVariance(): number[] };
}

/** It has no share of the variance as an option: all components are computed anyway, and as many taken. */
const mlPca: Start = ({ PCA }: MlPca, data, { options }) => {
  const x = rowsOf(data.x);
  return async () => {
    const ratios = new PCA(x, { method: 'covarianceMatrix' }).getExplainedVariance();
    let kept = 0;
    for (let total = 0; total <= Number(options.nComponents) && kept < ratios.length; kept++)
      total += ratios[kept];
    return { objective: ratios.slice(0, kept) };
  };
};

interface ScikitJs {
  setBackend(backend: typeof tf): void;
  KMeans: new (options: object) => {
    clusterCenters: tf.Tensor2D;
    initCentroids(x: tf.Tensor2D): void;
    fit(x: tf.Tensor2D): unknown;
  };
}

/** On wasm. Its only start is a random one, so that its method is told ours; it does as many iterations as it is told. */
const scikitJs: Start = async ({ setBackend, KMeans }: ScikitJs, data) => {
  await tf.setBackend('wasm');
  setBackend(tf);
  const [x, init] = [data.x, data.init].map(({ values, shape: [n, d] }) =>
    tf.tensor2d(Float32Array.from(values), [n, d]),
  );
  class FromCentres extends KMeans {
    override initCentroids(): void {
      this.clusterCenters = init.clone();
    }
  }
  return async ({ nIter }) => {
    tf.engine().startScope(); // it leaves tensors behind at each iteration
    const model = new FromCentres({ nClusters: init.shape[0], maxIter: nIter });
    model.fit(x);
    const clusterCenters = Array.from(await model.clusterCenters.data());
    tf.engine().endScope();
    return { objective: [], clusterCenters, nIter };
  };
};

const STARTS: Record<string, Start> = { 'ml-kmeans': mlKmeans, 'ml-pca': mlPca, scikitjs: scikitJs };

void serve(async (work, data) => {
  const resolved = createRequire(path.join(folder, 'package.json')).resolve(name);
  const library = (await import(pathToFileURL(resolved).href)) as never;
  const manifest = path.join(folder, 'node_modules', name, 'package.json');
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  return { versions: { [name]: version }, fit: await STARTS[name](library, data, work) };
});
