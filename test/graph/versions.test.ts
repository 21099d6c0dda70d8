/** The files of each format that was ever written, made by test/fixtures/make_models.ts: they load, and answer as then. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Tensor } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs';
import { FORMAT_VERSION } from '../../src/graph/write.js';
import { GaussianMixture, KMeans, PCA, Pipeline } from '../../src/index.js';
import '../../src/node/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';

const ROOT = 'test/fixtures/models';
const versions = readdirSync(ROOT);
const CLASSES = { kmeans: KMeans, pca: PCA, pipeline: Pipeline, full: GaussianMixture, tied: GaussianMixture, diag: GaussianMixture, spherical: GaussianMixture }; // prettier-ignore

type Answers = Record<string, number | number[]>;
/** By the output of the graph that they are too. */
const OUTPUTS: Record<string, string> = { predict: 'labels', scoreSamples: 'logDensity' };

it('there is one of each format up to today’s', () => {
  expect(versions).toEqual(Array.from({ length: FORMAT_VERSION }, (_, i) => `v${i + 1}`));
});

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(versions.flatMap((version) => Object.keys(CLASSES).map((name) => [version, name] as const)))(
    '%s/%s',
    async (version, name) => {
      const folder = path.join(ROOT, version);
      const { rows, answers } = JSON.parse(readFileSync(path.join(folder, 'answers.json'), 'utf8')) as {
        rows: number[][];
        answers: Record<string, Answers>;
      };
      const model = (await CLASSES[name as keyof typeof CLASSES].load(
        path.join(folder, name),
      )) as unknown as Record<string, unknown> & { dispose(): void };
      const graph = await tf.loadGraphModel(`file://${folder}/${name}/model.json`);
      const x = tf.tensor2d(rows);
      for (const [what, expected] of Object.entries(answers[name])) {
        if (typeof expected === 'number') {
          expect(model[what]).toBe(expected);
          continue;
        }
        const own = (model[what] as (rows: number[][]) => Tensor)(rows);
        const output = OUTPUTS[what] ?? (name === 'pca' ? 'coordinates' : 'distances');
        const plain = graph.execute(x, output) as Tensor;
        expectClose(own.flatten(), expected, { rtol: 1e-5, atol: 1e-5, what });
        expectClose(plain.flatten(), expected, { rtol: 1e-5, atol: 1e-4, what: output });
      }
      for (const each of [x, graph, model]) each.dispose();
    },
  );
});
