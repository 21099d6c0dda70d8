import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeBlobs } from '../../src/datasets/blobs.js';
import { loadIris } from '../../src/datasets/iris.js';
import type { Matrix } from '../../src/core/source.js';
import { adjustedRandScore, normalizedMutualInfoScore } from '../../src/metrics/agreement.js';
import { silhouetteSamples, silhouetteScore, silhouetteScores } from '../../src/metrics/silhouette.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { fixture } from '../support/fixtures.js';

interface Answers {
  x?: number[][];
  labelings: number[][];
  /** of the first 150 rows at most; of the blobs, for the first labeling only */
  samples: number[][];
  scores: number[];
  /** of 100 rows, random_state 11, third labeling */
  sampled: number;
  adjustedRand: number[][];
  mutualInfo: number[][];
}

type Name = 'iris' | 'wine' | 'blobs';
const file = join(__dirname, '../fixtures/agreement_and_silhouettes.json');
const oracle = JSON.parse(readFileSync(file, 'utf8')) as Record<Name, Answers>;
const blobs = () =>
  makeBlobs({
    nSamples: 2000,
    centers: [
      [0.2, 2.3],
      [-1.5, 2.3],
      [-2.8, 1.8],
      [-2.8, 2.8],
      [-2.8, 1.3],
    ],
    clusterStd: [0.4, 0.3, 0.1, 0.1, 0.1],
    seed: 7,
  });
const data: Record<Name, Matrix> = { iris: loadIris().x, wine: oracle.wine.x!, blobs: blobs().x };
const names: Name[] = ['iris', 'wine', 'blobs'];
const corners = fixture('metrics');

describe.each(backends)('scikit-learn’s silhouettes on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it.each(names)('of %s', async (name) => {
    const { labelings, samples, scores, sampled } = oracle[name];
    const x = data[name];
    expectClose(await silhouetteScores(x, labelings), scores, { atol: 1e-7, rtol: 0 });
    for (const [l, expected] of samples.entries()) {
      const result = await silhouetteSamples(x, labelings[l]);
      expectClose(Array.from(await result.data()).slice(0, 150), expected, { atol: 3e-6, rtol: 0 });
      result.dispose();
    }
    const drawn = await silhouetteScore(x, labelings[2], { sampleSize: 100, seed: 11 });
    expectClose(drawn, sampled, { atol: 1e-7, rtol: 0 });
  });

  it.each(corners.silhouettes)('of $name', async ({ x, labels, samples, score }) => {
    const result = await silhouetteSamples(x, labels);
    expectClose(result, samples, { atol: 3e-6, rtol: 0 });
    expectClose(await silhouetteScore(x, labels), score, { atol: 1e-7, rtol: 0 });
    result.dispose();
  });
});

describe('scikit-learn’s agreement', () => {
  it.each(names)('of labelings of %s', async (name) => {
    const { labelings, adjustedRand, mutualInfo } = oracle[name];
    for (const [i, a] of labelings.entries()) {
      for (const [j, b] of labelings.entries()) {
        expectClose(await adjustedRandScore(a, b), adjustedRand[i][j], { rtol: 1e-14 });
        expectClose(await normalizedMutualInfoScore(a, b), mutualInfo[i][j], { rtol: 1e-12, atol: 1e-15 });
      }
    }
  });

  it.each(corners.agreement)('of labelings: $name', async ({ a, b, adjustedRand, normalizedMutualInfo }) => {
    expectClose(await adjustedRandScore(a, b), adjustedRand, { rtol: 1e-14 });
    expectClose(await normalizedMutualInfoScore(a, b), normalizedMutualInfo, { rtol: 1e-12, atol: 1e-15 });
  });
});
