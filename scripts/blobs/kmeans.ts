import { KMeans } from '../../src/index.js';
import { silhouetteSamples, silhouetteScores } from '../../src/metrics/silhouette.js';
import { within, type Job } from '../job.js';
import { keepModel } from '../models.js';
import { gap, orderOf, regions, rowsOf, take, type Rows } from '../regions.js';
import type { Blobs } from '../../src/datasets/blobs.js';

export interface KnownBlobs {
  best_known_by_k: Record<string, { inertia: number; silhouette: number | null }>;
}
export interface NotebookBlobs {
  x_new: number[][];
  centers: number[][];
  predict: number[];
  transform: number[][];
  score: number;
  inertia: number;
  silhouette: number;
  inertia_k3: number;
  inertia_k8: number;
}

/** The model with nClusters 5 against what the notebook prints; our clusters are renamed to its order. */
async function againstNotebook(job: Job, model: KMeans, x: Rows, notebook: NotebookBlobs, reduced: boolean) {
  const { figure } = job;
  const centers = rowsOf(Array.from(await model.clusterCenters.data()), 2);
  const theirs = orderOf(notebook.centers);
  const ours = orderOf(centers);
  const renamed = (k: number) => theirs[ours.indexOf(k)];
  const sorted = (rows: number[][], order: number[]) => order.map((i) => rows[i]).flat();
  const far = gap(sorted(centers, ours), sorted(notebook.centers, theirs));
  const predict = (await take(model.predict(notebook.x_new))).map(renamed);
  const transform = rowsOf(await take(model.transform(notebook.x_new)), 5);
  const distances = transform.map((row) => theirs.map((_, at) => row[ours[theirs.indexOf(at)]])).flat();
  const [score] = await take(model.score(x));
  const off = gap(distances, notebook.transform.flat());
  figure({ what: 'k = 5: centres, largest difference', here: far, ok: far <= 1e-5, reduced });
  figure({
    what: 'k = 5: predict',
    here: predict.join(' '),
    notebook: notebook.predict.join(' '),
    ok: predict.join() === notebook.predict.join(),
    reduced,
  });
  figure({ what: 'k = 5: transform, largest difference', here: off, ok: off <= 1e-5, reduced });
  figure({
    what: 'k = 5: score',
    here: score,
    notebook: notebook.score,
    ok: within(score, notebook.score, { rel: 1e-6 }),
    reduced,
  });
  job.picture('k5', { centers, predict, transform, score, regions: await regions(model, x) });
}

/** k = 1 … 9, each with its restarts; the models belong to the caller. */
function fitAll(job: Job, x: Rows, nInit: number): Promise<KMeans[]> {
  return job.progress(`blobs, k = 1 to 9, ${nInit} starts`, 9, async (step) => {
    const models: KMeans[] = [];
    for (let nClusters = 1; nClusters <= 9; nClusters++) {
      const events = job.watch(`K-means, k = ${nClusters}`, x);
      models.push(await KMeans.fit(x, { nClusters, nInit, seed: job.options.seed, ...events }));
      step();
    }
    return models;
  });
}

function figuresByK(
  job: Job,
  models: KMeans[],
  silhouettes: number[],
  known: KnownBlobs,
  notebook: NotebookBlobs,
  reduced: boolean,
) {
  models.forEach((model, i) => {
    const printed = { 3: notebook.inertia_k3, 5: notebook.inertia, 8: notebook.inertia_k8 }[i + 1];
    const { inertia, silhouette } = known.best_known_by_k[i + 1];
    const here = model.inertia!;
    const ok = here <= inertia * (i === 4 ? 1 + 1e-6 : 1.001);
    job.figure({ what: `k = ${i + 1}: inertia`, here, notebook: printed, best: inertia, ok, reduced });
    if (silhouette === null) return;
    const near = within(silhouettes[i - 1], silhouette, { abs: i === 4 ? 1e-5 : 1e-3 });
    job.figure({
      what: `k = ${i + 1}: silhouette`,
      here: silhouettes[i - 1],
      best: silhouette,
      ok: near,
      reduced,
    });
  });
}

/** The pictures of the first three iterations from one random start, and of two random starts. */
async function startsAndIterations(job: Job, x: Rows) {
  for (const maxIter of [1, 2, 3]) {
    const model = await KMeans.fit(x, { nClusters: 5, init: 'random', nInit: 1, maxIter, seed: 0 });
    const centers = await model.clusterCenters.array();
    job.picture(`iteration${maxIter}`, { centers, inertia: model.inertia, regions: await regions(model, x) });
    model.dispose();
  }
  // Two seeds that end in different clusters; the notebook's 11 and 19 did so with the draws of its scikit-learn.
  for (const seed of [11, 10]) {
    const model = await KMeans.fit(x, { nClusters: 5, init: 'random', nInit: 1, seed });
    job.figure({ what: `k = 5: one random start, seed ${seed}: inertia`, here: model.inertia! });
    const centers = await model.clusterCenters.array();
    job.picture(`randomStart${seed}`, { centers, inertia: model.inertia, regions: await regions(model, x) });
    model.dispose();
  }
}

export async function kMeansOnBlobs(
  job: Job,
  { x, labels }: Blobs,
  known: KnownBlobs,
  notebook: NotebookBlobs,
) {
  const nInit = job.options.nInit ?? (job.options.quick ? 5 : 50);
  const reduced = nInit < 50;
  job.picture('blobs', { x: rowsOf(Array.from(x.values), 2), labels });
  const models = await fitAll(job, x, nInit);
  const labelings = await Promise.all(
    models.map(async (model) => (await model.labels!.data()) as Int32Array),
  );
  const silhouettes = await silhouetteScores(x, labelings.slice(1));
  figuresByK(job, models, silhouettes, known, notebook, reduced);
  await againstNotebook(job, models[4], x, notebook, reduced);
  job.picture('byK', { k: models.map((_, i) => i + 1), inertias: models.map((m) => m.inertia), silhouettes });
  for (const k of [3, 4, 8]) {
    const model = models[k - 1];
    const centers = await model.clusterCenters.array();
    job.picture(`regions${k}`, { centers, inertia: model.inertia, ...(await regions(model, x)) });
  }
  for (const k of [3, 4, 5, 6]) {
    const samples = await take(await silhouetteSamples(x, labelings[k - 1]));
    job.picture(`silhouettes${k}`, { samples, labels: labelings[k - 1], mean: silhouettes[k - 2] });
  }
  await keepModel(job, 'blobs-kmeans', models[4], {
    job: 'blobs',
    title: 'Five clusters found by K-means in round blobs.',
    data: '2,000 rows of two features about five centres, made by `makeBlobs` with seed 7, as scikit-learn makes them.',
    licence: 'made data, none',
    ports: {
      x: '[N, 2]',
      labels: '[N] int32, the nearest centre',
      distances: '[N, 5] Euclidean distances to the centres',
    },
    figures: { inertia: models[4].inertia!, silhouette: silhouettes[3], restarts: nInit },
  });
  await startsAndIterations(job, x);
  for (const model of models) model.dispose();
}
