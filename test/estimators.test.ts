import { grad, memory, sum, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core';
import figures from '../data/figures.json';
import { makeBlobs } from '../src/datasets/blobs.js';
import { GaussianMixture, InputError, KMeans, NumericalError, type CovarianceType } from '../src/index.js';
import { backends, useBackend } from './support/backends.js';
import { expectClose } from './support/close.js';

const BLOBS = { centers: [[0.2, 2.3], [-1.5, 2.3], [-2.8, 1.8], [-2.8, 2.8], [-2.8, 1.3]], clusterStd: [0.4, 0.3, 0.1, 0.1, 0.1] }; // prettier-ignore
const blobs = makeBlobs({ nSamples: 2000, ...BLOBS, seed: 7 }).x;

/** The notebook's odd shapes: two stretched blobs and a round one. */
function oddShapes(): number[][] {
  const rows = ({ values, shape: [n, d] }: { values: Float64Array; shape: [number, number] }) =>
    Array.from({ length: n }, (_, i) => Array.from(values.subarray(i * d, (i + 1) * d)));
  const stretched = rows(makeBlobs({ nSamples: 1000, centers: [[4, -4], [0, 0]], seed: 42 }).x).map(([a, b]) => [a * 0.374 + b * 0.732, a * 0.95 + b * 0.598]); // prettier-ignore
  const round = rows(makeBlobs({ nSamples: 250, centers: 1, seed: 42 }).x).map(([a, b]) => [a + 6, b - 8]);
  return [...stretched, ...round];
}
const odd = oddShapes();

describe.each(backends)('estimators on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it("K-means of the blobs reaches scikit-learn's best inertia, centres and transform", async () => {
    const before = memory().numTensors;
    const model = await KMeans.fit(blobs, { nClusters: 5, nInit: 5, seed: 0 });
    expectClose(model.inertia!, figures.blobs.best_known_by_k['5'].inertia, { rtol: 1e-6 });
    const centers = (await model.clusterCenters.array()).sort((a, b) => a[0] - b[0]);
    expectClose(centers, figures.blobs.k5_centers_sorted, { rtol: 0, atol: 1e-5 });
    const score = model.score(blobs);
    expectClose(score, -model.inertia!, { rtol: 1e-5 });
    score.dispose();
    model.dispose();
    model.dispose();
    expect(memory().numTensors).toBe(before);
    expect(() => model.predict(blobs)).toThrow(InputError);
  });

  it('the same labels and inertia 10,000 away from the origin, given as numbers', async () => {
    const options = { nClusters: 5, seed: 1 };
    const far = { values: blobs.values.map((v) => v + 10_000), shape: blobs.shape };
    const [near, away] = [await KMeans.fit(blobs, options), await KMeans.fit(far, options)];
    expect(await away.labels!.data()).toEqual(await near.labels!.data());
    expectClose(away.inertia!, near.inertia!, { rtol: 1e-4 });
    const mixtures = [await GaussianMixture.fit(blobs, { nComponents: 5, seed: 1 })];
    mixtures.push(await GaussianMixture.fit(far, { nComponents: 5, seed: 1 }));
    expectClose(mixtures[1].lowerBound!, mixtures[0].lowerBound!, { rtol: 1e-4 });
    for (const model of [near, away, ...mixtures]) model.dispose();
  });

  it.each(['full', 'tied', 'diag', 'spherical'] as CovarianceType[])(
    "a %s mixture moved from scikit-learn's optimum stays there",
    async (covarianceType) => {
      const known = figures.odd[`gmm_${covarianceType}`];
      const { weights, means, covariances } = known;
      const init = { weights, means, covariances };
      const model = await GaussianMixture.fit(odd, {
        nComponents: 3,
        covarianceType,
        tol: 1e-9,
        maxIter: 5,
        init,
      });
      expectClose(model.lowerBound!, known.mean_log_likelihood, { rtol: 0, atol: 1e-6 });
      expectClose(model.weights, weights, { rtol: 0, atol: 1e-4 });
      expectClose(model.means, means, { rtol: 0, atol: 1e-3 });
      expectClose(model.covariances, covariances, { rtol: 0, atol: 1e-3 });
      expectClose(await model.bic(odd), known.bic, { rtol: 1e-5 });
      expectClose(await model.aic(odd), known.aic, { rtol: 1e-5 });
      model.dispose();
    },
  );

  it('one cluster and one component are the mean and the covariance of the rows', async () => {
    const x = [[1, 2], [3, 2], [2, 8]]; // prettier-ignore
    const kmeans = await KMeans.fit(x, { nClusters: 1 });
    expectClose(kmeans.clusterCenters, [[2, 4]], { rtol: 1e-6 });
    const [full, tied] = [
      await GaussianMixture.fit(x),
      await GaussianMixture.fit(x, { covarianceType: 'tied' }),
    ];
    expectClose(full.covariances, [[[2 / 3, 0], [0, 8]]], { rtol: 1e-5, atol: 1e-5 }); // prettier-ignore
    expectClose(tied.covariances, [[2 / 3, 0], [0, 8]], { rtol: 1e-5, atol: 1e-5 }); // prettier-ignore
    for (const model of [kmeans, full, tied]) model.dispose();
  });

  it('a row with NaN in a tensor gets the label -1, and a fit refuses it by row and column', async () => {
    const model = await KMeans.fromParams({ clusterCenters: [[0, 0], [5, 5]] }); // prettier-ignore
    const x = tensor2d([[0, 1], [NaN, 2], [5, 4]]); // prettier-ignore
    expect(Array.from(model.predict(x).dataSync())).toEqual([0, -1, 1]);
    await expect(KMeans.fit(x, { nClusters: 2 })).rejects.toThrow(/row 1, column 0 is NaN/);
    model.dispose();
    x.dispose();
  });

  it('gradients flow to the rows through predictProba, transform, score and scoreSamples', async () => {
    const kmeans = await KMeans.fromParams({ clusterCenters: [[0, 0], [5, 5]] }); // prettier-ignore
    const mixture = await GaussianMixture.fromParams(
      { weights: [1], means: [[1, 2]], covariances: [4] },
      'spherical',
    );
    const x = tensor2d([[3, 1]]);
    const slope = (f: (rows: Tensor2D) => ReturnType<typeof sum>) => grad((rows) => f(rows as Tensor2D))(x);
    expectClose(
      slope((rows) => mixture.score(rows)),
      [[-0.5, 0.25]],
      { atol: 1e-6 },
    );
    expectClose(
      slope((rows) => sum(mixture.scoreSamples(rows))),
      [[-0.5, 0.25]],
      { atol: 1e-6 },
    );
    expectClose(
      slope((rows) => kmeans.score(rows)),
      [[-6, -2]],
      { atol: 1e-5 },
    );
    expectClose(
      slope((rows) => sum(kmeans.predictProba(rows))),
      [[0, 0]],
      { atol: 1e-5 },
    );
    const onCentre = grad((rows) => sum(kmeans.transform(rows as Tensor2D)))(tensor2d([[0, 0]]));
    expectClose(onCentre, [[-Math.SQRT1_2, -Math.SQRT1_2]], { rtol: 1e-5 });
  });

  it.each([
    [
      'K-means',
      (signal: AbortSignal, onIteration: () => void) =>
        KMeans.fit(blobs, { nClusters: 40, nInit: 10_000, signal, onIteration, seed: 0 }),
    ],
    [
      'a mixture',
      (signal: AbortSignal, onIteration: () => void) =>
        GaussianMixture.fit(odd, {
          nComponents: 3,
          tol: 0,
          maxIter: 1_000_000,
          signal,
          onIteration,
          seed: 0,
        }),
    ],
  ] as const)("a timer's abort ends %s within two iterations and leaves no tensor", async (_, fit) => {
    const before = memory().numTensors;
    const controller = new AbortController();
    let after = 0;
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await expect(
      fit(controller.signal, () => void (after += controller.signal.aborted ? 1 : 0)),
    ).rejects.toThrow('enough');
    expect(after).toBeLessThanOrEqual(2);
    expect(memory().numTensors).toBe(before);
  });

  it('an error on the way leaves no tensor: a callback that throws, a component that collapses', async () => {
    const before = memory().numTensors;
    const onIteration = () => {
      throw new Error('from the callback');
    };
    await expect(KMeans.fit(blobs, { nClusters: 3, onIteration })).rejects.toThrow('from the callback');
    const same = [[1, 1], [1, 1], [1, 1], [2, 2]]; // prettier-ignore
    await expect(GaussianMixture.fit(same, { nComponents: 2, regCovar: 0, seed: 0 })).rejects.toThrow(
      NumericalError,
    );
    await expect(GaussianMixture.fit(same, { nComponents: 5 })).rejects.toThrow(
      /nComponents is 5 and x has 4 rows/,
    );
    expect(memory().numTensors).toBe(before);
  });
});

it('the same seed chooses the same clusters on every backend', async () => {
  const labels: string[] = [];
  for (const backend of backends) {
    await useBackend(backend);
    const model = await KMeans.fit(blobs, { nClusters: 7, seed: 3 });
    labels.push(Array.from(await model.labels!.data()).join());
    model.dispose();
  }
  expect(new Set(labels).size).toBe(1);
});
