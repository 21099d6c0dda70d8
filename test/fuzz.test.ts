/**
 * Arbitrary input, good, odd and wrong: a call ends in finite numbers, or in an error of ours that says what it saw. Never
 * NaN, another kind of error, a tensor left behind, or a loop without end.
 *
 * The runs are the same ones each time. To look further: FUZZ_RUNS=5000 FUZZ_SEED=7 npx jest test/fuzz.test.ts -t cpu
 */
import { memory } from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { show } from '../src/core/checks.js';
import * as latent from '../src/index.js';
import { JUNK, make, makeAny, makeVector, type Recipe, type VectorRecipe } from './support/arbitraries.js';
import { useBackend } from './support/backends.js';
import * as cases from './support/cases.js';
import { expectHonest, type Give, type Numbers } from './support/honest.js';
import { routes, useRoute, type RouteName } from './support/paths.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 250);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
/** A call to native TensorFlow costs more, and there is little in these that depends on the backend. */
const share = (route: RouteName): number => (/tensorflow/.test(route) ? 0.2 : 1);

const check = <T>(runs: number, each: fc.Arbitrary<T>, property: (drawn: T) => Promise<void>) =>
  fc.assert(fc.asyncProperty(each, property), { numRuns: Math.ceil(runs), seed: SEED });

/** The same function, for arguments that its types refuse. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const loose = (f: unknown) => f as (...args: any[]) => any;

/** The estimators, as if they had no types. */
const estimators = latent as unknown as Record<
  string,
  { fit(...args: unknown[]): Promise<Model>; fromParams(...args: unknown[]): Promise<Model> }
>;
type Model = Record<string, (...args: unknown[]) => unknown> & { dispose(): void };

const QUERIES: Record<string, string[]> = {
  KMeans: ['predict', 'transform', 'predictProba', 'score'],
  GaussianMixture: ['predict', 'predictProba', 'scoreSamples', 'score', 'bic', 'aic'],
  PCA: ['transform', 'inverseTransform', 'scoreSamples', 'score'],
};
const DENSITIES = ['scoreSamples', 'score', 'bic', 'aic'];

/** Options or params that hold recipes, as a call takes them; vectors as long as `x` has rows. */
function given(options: Record<string, unknown>, x: Recipe, give: Give): Record<string, unknown> {
  const isRecipe = (value: unknown): value is Recipe | VectorRecipe =>
    typeof value === 'object' && value !== null && 'form' in value;
  const length = 'rows' in x ? x.rows.length : undefined;
  const read = (value: unknown) => (isRecipe(value) ? give(makeAny(value, length)) : value);
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [name, read(value)]));
}

const within = (recipe: Recipe, most: number): boolean =>
  !('rows' in recipe) || recipe.rows.every((row) => row.every((v) => Math.abs(v) < most));

/**
 * A synchronous method does not look into a tensor: NaN gives NaN there, and so may numbers far beyond those that are taken
 * as numbers. A log density may be -Infinity.
 */
function allowed(name: string, method: string, place: Recipe, query: Recipe): Numbers {
  const most = query.form === 'tensor' ? 1e15 : Infinity;
  if (!within(place, most) || !within(query, most)) return 'any';
  return name !== 'KMeans' && DENSITIES.includes(method) ? 'not NaN' : 'finite';
}

/** Every method that takes rows. A broken property frees the model: else fast-check's next runs would see a leak. */
async function ask(name: string, model: Model, place: Recipe, query: Recipe, more: string[]): Promise<void> {
  try {
    for (const method of QUERIES[name]) {
      const numbers = allowed(name, method, place, query);
      await expectHonest((give) => model[method](give(make(query))), numbers);
    }
    for (const method of more) await expectHonest(() => model[method]());
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Fits, asks about other rows; a tenth of the runs at least must get that far. */
async function fuzzFit(name: string, runs: number, options: typeof cases.KMEANS, more: string[]) {
  let models = 0;
  await check(runs, cases.fits(options), ({ x, query, options }) =>
    expectHonest(async (give) => {
      const model = await estimators[name].fit(give(make(x)), given(options, x, give));
      models++;
      await ask(name, model, x, query, more);
      return model;
    }),
  );
  expect(models).toBeGreaterThan(runs / 10);
}

async function fuzzParams(runs: number) {
  const models: Record<string, number> = { KMeans: 0, GaussianMixture: 0, PCA: 0 };
  await check(runs, cases.paramsCases, ({ name, params, type, place, query }) =>
    expectHonest(async (give) => {
      const plain =
        params !== undefined && params !== null && Object.getPrototypeOf(params) === Object.prototype;
      const args = plain ? given(params as Record<string, unknown>, place, give) : params;
      const model = await estimators[name].fromParams(args, type);
      models[name]++;
      await ask(name, model, place, query, []);
      return model;
    }),
  );
  for (const count of Object.values(models)) expect(count).toBeGreaterThan(runs / 30);
}

/** Gradients of fits that ended anywhere, which a large tol lets pass, and of rows that are not those of the fit. */
async function fuzzGrads(name: 'KMeans' | 'GaussianMixture', runs: number, options: typeof cases.KMEANS) {
  let found = 0;
  const field = name === 'KMeans' ? 'clusterCenters' : 'means';
  await check(runs, cases.fits(options), ({ x, query, options }) =>
    expectHonest(async (give) => {
      const model = await estimators[name].fit(give(make(x)), given(options, x, give));
      const grads = loose(latent.implicitGrads);
      const dy = { [field]: model[field] };
      try {
        await expectHonest((give) => grads(model, give(make(query)), dy));
        const { sampleWeight } = given(options, x, give);
        const own = await grads(model, give(make(x)), dy, { sampleWeight, tol: 1e300 });
        found++;
        return { model, own };
      } catch (error) {
        model.dispose();
        throw error;
      }
    }),
  );
  expect(found).toBeGreaterThan(runs / 10);
}

const { silhouetteSamples, silhouetteScore, silhouetteScores, adjustedRandScore } = latent;
const { normalizedMutualInfoScore, softAssign, pcaTransform, gaussianMixtureLogProb, linalg } = latent;

async function fuzzMetrics(runs: number) {
  let scored = 0;
  await check(runs, cases.labelings, async ({ x, a, b, options }) => {
    const length = 'rows' in x ? x.rows.length : 3;
    const labels = (give: Give) => [give(makeVector(a, length)), give(makeVector(b, length))];
    await expectHonest((give) => loose(silhouetteSamples)(give(make(x)), labels(give)[0]));
    await expectHonest((give) => loose(silhouetteScore)(give(make(x)), labels(give)[0], options));
    await expectHonest((give) => loose(silhouetteScores)(give(make(x)), labels(give)));
    await expectHonest((give) => loose(adjustedRandScore)(...labels(give)));
    await expectHonest(async (give) => {
      const score = await loose(normalizedMutualInfoScore)(...labels(give));
      scored++;
      return score;
    });
  });
  expect(scored).toBeGreaterThan(runs / 4);
}

/** Of tensors only the shape and type are looked at: their results may be anything, and may not be another error. */
const fuzzTensors = (runs: number) =>
  check(runs, cases.tensorPairs, async ({ a, b, options }) => {
    const { cholesky, eigh, svd, inverse, logDet, triangularSolve } = linalg;
    for (const f of [cholesky, eigh, svd, inverse, logDet]) {
      await expectHonest((give) => loose(f)(give(make(a))), 'any');
    }
    await expectHonest((give) => loose(triangularSolve)(give(make(a)), give(make(b)), options), 'any');
    await expectHonest((give) => loose(softAssign)(give(make(a)), give(make(b)), options), 'any');
    const params = (give: Give) => ({
      components: give(make(b)),
      mean: give(make(a)),
      weights: give(make(a)),
      means: give(make(b)),
    });
    await expectHonest((give) => loose(pcaTransform)(give(make(a)), params(give)), 'any');
    await expectHonest((give) => loose(pcaTransform)(give(make(a)), options), 'any');
    await expectHonest((give) => loose(gaussianMixtureLogProb)(give(make(a)), params(give), options), 'any');
    await expectHonest((give) => loose(gaussianMixtureLogProb)(give(make(a)), options), 'any');
  });

describe.each(routes)('arbitrary input on %s', (route) => {
  const runs = RUNS * share(route);
  beforeAll(() => useRoute(route));

  it('KMeans', () => fuzzFit('KMeans', runs, cases.KMEANS, []));
  it('GaussianMixture', () => fuzzFit('GaussianMixture', runs, cases.MIXTURE, ['sample']));
  it('PCA', () => fuzzFit('PCA', runs, cases.COMPONENTS, ['covariance', 'precision']));
  it('fromParams', () => fuzzParams(2 * runs));
  it('silhouettes and agreement', () => fuzzMetrics(runs));
  it('linalg and the pure functions', () => fuzzTensors(runs));

  it.each([
    ['KMeans', { nClusters: 3, nInit: 1e9, maxIter: 1e9, tol: 0 }],
    ['GaussianMixture', { nComponents: 2, nInit: 1e9, maxIter: 1e9, tol: 0 }],
    ['PCA', { nComponents: 2, solver: 'randomized', nPowerIter: 1e9 }],
  ])('%s told to go on for ever ends when it is aborted', async (name, options) => {
    const before = memory().numTensors;
    const { x } = latent.makeBlobs({ nSamples: 40, nFeatures: 3, seed: 1 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')), 20);
    await expect(estimators[name].fit(x, { ...options, signal: controller.signal })).rejects.toThrow(
      'enough',
    );
    expect(memory().numTensors).toBe(before);
  });
});

describe('gradients of fits', () => {
  beforeAll(() => useRoute('host'));
  it('of KMeans', () => fuzzGrads('KMeans', RUNS, cases.KMEANS));
  it('of GaussianMixture', () => fuzzGrads('GaussianMixture', RUNS, cases.MIXTURE));
});

it('makeBlobs', () =>
  check(RUNS, cases.blobs, (options) => expectHonest(() => loose(latent.makeBlobs)(options))));

it('RandomState', () =>
  check(RUNS, cases.draws, ([seed, method, args]) =>
    expectHonest(() => {
      const random = new latent.RandomState(seed as number);
      return loose(random[method].bind(random))(...args);
    }),
  ));

/** Values that one option takes and others do not; `something` is read by functions with tests of their own. */
const READ = ['init', 'sampleWeight', 'centers'];

/** Of all the junk most is refused, and each time the message tells the option and the value. */
async function expectRefusals(where: string, name: string, call: (options: unknown) => unknown) {
  let refused = 0;
  for (const value of JUNK) {
    try {
      const result = await call({ [name]: value });
      if (result instanceof Object && 'dispose' in result) (result as Model).dispose();
    } catch (error) {
      refused++;
      const { message } = error as Error;
      expect({ name, error }).toEqual({ name, error: expect.any(latent.InputError) });
      expect(message).toContain(`${where}: `);
      expect(message).toContain(name);
      if (!READ.includes(name)) expect(message).toContain(show(value));
    }
  }
  expect({ name, most: refused >= JUNK.length - 4 }).toEqual({ name, most: true });
}

describe('every option', () => {
  const rows = Array.from({ length: 12 }, (_, i) => [i % 5, (i * i) % 7]);
  const labels = rows.map((_, i) => i % 2);
  const calls: [string, typeof cases.KMEANS, (options: unknown) => unknown][] = [
    ['KMeans.fit', cases.KMEANS, (options) => estimators.KMeans.fit(rows, options)],
    ['GaussianMixture.fit', cases.MIXTURE, (options) => estimators.GaussianMixture.fit(rows, options)],
    ['PCA.fit', cases.COMPONENTS, (options) => estimators.PCA.fit(rows, options)],
    ['silhouetteScore', cases.SILHOUETTE, (options) => loose(silhouetteScore)(rows, labels, options)],
    ['makeBlobs', cases.BLOBS, (options) => loose(latent.makeBlobs)(options)],
  ];
  beforeAll(() => useBackend('cpu'));

  it.each(calls)('of %s is checked, and the error names it and the value', async (where, options, call) => {
    for (const name of [...Object.keys(options), 'nonsense', 'onIteration', 'signal']) {
      await expectRefusals(where, name, call);
    }
  });
});
