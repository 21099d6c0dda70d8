/** The notebook's iris part: a mixture of three Gaussians finds the species without being told them. */
import { GaussianMixture } from '../src/index.js';
import { loadIris } from '../src/datasets/iris.js';
import { readFigures, runJob, type Job } from './job.js';
import { keepModel } from './models.js';

interface Known {
  iris: { gmm3_mean_log_likelihood: number; correct_of_150: number };
}

const SEEDS = 20;
const QUICK_SEEDS = 3;
const ORDERS = [
  [0, 1, 2],
  [0, 2, 1],
  [1, 0, 2],
  [1, 2, 0],
  [2, 0, 1],
  [2, 1, 0],
];

/** The renaming of the three components under which most rows have their class. */
function matched(found: ArrayLike<number>, labels: Int32Array) {
  const all = ORDERS.map((order) => {
    const renamed = Array.from(found, (k) => order[k]);
    return { labels: renamed, order, correct: renamed.filter((k, i) => k === labels[i]).length };
  });
  return all.reduce((best, each) => (each.correct > best.correct ? each : best));
}

async function fitOnce(
  seed: number,
  nInit: number | undefined,
  keep?: (model: GaussianMixture) => Promise<void>,
) {
  const { x, labels, featureNames } = loadIris();
  const model = await GaussianMixture.fit(x, { nComponents: 3, nInit, seed, featureNames });
  const [found, score] = [model.predict(x), model.score(x)];
  const result = {
    seed,
    ...matched(await found.data(), labels),
    meanLogLikelihood: (await score.data())[0],
    weights: await model.weights.data(),
    means: await model.means.array(),
    covariances: await model.covariances.array(),
    history: model.history,
    nIter: model.nIter,
    converged: model.converged,
  };
  await keep?.(model);
  for (const each of [found, score, model]) each.dispose();
  return result;
}

async function keepIris(job: Job, model: GaussianMixture): Promise<void> {
  const { x } = loadIris();
  const [logLikelihood] = await model.score(x).data();
  await keepModel(job, 'iris-gmm', model, {
    job: 'iris',
    title: 'A mixture of three Gaussians, which finds the species of iris without being told them.',
    data: '150 flowers: length and width of sepal and petal, in cm, as `loadIris` gives them.',
    licence: 'CC BY 4.0 (R. A. Fisher 1936; see data/iris).',
    ports: {
      x: '[N, 4] sepal length, sepal width, petal length, petal width, in cm',
      labels: '[N] int32, the most probable component',
      probabilities: '[N, 3] of the components',
      logDensity: '[N] log density, in nats',
    },
    figures: { 'mean log-likelihood': logLikelihood, BIC: await model.bic(x), iterations: model.nIter! },
  });
}

async function iris(job: Job): Promise<void> {
  const { options, progress, figure, picture } = job;
  const { iris: known } = await readFigures<Known>('figures.json');
  const { x, labels, featureNames, targetNames } = loadIris();
  const seeds = Array.from({ length: options.quick ? QUICK_SEEDS : SEEDS }, (_, i) => options.seed + i);
  const runs = await progress(`iris, ${seeds.length} seeds`, seeds.length, async (step) => {
    const done: Awaited<ReturnType<typeof fitOnce>>[] = [];
    for (const seed of seeds) {
      done.push(
        await fitOnce(
          seed,
          options.nInit,
          seed === options.seed ? (model) => keepIris(job, model) : undefined,
        ),
      );
      step();
    }
    return done;
  });
  const fewest = Math.min(...runs.map(({ correct }) => correct));
  const lowest = Math.min(...runs.map(({ meanLogLikelihood }) => meanLogLikelihood));
  const of = known.correct_of_150;
  const share = `of ${seeds.length} seeds`;
  figure({
    what: `rows in their class, fewest ${share}`,
    here: fewest,
    notebook: of,
    best: of,
    ok: fewest >= of,
  });
  figure({
    what: `mean log-likelihood, lowest ${share}`,
    here: lowest,
    best: known.gmm3_mean_log_likelihood,
    // The best known at float32's width: issue 3 asks for -1.2016.
    ok: lowest >= -1.2016,
  });
  picture('classes', { x, labels, featureNames, targetNames });
  picture('clusters', runs[0]);
  picture(
    'seeds',
    runs.map(({ seed, correct, meanLogLikelihood }) => ({ seed, correct, meanLogLikelihood })),
  );
}

const description = {
  name: 'iris',
  description: 'Three Gaussians on the iris flowers.',
  flags: ['nInit'],
  page: async () => (await import('./pages/iris.js')).irisPage,
} as const;

void runJob(description, iris);
