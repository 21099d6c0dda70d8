/** The notebook's task on MNIST: PCA, K-means with 2 to 18 clusters, a mixture of ten Gaussians, new digits from it. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { slice, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { PNG } from 'pngjs';
import { GaussianMixture, KMeans, PCA, pipeline, silhouetteScores } from '../src/index.js';
import { loadMnist, type Mnist } from '../src/node/index.js';
import { ROOT } from './commandLine.js';
import { readFigures, runJob, terminal, within, writeWhole, type Job } from './job.js';
import { keepModel } from './models.js';

interface Known {
  mnist: {
    split: number[];
    class_counts_train: number[];
    'pca_components_at_0.98': number;
    cumulative_ratio: Record<string, number>;
    kmeans_best_of_10: Record<string, { inertia: number; silhouette: number }>;
    gaussian_mixture_10_restarts_in_the_notebook: number[];
  };
}

const CLUSTERS = [2, 6, 10, 14, 18];
/**
 * What the best of ten restarts must reach, in nats a row. A single one may end lower: with seed 42 the fourth converges
 * after 69 iterations at -1201.913, and scikit-learn 1.9 in float64, from the same draws, after 69 at -1201.911.
 */
const BEST = -1193.8;
/** Iterations between two lines about a restart, as in the notebook. */
const TELL_EVERY = 50;
const SIDE = 28;
const ZOOM = 4;
const SAMPLES = 16;

const NAMES = ['training', 'validation', 'test'] as const;
type Split = { name: (typeof NAMES)[number]; x: Mnist['x']; labels: Uint8Array; z: Tensor2D };

/** How much is done: the whole, or a look at everything (--quick). */
function planOf({ options: { quick, nInit } }: Job) {
  if (quick) {
    const mixture = { rows: 2000, nInit: nInit ?? 1, maxIter: 5 };
    return { rows: [2000, 500, 500], nComponents: 20, clusters: [2, 10], starts: 1, mixture };
  }
  const mixture = { rows: 50_000, nInit: nInit ?? 10, maxIter: 600 };
  return {
    rows: [50_000, 10_000, 10_000],
    nComponents: 0.98,
    clusters: CLUSTERS,
    starts: 10,
    mixture,
  };
}
type Plan = ReturnType<typeof planOf>;

/** The numbers of a tensor that nobody else holds. */
async function take(tensor: Tensor): Promise<number[]> {
  const values = await tensor.data();
  tensor.dispose();
  return Array.from(values);
}

const part = ({ x, labels }: Mnist, from: number, to: number): Mnist => ({
  x: { values: x.values.subarray(from * SIDE ** 2, to * SIDE ** 2), shape: [to - from, (SIDE ** 2) as 784] },
  labels: labels.subarray(from, to),
});

/** 50,000 and 10,000 of the training digits, 10,000 of the others: the order of OpenML's mnist_784. */
async function load({ options: { dataDir } }: Job, [train, validation, test]: number[]): Promise<Mnist[]> {
  const folder = path.join(dataDir, 'mnist');
  // A package has no data/: loadMnist then looks into the cache, and downloads.
  const dir = dataDir === path.join(ROOT, 'data') && !existsSync(folder) ? undefined : folder;
  const all = await loadMnist({ split: 'train', dir });
  const held = await loadMnist({ split: 'test', dir, nRows: test });
  return [part(all, 0, train), part(all, 50_000, 50_000 + validation), held];
}

const countsOf = (labels: ArrayLike<number>): number[] =>
  Array.from(labels).reduce((counts, digit) => (counts[digit]++, counts), new Array<number>(10).fill(0));

async function reduce(job: Job, data: Mnist[], plan: Plan, known: Known['mnist']) {
  const { quick: reduced } = job.options;
  const counts = countsOf(data[0].labels);
  const rows = data.map(({ labels }) => labels.length);
  const same = (a: number[], b: number[]) => a.join(' ') === b.join(' ');
  const told = (what: string, here: number[], theirs: number[]) =>
    job.figure({ what, here: here.join(' '), notebook: theirs.join(' '), ok: same(here, theirs), reduced });
  told('rows: training, validation, test', rows, known.split);
  told('training digits of each class', counts, known.class_counts_train);
  const pca = await job.progress('mnist, principal components', 1, (step) =>
    PCA.fit(data[0].x, { nComponents: plan.nComponents, seed: job.options.seed }).finally(() => step()),
  );
  const expected = known['pca_components_at_0.98'];
  const ok = pca.nComponents === expected;
  job.figure({
    what: 'components for 0.98',
    here: pca.nComponents,
    notebook: expected,
    best: expected,
    ok,
    reduced,
  });
  const ratios = Array.from(await pca.explainedVarianceRatio!.data());
  for (const [at, best] of Object.entries(known.cumulative_ratio)) {
    if (Number(at) > ratios.length && reduced) continue;
    const here = ratios.slice(0, Number(at)).reduce((a, b) => a + b, 0);
    job.figure({
      what: `cumulative ratio at ${at}`,
      here,
      best,
      ok: within(here, best, { abs: 1e-6 }),
      reduced,
    });
  }
  job.picture('classes', { rows, counts, bySplit: data.map(({ labels }) => countsOf(labels)) });
  job.picture('explainedVarianceRatio', ratios);
  const splits = data.map((each, i): Split => ({ ...each, name: NAMES[i], z: pca.transform(each.x) }));
  return { pca, splits };
}

/** One number of clusters: the labels of the training rows, the inertia of each split. */
async function cluster(
  { options, progress }: Job,
  pca: PCA,
  splits: Split[],
  nClusters: number,
  nInit: number,
) {
  const model = await progress(`mnist, ${nClusters} clusters, ${nInit} starts`, nInit, (step) =>
    KMeans.fit(splits[0].z, { nClusters, nInit, seed: options.seed, onInit: () => step() }),
  );
  const labels = await model.labels!.data<'int32'>();
  const { inertia, nIter, converged } = model;
  const bySplit = [inertia!];
  for (const { z } of splits.slice(1)) bySplit.push(-(await take(model.score(z)))[0]);
  const centers = await digitsOf(pca, model.clusterCenters);
  model.dispose();
  return { nClusters, inertia: inertia!, nIter, converged, bySplit, labels, centers };
}

async function kMeans(job: Job, pca: PCA, splits: Split[], plan: Plan, known: Known['mnist']): Promise<void> {
  const { quick: reduced } = job.options;
  const runs: Awaited<ReturnType<typeof cluster>>[] = [];
  for (const k of plan.clusters) runs.push(await cluster(job, pca, splits, k, plan.starts));
  const labelings = runs.map(({ labels }) => labels);
  const silhouettes = await job.progress('mnist, silhouettes of all rows', 1, (step) =>
    silhouetteScores(splits[0].z, labelings).finally(() => step()),
  );
  runs.forEach(({ nClusters: k, inertia }, i) => {
    const best = known.kmeans_best_of_10[k];
    const near = within(silhouettes[i], best.silhouette, { abs: 0.01 });
    job.figure({
      what: `k = ${k}: inertia`,
      here: inertia,
      best: best.inertia,
      ok: inertia <= best.inertia * 1.005,
      reduced,
    });
    job.figure({
      what: `k = ${k}: silhouette`,
      here: silhouettes[i],
      best: best.silhouette,
      ok: near,
      reduced,
    });
  });
  const ten = runs.find(({ nClusters }) => nClusters === 10)!;
  splits.forEach(({ name, labels }, i) =>
    job.figure({ what: `k = 10: inertia a row, ${name}`, here: ten.bySplit[i] / labels.length }),
  );
  const drawn = runs.map(({ nClusters, inertia, nIter, converged, bySplit, labels }, i) => ({
    ...{ nClusters, inertia, nIter, converged, bySplit },
    silhouette: silhouettes[i],
    byDigit: byDigit(splits[0].labels, labels, nClusters),
  }));
  job.picture('kMeans', drawn);
  job.picture('centers', { pixels: ten.centers, byDigit: byDigit(splits[0].labels, ten.labels, 10) });
}

/** How many rows of each true digit are in each cluster. [10][K] */
function byDigit(digits: ArrayLike<number>, found: ArrayLike<number>, k: number): number[][] {
  const counts = Array.from({ length: 10 }, () => new Array<number>(k).fill(0));
  for (let i = 0; i < found.length; i++) counts[digits[i]][found[i]]++;
  return counts;
}

const seconds = (since: number): number => (performance.now() - since) / 1000;

/** A line above the bar, where there is one. */
const above = (job: Job, line: string): void => job.say(terminal.isTTY ? `\r\x1b[K${line}` : line);

interface Restart {
  iterations: number;
  converged: boolean;
  logLikelihood: number;
  seconds: number;
  /** Mean log-likelihood after each iteration. */
  history: number[];
}

/** The mixture, each restart told as the notebook does. */
async function fitMixture(job: Job, z: Tensor2D, { mixture: { nInit, maxIter } }: Plan) {
  const restarts: Restart[] = [];
  let history: number[] = [];
  let began = performance.now();
  const model = await job.progress(`mnist, mixture, ${nInit} restarts`, nInit, (step) =>
    GaussianMixture.fit(z, {
      nComponents: 10,
      maxIter,
      nInit,
      regCovar: 1e-6,
      seed: job.options.seed,
      onIteration: ({ init, iteration, objective, change }) => {
        history.push(objective);
        if (iteration % TELL_EVERY !== 0) return;
        const so = `${seconds(began).toFixed(1)} s, log-likelihood changed by ${change.toFixed(5)}`;
        above(job, `  restart ${init}: iteration ${iteration}, ${so}`);
      },
      onInit: ({ init, converged, iterations, objective }) => {
        restarts.push({ iterations, converged, logLikelihood: objective, seconds: seconds(began), history });
        history = [];
        const how = converged ? 'converged' : 'stopped';
        const so = `${seconds(began).toFixed(1)} s, log-likelihood ${objective.toFixed(5)}`;
        above(job, `  restart ${init}: ${how} after ${iterations} iterations, ${so}`);
        began = performance.now();
        step();
      },
    }),
  );
  return { model, restarts };
}

async function mixture(
  job: Job,
  splits: Split[],
  plan: Plan,
  known: Known['mnist'],
): Promise<GaussianMixture> {
  const { rows, nInit } = plan.mixture;
  const z = slice(splits[0].z, [0, 0], [rows, -1]);
  const { model, restarts } = await fitMixture(job, z, plan);
  z.dispose();
  const printed = known.gaussian_mixture_10_restarts_in_the_notebook;
  restarts.forEach(({ iterations, logLikelihood }, i) =>
    job.figure({
      what: `restart ${i}: log-likelihood (${iterations} iterations)`,
      here: logLikelihood,
      notebook: printed[i],
    }),
  );
  job.figure({
    what: `best of ${nInit} restarts`,
    here: model.lowerBound!,
    notebook: Math.max(...printed),
    ok: model.lowerBound! >= BEST,
    reduced: job.options.quick || nInit < 10,
  });
  const bySplit: Record<string, number> = {};
  for (const { name, z: each } of splits) {
    [bySplit[name]] = await take(model.score(each));
    job.figure({ what: `mean log-likelihood, ${name}`, here: bySplit[name] });
  }
  const { nIter, converged, lowerBound, history } = model;
  job.picture('mixture', { rows, restarts, nIter, converged, lowerBound, history, bySplit });
  return model;
}

/** Pixels of the rows of a tensor that nobody else holds, to one decimal. */
async function digitsOf(pca: PCA, z: Tensor2D): Promise<number[][]> {
  const pixels = await take(pca.inverseTransform(z));
  const n = pixels.length / SIDE ** 2;
  return Array.from({ length: n }, (_, i) =>
    pixels.slice(i * SIDE ** 2, (i + 1) * SIDE ** 2).map((value) => Math.round(value * 10) / 10),
  );
}

/** Digits side by side, ink dark on white, `across` in a line; a pixel of a digit is a square of ZOOM by ZOOM. */
function sheet(digits: number[][], across: number): Buffer {
  const gap = 2;
  const step = SIDE + gap;
  const down = Math.ceil(digits.length / across);
  const [width, height] = [ZOOM * (across * step + gap), ZOOM * (down * step + gap)];
  const png = new PNG({ width, height });
  for (let at = 0; at < width * height; at++) {
    const [x, y] = [at % width, Math.floor(at / width)].map((pixel) => Math.floor(pixel / ZOOM) - gap);
    const digit = x < 0 || y < 0 ? undefined : digits[Math.floor(y / step) * across + Math.floor(x / step)];
    const [column, row] = [x % step, y % step];
    const ink = digit && column < SIDE && row < SIDE ? digit[row * SIDE + column] : 0;
    png.data.fill(255 - Math.min(255, Math.max(0, Math.round(ink))), 4 * at, 4 * at + 3);
    png.data[4 * at + 3] = 255;
  }
  return PNG.sync.write(png, { colorType: 2 });
}

/** New digits, the components' means, who is in which component, and the digits that the mixture finds strangest. */
async function look(job: Job, pca: PCA, model: GaussianMixture, splits: Split[]): Promise<void> {
  const drawn = model.sample(SAMPLES, job.options.seed);
  const samples = await digitsOf(pca, drawn.x);
  drawn.x.dispose();
  const file = 'mnist-samples.png';
  await writeWhole(path.join(job.options.out, file), sheet(samples, 4));
  job.picture('samples', { file, components: await take(drawn.labels), pixels: samples });
  job.picture('means', {
    weights: Array.from(await model.weights.data()),
    pixels: await digitsOf(pca, model.means),
  });
  const [train, , test] = splits;
  job.picture('byDigit', byDigit(train.labels, await take(model.predict(train.z)), 10));
  const densities = await take(model.scoreSamples(test.z));
  const lowest = densities.map((_, i) => i).sort((a, b) => densities[a] - densities[b]);
  const strange = lowest.slice(0, SAMPLES).map((row) => ({
    row,
    digit: test.labels[row],
    logDensity: densities[row],
    pixels: test.x.values.subarray(row * SIDE ** 2, (row + 1) * SIDE ** 2),
  }));
  job.picture('lowestDensity', strange);
}

/** PCA for itself, and what takes pixels to the mixture's components. */
async function keep(job: Job, pca: PCA, model: GaussianMixture, splits: Split[], rows: number) {
  const data = (n: number) =>
    `${n.toLocaleString('en')} of the MNIST training digits, 28 x 28 pixels from 0 to 255.`;
  const licence = 'CC BY-SA 3.0 (MNIST: Y. LeCun, C. Cortes, C. Burges)';
  const pixels = '[N, 784] pixels, row by row, from 0 to 255';
  const kept = Array.from(await pca.explainedVarianceRatio!.data()).reduce((a, b) => a + b, 0);
  const back = `from \`execute({ z }, 'reconstruction')\`: pixels of coordinates z [N, ${pca.nComponents}]`;
  await keepModel(job, 'mnist-pca', pca, {
    job: 'mnist',
    title: `The principal components of handwritten digits.`,
    data: data(splits[0].labels.length),
    licence,
    ports: { x: pixels, coordinates: `[N, ${pca.nComponents}]`, reconstruction: back },
    figures: { components: pca.nComponents, 'share of the variance': kept },
  });
  const figures: Record<string, number> = { 'mean log-likelihood, lower bound': model.lowerBound! };
  for (const { name, z } of splits) [figures[`mean log-likelihood, ${name}`]] = await take(model.score(z));
  await keepModel(job, 'mnist-gmm', pipeline([pca, model]), {
    job: 'mnist',
    title: 'A pipeline: principal components of handwritten digits, then a mixture of ten Gaussians.',
    data: data(rows),
    licence,
    ports: {
      x: pixels,
      labels: '[N] int32, the most probable component (not the digit)',
      probabilities: '[N, 10] of the components',
      logDensity: '[N] log density of the coordinates, in nats',
      reconstruction: back,
    },
    figures: { ...figures, restarts: model.options!.nInit, iterations: model.nIter! },
  });
}

async function mnist(job: Job): Promise<void> {
  const { mnist: known } = await readFigures<Known>('figures.json');
  const plan = planOf(job);
  const { pca, splits } = await reduce(job, await load(job, plan.rows), plan, known);
  await kMeans(job, pca, splits, plan, known);
  const model = await mixture(job, splits, plan, known);
  await keep(job, pca, model, splits, plan.mixture.rows);
  await look(job, pca, model, splits);
  for (const each of [pca, model, ...splits.map(({ z }) => z)]) each.dispose();
}

const description = {
  name: 'mnist',
  description: 'PCA, K-means and a mixture of ten Gaussians on the MNIST digits.',
  flags: ['nInit', 'dataDir'],
  page: async () => (await import('./pages/mnist.js')).mnistPage,
} as const;

void runJob(description, mnist);
