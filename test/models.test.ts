/** models/: what the training scripts kept. Each loads whole and with plain tfjs, answers alike, and is as its README says. */
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { GaussianMixture, KMeans, loadIris, PCA, Pipeline } from '../src/index.js';
import { loadMnist } from '../src/node/index.js';
import { notebookBlobs, oddShapes } from '../scripts/shapes.js';
import { backends, useBackend } from './support/backends.js';
import { expectClose } from './support/close.js';
import { folder, runJob } from './support/jobs.js';

type Model = KMeans | GaussianMixture | PCA | Pipeline;
type Rows = { values: Uint8Array | Float64Array; shape: readonly [number, number] } | number[][];
/** Of each output of the graph, the method of the class. */
type Same = Record<string, 'predict' | 'predictProba' | 'scoreSamples' | 'transform'>;

const MIXTURE: Same = { labels: 'predict', probabilities: 'predictProba', logDensity: 'scoreSamples' };
const CLUSTERS: Same = { labels: 'predict', distances: 'transform' };
const colours = Array.from({ length: 27 }, (_, i) =>
  [i % 3, Math.floor(i / 3) % 3, Math.floor(i / 9)].map((v) => v / 2),
);
const digits = async () => (await loadMnist({ split: 'test', dir: 'data/mnist', nRows: 20 })).x;

/** How far outputs may be apart: mixtures on MNIST have log densities near -1200. */
const CASES: Record<
  string,
  { load: (source: string) => Promise<Model>; rows: () => Rows | Promise<Rows>; same: Same; atol: number }
> = {
  'blobs-kmeans': {
    load: (at) => KMeans.load(at),
    rows: () => notebookBlobs().x,
    same: CLUSTERS,
    atol: 1e-5,
  },
  'iris-gmm': { load: (at) => GaussianMixture.load(at), rows: () => loadIris().x, same: MIXTURE, atol: 1e-4 },
  'ladybug-kmeans': { load: (at) => KMeans.load(at), rows: () => colours, same: CLUSTERS, atol: 1e-5 },
  'mnist-gmm': { load: (at) => Pipeline.load(at), rows: digits, same: MIXTURE, atol: 0.1 },
  'mnist-pca': { load: (at) => PCA.load(at), rows: digits, same: { coordinates: 'transform' }, atol: 1e-2 },
  'odd-gmm': { load: (at) => GaussianMixture.load(at), rows: () => oddShapes().x, same: MIXTURE, atol: 1e-4 },
};

const names = readdirSync('models').sort();

it('are those that the README names', () => {
  expect(names).toEqual(Object.keys(CASES));
});

describe.each(names)('models/%s', (name) => {
  const place = path.join('models', name);
  const files = readdirSync(place).sort();
  const readme = readFileSync(path.join(place, 'README.md'), 'utf8');

  it('holds a README that says where it comes from, and the files that it says, of their sizes', () => {
    expect(files).toEqual(['README.md', 'model.json', expect.stringMatching(/^weights-[0-9a-f]{64}\.bin$/)]);
    expect(readme).toMatch(/Written by `npm run train:\w+ -- --seed \d+.* --models models`/);
    for (const part of [
      'Data: ',
      'Licence of the data: ',
      'loadGraphModel',
      ...Object.keys(CASES[name].same),
    ])
      expect(readme).toContain(part);
    let total = 0;
    for (const file of files.slice(1)) {
      const { size } = statSync(path.join(place, file));
      expect(readme).toContain(`| \`${file}\` | ${size.toLocaleString('en')} bytes |`);
      total += size;
    }
    expect(total).toBeLessThan(10_000_000);
  });

  it.each(backends)('gives with plain tfjs what the class gives, on %s', async (backend) => {
    await useBackend(backend);
    const { load, rows, same, atol } = CASES[name];
    const model = await load(place);
    const graph = await tf.loadGraphModel(`file://${place}/model.json`);
    const given = await rows();
    const x = Array.isArray(given)
      ? tf.tensor2d(given)
      : tf.tensor2d(Float32Array.from(given.values), [...given.shape]);
    const outputs = graph.predict(x) as Record<string, Tensor>;
    expect(Object.keys(outputs)).toEqual(Object.keys(same));
    for (const [output, method] of Object.entries(same)) {
      const own = (model as unknown as Record<string, (rows: tf.Tensor2D) => Tensor>)[method](x);
      expectClose(outputs[output], own, {
        rtol: 0,
        atol: output === 'labels' ? 0 : output === 'probabilities' ? 1e-3 : atol,
        what: output,
      });
      own.dispose();
    }
    if (readme.includes('reconstruction')) {
      const pca = (model instanceof Pipeline ? model.steps[0] : model) as PCA;
      const z = pca.transform(x);
      const [back, own] = [graph.execute({ z }, 'reconstruction') as Tensor, pca.inverseTransform(z)];
      expectClose(back, own, { rtol: 0, atol: 1e-2 });
      for (const each of [z, back, own]) each.dispose();
    }
    for (const each of [x, graph, model, ...Object.values(outputs)]) each.dispose();
  });
});

it('the figures in the READMEs are those of the models', async () => {
  await useBackend(backends[0]);
  const figure = (name: string, what: string) =>
    Number(new RegExp(`\\| ${what} \\| (.*) \\|`).exec(readFileSync(`models/${name}/README.md`, 'utf8'))![1]);
  const blobs = await KMeans.load('models/blobs-kmeans');
  const [score] = await blobs.score(notebookBlobs().x).data();
  expectClose(-score, figure('blobs-kmeans', 'inertia'), { rtol: 1e-5 });
  expectClose(blobs.inertia!, figure('blobs-kmeans', 'inertia'), { rtol: 1e-8 });
  const iris = await GaussianMixture.load('models/iris-gmm');
  expectClose(await iris.bic(loadIris().x), figure('iris-gmm', 'BIC'), { rtol: 1e-5 });
  const odd = await GaussianMixture.load('models/odd-gmm');
  expectClose(await odd.bic(oddShapes().x), figure('odd-gmm', 'BIC'), { rtol: 1e-5 });
});

it('a job with --models keeps its model, told with the flags that it was run with', async () => {
  const out = folder();
  runJob('iris', out, '--quick', '--backend', 'cpu', '--seed', '3', '--models', out);
  const text = readFileSync(path.join(out, 'iris-gmm', 'README.md'), 'utf8');
  expect(text).toContain('`npm run train:iris -- --seed 3 --quick --models models` on cpu');
  const model = await GaussianMixture.load(path.join(out, 'iris-gmm'));
  expect(model.options).toMatchObject({ seed: 3, nComponents: 3, featureNames: loadIris().featureNames });
  model.dispose();
  rmSync(out, { recursive: true });
});
