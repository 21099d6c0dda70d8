import { GaussianMixture, KMeans, type CovarianceType } from '../../src/index.js';
import { within, type Job } from '../job.js';
import { keepModel } from '../models.js';
import { gap, gridOver, orderOf, regions, rowsOf, take, type Rows } from '../regions.js';

interface KnownMixture {
  mean_log_likelihood: number;
  bic: number;
  aic: number;
  weights: number[];
  means: number[][];
  covariances: unknown[];
  percentile_4_of_log_density: number;
  anomalous_rows: number[];
}
export type KnownOdd = Record<`gmm_${CovarianceType}`, KnownMixture> & {
  kmeans_good_init: { inertia: number };
  kmeans_free_inertia: number;
};
export interface NotebookOdd {
  weights: number[];
  means: number[][];
  covariances: number[][][];
  n_iter: number;
  predict_ends: number[];
  predict_proba_ends: number[][];
  score_samples_ends: number[];
}

const TYPES = ['full', 'tied', 'diag', 'spherical'] as const;
const GOOD_START = [
  [-1.5, 2.5],
  [0.5, 0],
  [4, 0],
];

export async function kMeansOnOddShapes(job: Job, x: Rows, known: KnownOdd) {
  const { seed } = job.options;
  const good = await KMeans.fit(x, { nClusters: 3, init: GOOD_START, nInit: 1, seed });
  // The default tol stops up to 0.2 above the optimum that a run is on its way to, and ten starts of k-means++ alone miss
  // the best one with one seed of twenty, scikit-learn's too.
  const free = await KMeans.fit(x, { nClusters: 3, init: 'random-swap', nInit: 10, tol: 0, seed });
  const best = known.kmeans_good_init.inertia;
  const what = 'odd shapes, K-means';
  job.figure({
    what: `${what}, good start: inertia`,
    here: good.inertia!,
    best,
    ok: within(good.inertia!, best, { rel: 1e-5 }),
  });
  // 2179.65 is issue 3's bound, a hair above the best known.
  const ok = free.inertia! <= 2179.65;
  job.figure({
    what: `${what}, free starts: inertia`,
    here: free.inertia!,
    best: known.kmeans_free_inertia,
    ok,
  });
  for (const [name, model] of Object.entries({ oddGood: good, oddFree: free })) {
    const centers = await model.clusterCenters.array();
    job.picture(name, { inertia: model.inertia, centers, regions: await regions(model, x) });
    model.dispose();
  }
}

const flat = (x: unknown): number[] => (Array.isArray(x) ? x.flatMap(flat) : [x as number]);

/** Weights, means, covariances as lists, the components ordered by the first coordinate of their means. */
async function paramsOf(model: GaussianMixture) {
  const means = (await model.means.array()) as number[][];
  const order = orderOf(means);
  const weights = (await model.weights.array()) as number[];
  const all = (await model.covariances.array()) as unknown[];
  const covariances = model.covarianceType === 'tied' ? all : order.map((k) => all[k]);
  return { weights: order.map((k) => weights[k]), means: order.map((k) => means[k]), covariances, order };
}

type Params = Pick<KnownMixture, 'weights' | 'means' | 'covariances'>;
function paramFigures(job: Job, what: string, here: Params, there: Params, abs: number, reduced: boolean) {
  for (const name of ['weights', 'means', 'covariances'] as const) {
    const off = gap(flat(here[name]), flat(there[name]));
    job.figure({ what: `${what}: ${name}, largest difference`, here: off, ok: off <= abs, reduced });
  }
}

/** The first and the last three, as NumPy prints a long array. */
const ends = <T>(all: T[]): T[] => [...all.slice(0, 3), ...all.slice(-3)];

/** What the notebook prints of the rows; `ours` and `theirs` list the components in one order. */
async function endsAsPrinted(
  job: Job,
  model: GaussianMixture,
  x: Rows,
  ours: number[],
  theirs: number[],
  notebook: NotebookOdd,
  reduced: boolean,
) {
  const predict = ends(await take(model.predict(x))).map((k) => theirs[ours.indexOf(k)]);
  job.figure({
    what: 'mixture, tol 1e-3: predict',
    here: predict.join(' '),
    notebook: notebook.predict_ends.join(' '),
    ok: predict.join() === notebook.predict_ends.join(),
    reduced,
  });
  const probaEnds = ends(rowsOf(await take(model.predictProba(x)), 3));
  const proba = probaEnds.flatMap((row) => ours.map((k) => row[k]));
  const scoreEnds = ends(await take(model.scoreSamples(x)));
  const off = {
    predictProba: gap(
      proba,
      notebook.predict_proba_ends.flatMap((row) => theirs.map((k) => row[k])),
    ),
    scoreSamples: gap(scoreEnds, notebook.score_samples_ends),
  };
  // The same 1e-2 as the parameters that the rows follow from.
  for (const [name, value] of Object.entries(off))
    job.figure({
      what: `mixture, tol 1e-3: ${name} rows, largest difference`,
      here: value,
      ok: value <= 1e-2,
      reduced,
    });
  return { predictEnds: predict, probaEnds, scoreEnds };
}

/** tol 1e-3, as the notebook prints it. */
async function asPrinted(job: Job, x: Rows, notebook: NotebookOdd, nInit: number, reduced: boolean) {
  const model = await GaussianMixture.fit(x, { nComponents: 3, nInit, seed: job.options.seed });
  const here = await paramsOf(model);
  const order = orderOf(notebook.means);
  const pick = <T>(list: T[]) => order.map((k) => list[k]);
  const there = {
    weights: pick(notebook.weights),
    means: pick(notebook.means),
    covariances: pick(notebook.covariances),
  };
  paramFigures(job, 'mixture, tol 1e-3', here, there, 1e-2, reduced);
  job.figure({ what: 'mixture, tol 1e-3: nIter', here: model.nIter!, notebook: notebook.n_iter });
  job.figure({
    what: 'mixture, tol 1e-3: converged',
    here: String(model.converged),
    notebook: 'true',
    ok: model.converged!,
  });
  const printed = await endsAsPrinted(job, model, x, here.order, order, notebook, reduced);
  const { nIter, converged } = model;
  job.picture('mixturePrinted', {
    ...here,
    nIter,
    converged,
    ...printed,
  });
  model.dispose();
}

/** Σ p(x) / 100² over the notebook's grid: -10 to 10 by 0.01 both ways. */
async function densitySum(job: Job, model: GaussianMixture): Promise<number> {
  const side = 2000;
  const rows = 20;
  let total = 0;
  await job.progress('density on 4,000,000 points', side, async (step) => {
    for (let from = 0; from < side; from += rows) {
      const values = new Float64Array(2 * side * rows);
      for (let i = 0; i < side * rows; i++) {
        values[2 * i] = -10 + (i % side) / 100;
        values[2 * i + 1] = -10 + (from + Math.floor(i / side)) / 100;
      }
      for (const log of await take(model.scoreSamples({ values, shape: [side * rows, 2] })))
        total += Math.exp(log);
      step(rows);
    }
  });
  return total / 1e4;
}

/** NumPy's percentile, linear between the two nearest. */
function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share / 100) * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
}

async function anomalies(job: Job, model: GaussianMixture, x: Rows, known: KnownMixture, reduced: boolean) {
  const densities = await take(model.scoreSamples(x));
  const threshold = percentile(densities, 4);
  const rows = densities.flatMap((value, i) => (value < threshold ? [i] : []));
  const best = known.percentile_4_of_log_density;
  job.figure({
    what: 'mixture: 4th percentile of log density',
    here: threshold,
    best,
    ok: within(threshold, best, { abs: 1e-3 }),
    reduced,
  });
  const same = rows.filter((row) => known.anomalous_rows.includes(row)).length;
  const ok = same === known.anomalous_rows.length && rows.length === same;
  job.figure({
    what: 'mixture: the same rows below it',
    here: same,
    best: known.anomalous_rows.length,
    ok,
    reduced,
  });
  job.picture('anomalies', { threshold, rows, densities });
}

/** Means, variances and the covariance of many draws against the model's own, in standard errors. */
async function sampled(job: Job, model: GaussianMixture) {
  const n = 20_000;
  const { weights, means, covariances } = await paramsOf(model);
  const draws = model.sample(n, job.options.seed);
  draws.labels.dispose();
  const x = rowsOf(await take(draws.x), 2);
  const average = (of: (k: number) => number) => weights.reduce((sum, w, k) => sum + w * of(k), 0);
  const centre = [0, 1].map((j) => average((k) => means[k][j]));
  const from = (row: number[], j: number) => row[j] - centre[j];
  const within = covariances as number[][][];
  const moments = [[0], [1], [0, 0], [0, 1], [1, 1]].map((axes) => {
    const products = x.map((row) => axes.reduce((product, j) => product * from(row, j), 1));
    const [i, j] = axes;
    const expected =
      axes.length === 1 ? 0 : average((k) => within[k][i][j] + from(means[k], i) * from(means[k], j));
    const mean = products.reduce((a, b) => a + b, 0) / n;
    const variance = products.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
    return Math.abs(mean - expected) / Math.sqrt(variance / n);
  });
  const here = Math.max(...moments);
  job.figure({
    what: 'mixture: moments of 20,000 draws, standard errors off',
    here,
    ok: here <= 5,
  });
  // As many as there are rows, to be drawn beside them.
  const beside = model.sample(1250, job.options.seed);
  job.picture('sample', { x: rowsOf(await take(beside.x), 2), labels: await take(beside.labels) });
}

function tightFigures(
  job: Job,
  type: CovarianceType,
  here: Params & Record<'mean' | 'bic' | 'aic', number>,
  known: KnownMixture,
  reduced: boolean,
) {
  const what = `mixture, ${type}`;
  paramFigures(job, what, here, known, type === 'spherical' ? 5e-3 : 1e-3, reduced);
  const { mean_log_likelihood: best } = known;
  const ok = within(here.mean, best, { abs: 1e-6 });
  job.figure({ what: `${what}: mean log-likelihood`, here: here.mean, best, ok, reduced });
  for (const name of ['bic', 'aic'] as const) {
    const near = within(here[name], known[name], { rel: 1e-5 });
    job.figure({
      what: `${what}: ${name.toUpperCase()}`,
      here: here[name],
      best: known[name],
      ok: near,
      reduced,
    });
  }
}

async function pictureOf(model: GaussianMixture, x: Rows, numbers: Record<string, unknown>) {
  const logDensity = await take(model.scoreSamples(gridOver(x).x));
  return { ...numbers, regions: await regions(model, x), logDensity };
}

/**
 * The best of the restarts, and EM gone on from there. Where components overlap, as spheres on long shapes do, a step of
 * EM takes a thousandth of the way that is left: a gain of 1e-9 leaves the means 1e-2 off.
 */
async function converge(x: Rows, covarianceType: CovarianceType, nInit: number, job: Job) {
  const { seed, quick } = job.options;
  const events = job.watch(`Mixture, ${covarianceType}`, x);
  const options = { nComponents: 3, covarianceType, seed, ...events };
  const best = await GaussianMixture.fit(x, { ...options, nInit, tol: 1e-9, maxIter: 2000 });
  const { weights, means, precisionsCholesky } = best;
  const init = { weights, means, precisionsCholesky };
  const model = await GaussianMixture.fit(x, { ...options, init, tol: 0, maxIter: quick ? 100 : 3000 });
  const restarts = { nIter: best.nIter, converged: best.converged };
  best.dispose();
  return { restarts, model };
}

const keepOdd = (job: Job, model: GaussianMixture, figures: Record<string, number>): Promise<void> =>
  keepModel(job, 'odd-gmm', model, {
    job: 'blobs',
    title: 'A mixture of three Gaussians on shapes that are too long for K-means.',
    data: '1,250 rows of two features: two stretched blobs and a round one, made as the notebook makes them.',
    licence: 'made data, none',
    ports: {
      x: '[N, 2]',
      labels: '[N] int32, the most probable component',
      probabilities: '[N, 3] of the components',
      logDensity: '[N] log density, in nats: low where a row is an anomaly',
    },
    figures,
  });

async function tight(
  job: Job,
  type: CovarianceType,
  x: Rows,
  known: KnownMixture,
  nInit: number,
  reduced: boolean,
) {
  const { restarts, model } = await converge(x, type, nInit, job);
  const densities = await take(model.scoreSamples(x));
  const mean = densities.reduce((a, b) => a + b, 0) / densities.length;
  const [bic, aic] = [await model.bic(x), await model.aic(x)];
  const here = { ...(await paramsOf(model)), mean, bic, aic };
  tightFigures(job, type, here, known, reduced);
  if (type === 'full')
    await keepOdd(job, model, { 'mean log-likelihood': mean, BIC: bic, AIC: aic, restarts: nInit });
  const { nIter, converged } = restarts;
  job.picture(`mixture_${type}`, await pictureOf(model, x, { ...here, nIter, converged }));
  return model;
}

export async function mixturesOnOddShapes(job: Job, x: Rows, known: KnownOdd, notebook: NotebookOdd) {
  const nInit = job.options.nInit ?? (job.options.quick ? 2 : 10);
  const reduced = nInit < 10;
  job.picture('odd', { x: rowsOf(Array.from(x.values), 2) });
  await asPrinted(job, x, notebook, nInit, reduced);
  const models = await job.progress('mixtures of four covariance types', TYPES.length, async (step) => {
    const done: GaussianMixture[] = [];
    for (const type of TYPES) {
      done.push(await tight(job, type, x, known[`gmm_${type}`], nInit, reduced));
      step();
    }
    return done;
  });
  await anomalies(job, models[0], x, known.gmm_full, reduced);
  await sampled(job, models[0]);
  if (!job.options.quick) {
    const total = await densitySum(job, models[0]);
    job.figure({
      what: 'mixture: density on the grid sums to',
      here: total,
      best: 1,
      ok: within(total, 1, { abs: 1e-3 }),
    });
  }
  for (const model of models) model.dispose();
}
