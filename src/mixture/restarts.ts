/** The restarts of a fit: each from its start to convergence, of which the best is kept. */
import { iterate, type FitEvents, type Run } from '../core/iterate.js';
import { RandomState } from '../core/random.js';
import { inDataUnits } from '../core/rows.js';
import type { Matrix, Weights } from '../core/source.js';
import { factorOf, type Mixture, type Numbers, type State } from './density.js';
import { freeWinners, hopelessStart, maximize, pass, type Problem, type Winners } from './em.js';
import * as params from './params.js';
import type { CovarianceForm } from './params.js';
import { startMixture, startResponsibilities, type Start } from './start.js';

/** Parts of a start: what is not given comes from 'kmeans' and one M-step. */
export type GivenStart = { weights?: Weights; means?: Matrix } & Partial<CovarianceForm>;

/** Of the options of a fit. */
export interface Restarts {
  readonly nComponents: number;
  readonly nInit: number;
  readonly init: Start | GivenStart;
  readonly seed: number;
  readonly tol: number;
  readonly maxIter: number;
}

/** The restart that reached the highest log-likelihood. */
export async function bestRun(
  problem: Problem,
  restarts: Restarts,
  events: FitEvents,
): Promise<Run<Numbers>> {
  const { nComponents: k, nInit, init, seed } = restarts;
  const random = new RandomState(seed);
  let best: Run<Numbers> | undefined;
  for (let i = 0; i < nInit; i++) {
    const run = await runEm(problem, await startOf(problem, k, init, random), i, restarts, events);
    if (!best || run.objective > best.objective) best = run;
  }
  return best!;
}

/** One restart from a mixture, to convergence. */
async function runEm(
  problem: Problem,
  start: State,
  i: number,
  { tol, maxIter, init }: Restarts,
  events: FitEvents,
): Promise<Run<Numbers>> {
  const { rows, weight } = problem;
  const total = weight ? weight.reduce((a, b) => a + b, 0) : rows.nRows;
  const given = typeof init === 'string' ? [] : givenParts(init);
  const winners: Winners = [];
  let previous = -Infinity;
  const step = async (mixture: State) => {
    const found = await pass(problem, mixture, winners);
    const objective = found.logLikelihood / total;
    if (given.length > 0 && !Number.isFinite(objective)) throw hopelessStart(given, TOO_FAR);
    const change = objective - previous;
    const next = maximize(problem, mixture, found, previous === -Infinity ? given : []);
    previous = objective;
    return { params: next, objective, change, done: Math.abs(change) < tol };
  };
  const report = (mixture: State) => reported(mixture, rows.origin);
  try {
    const run = await iterate(i, start, step, maxIter, events, report);
    return { ...run, params: { ...run.params, precisionsCholesky: factorOf(run.params) } };
  } finally {
    freeWinners(winners);
  }
}

const TOO_FAR = 'is farther from some rows than 1e19 standard deviations, whose square float32 cannot hold';

/** What a hook is told. */
const reported = (mixture: State, origin: Float64Array): Record<keyof Mixture, Float32Array> => ({
  weights: Float32Array.from(mixture.weights),
  means: inDataUnits(mixture.means, origin),
  precisionsCholesky: Float32Array.from(factorOf(mixture)),
});

/** Weights, means and covariances that `init` gives; null for each that it does not. */
async function readGiven(
  given: GivenStart,
  { covariance, native, rows: { origin } }: Problem,
  k: number,
): Promise<{ [part in keyof Numbers]: Numbers[part] | null }> {
  const what = 'GaussianMixture.fit: init';
  const Numbers = native ? Float32Array : Float64Array; // what kernels round is not read as more
  const factor = await params.readCovarianceForm(what, given, covariance, k, origin.length, Numbers);
  const { weights, means } = given;
  return {
    weights: weights ? await params.readMixtureWeights(`${what}.weights`, weights, k) : null,
    means: means ? await params.readMeans(`${what}.means`, means, k, origin) : null,
    precisionsCholesky: factor ?? null,
  };
}

const givenParts = (init: GivenStart): string[] =>
  Object.keys(init).filter((name) => init[name as keyof GivenStart] !== undefined);

async function startOf(
  problem: Problem,
  k: number,
  init: Start | GivenStart,
  random: RandomState,
): Promise<State> {
  if (typeof init === 'string') {
    return startMixture(problem, k, await startResponsibilities(problem, k, init, random));
  }
  const { weights, means, precisionsCholesky } = await readGiven(init, problem, k);
  if (weights && means && precisionsCholesky) return { weights, means, precisionsCholesky };
  const responsibilities = await startResponsibilities(problem, k, 'kmeans', random);
  const start = await startMixture(problem, k, responsibilities, precisionsCholesky !== null);
  return {
    weights: weights ?? start.weights,
    means: means ?? start.means,
    precisionsCholesky: precisionsCholesky ?? start.precisionsCholesky,
  };
}
