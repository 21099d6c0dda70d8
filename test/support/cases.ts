import fc from 'fast-check';
import { anyMatrix, anyOptions, anyVector, JUNK, rowsOf, type Recipe, type Rows } from './arbitraries.js';

/**
 * What the public calls are given in test/fuzz.test.ts: options and params that are mostly right, with odd values among them
 * and now and then a wrong one.
 */
type Options = Record<string, fc.Arbitrary<unknown>>;

export const seeds = fc.constantFrom(0, 1, 7, 2 ** 32 - 1);
const counts = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 4 }) },
  { weight: 1, arbitrary: fc.constantFrom(13, 1e9) },
);
const tols = fc.constantFrom(0, 1e-300, 1e-4, 1, 1e300);
const weightEntries = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 80 }).map((value) => value / 8) },
  { weight: 1, arbitrary: fc.constantFrom(1e-320, 1e-40, 1e-20, 1e14, 1e20, 1e39, 1e300) },
);

export const KMEANS: Options = {
  nClusters: counts,
  init: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom('k-means++', 'random', 'random-swap') },
    { weight: 1, arbitrary: anyMatrix() },
  ),
  nInit: fc.constantFrom('auto', 1, 2),
  maxIter: fc.integer({ min: 1, max: 20 }),
  tol: tols,
  algorithm: fc.constantFrom('auto', 'lloyd', 'elkan'),
  sampleWeight: anyVector(weightEntries),
  seed: seeds,
};

export const MIXTURE: Options = {
  nComponents: counts,
  covarianceType: fc.constantFrom('full', 'tied', 'diag', 'spherical'),
  tol: tols,
  regCovar: fc.constantFrom(0, 1e-300, 1e-12, 1e-6, 1, 1e20, 1e300),
  maxIter: fc.integer({ min: 1, max: 20 }),
  nInit: fc.constantFrom(1, 2),
  init: fc.constantFrom('kmeans', 'k-means++', 'random', 'random_from_data'),
  sampleWeight: anyVector(weightEntries),
  seed: seeds,
};

export const COMPONENTS: Options = {
  nComponents: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constantFrom(13, 1e9, 'mle', 0.5, 0.999, 1e-300)),
  whiten: fc.boolean(),
  solver: fc.constantFrom('auto', 'covariance', 'full', 'randomized'),
  nOversamples: counts,
  nPowerIter: fc.constantFrom('auto', 0, 3),
  seed: seeds,
};

export const SILHOUETTE: Options = { sampleSize: fc.integer({ min: 1, max: 20 }), seed: seeds };

export const SOLVE: Options = { lower: fc.boolean(), adjoint: fc.boolean() };

/** More rows than memory holds; what it does hold is not asked for: the test would be slow. */
const TOO_MANY = [2 ** 40, 1e15, 2 ** 53];

export const BLOBS: Options = {
  nSamples: fc.oneof(
    fc.integer({ min: 1, max: 20 }),
    fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 }),
    fc.constantFrom(...TOO_MANY),
  ),
  nFeatures: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.constantFrom(...TOO_MANY)),
  centers: fc.oneof(
    fc.integer({ min: 1, max: 4 }),
    rowsOf().map(({ rows }) => rows),
    fc.constantFrom(...TOO_MANY),
  ),
  clusterStd: fc.oneof(fc.constantFrom(0, 1, 1e300, 1e308), fc.array(weightEntries, { maxLength: 4 })),
  shuffle: fc.boolean(),
  seed: seeds,
};

export const blobs = fc.oneof(
  { weight: 9, arbitrary: anyOptions(BLOBS) },
  { weight: 1, arbitrary: fc.constantFrom(...JUNK) },
);

const METHODS = ['randomSample', 'uniform', 'standardNormal', 'normal', 'randint', 'shuffle', 'permutation'] as const; // prettier-ignore
const numbers = fc.constantFrom<unknown>(0, 1, 7, ...TOO_MANY, -1e308, 1e308);

/** A seed, a method and what it is given. */
export const draws = fc.tuple(
  fc.oneof({ weight: 5, arbitrary: seeds }, { weight: 1, arbitrary: fc.constantFrom(...JUNK) }),
  fc.constantFrom(...METHODS),
  fc.array(
    fc.oneof(
      { weight: 3, arbitrary: numbers },
      { weight: 1, arbitrary: fc.constantFrom(undefined, ...JUNK) },
    ),
    { maxLength: 3 },
  ),
);

export interface FitCase {
  x: Recipe;
  query: Recipe;
  options: Record<string, unknown>;
}

/** Rows to fit, rows to ask about (mostly of the same width), options. */
export const fits = (options: Options): fc.Arbitrary<FitCase> =>
  fc
    .integer({ min: 1, max: 4 })
    .chain((d) => fc.record({ x: anyMatrix(d), query: anyMatrix(d), options: anyOptions(options) }));

export interface ParamsCase {
  name: 'KMeans' | 'GaussianMixture' | 'PCA';
  params: unknown;
  type?: string;
  /** Of the params, what tells where the model lies. */
  place: Recipe;
  query: Recipe;
}

const entries = fc.oneof(
  { weight: 24, arbitrary: fc.integer({ min: 1, max: 80 }).map((value) => value / 8) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(0, -1, 1e-320, 1e-60, 1e-38, 1e-20, 1e-9, 1e9, 1e20, 1e39, 1e300),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>(NaN, -Infinity, '1', null, [1]) },
);
const list = (length: number) => fc.array(entries, { minLength: length, maxLength: length });
const diagonal = <T>(values: readonly T[]): (T | number)[][] =>
  values.map((value, i) => values.map((_, j) => (i === j ? value : 0)));
const few = fc.integer({ min: 1, max: 3 });

const kMeansParams = few
  .chain((d) => fc.record({ place: anyMatrix(d), query: anyMatrix(d), rest: anyOptions({}) }))
  .map(({ place, query, rest }): ParamsCase => {
    return { name: 'KMeans', params: { clusterCenters: place, ...rest }, place, query };
  });

/** As many rows, over and over. */
const repeated = ({ form, rows }: Rows, k: number): Rows => ({
  form,
  rows: Array.from({ length: k }, (_, i) => rows[i % rows.length]),
});

const mixtureParams = fc.tuple(few, few).chain(([k, d]) =>
  fc
    .record({
      type: fc.constantFrom('full', 'tied', 'diag', 'spherical', undefined, 'round'),
      form: fc.constantFrom('covariances', 'precisions', 'precisionsCholesky'),
      means: rowsOf(d),
      variances: list(k * d),
      query: anyMatrix(d),
      rest: anyOptions({}),
    })
    .map(({ type, form, means, variances, query, rest }): ParamsCase => {
      const each = Array.from({ length: k }, (_, i) => variances.slice(i * d, (i + 1) * d));
      const forms: Record<string, unknown> = {
        full: each.map(diagonal),
        tied: diagonal(each[0]),
        diag: each,
        spherical: variances.slice(0, k),
      };
      const place = repeated(means, k);
      const covariance = { [form]: forms[type ?? 'full'] ?? variances };
      const params = { weights: new Array(k).fill(1 / k), means: place, ...covariance, ...rest };
      return { name: 'GaussianMixture', params, type, place, query };
    }),
);

const pcaParams = fc
  .tuple(few, few)
  .map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
  .chain(([m, d]) =>
    fc
      .record({
        query: anyMatrix(d),
        components: fc.oneof(
          { weight: 3, arbitrary: fc.constant(null) },
          { weight: 1, arbitrary: anyMatrix(d) },
        ),
        rest: anyOptions({
          mean: list(d),
          explainedVariance: list(m),
          noiseVariance: entries,
          whiten: fc.boolean(),
        }),
      })
      .map(({ query, components, rest }): ParamsCase => {
        const unit = diagonal<number>(new Array(d).fill(1)).slice(0, m);
        const plain = { mean: new Array(d).fill(1), explainedVariance: new Array(m).fill(2) };
        const params = { components: components ?? unit, ...plain, ...rest };
        return { name: 'PCA', params, place: { form: 'rows', rows: [[0]] }, query };
      }),
  );

const noParams = fc.record({
  name: fc.constantFrom('KMeans' as const, 'GaussianMixture' as const, 'PCA' as const),
  params: fc.constantFrom(undefined, ...JUNK),
  place: rowsOf(),
  query: anyMatrix(),
});

/** What the `fromParams` are given. */
export const paramsCases: fc.Arbitrary<ParamsCase> = fc.oneof(
  { weight: 3, arbitrary: kMeansParams },
  { weight: 3, arbitrary: mixtureParams },
  { weight: 3, arbitrary: pcaParams },
  { weight: 1, arbitrary: noParams },
);

const labels = fc.oneof(
  { weight: 60, arbitrary: fc.integer({ min: 0, max: 2 }) },
  { weight: 1, arbitrary: fc.constantFrom(-1, 0.5, NaN, 1e300, 2 ** 31) },
);

/** Rows, two labelings, options of silhouetteScore. */
export const labelings = fc.record({
  x: anyMatrix(),
  a: anyVector(labels),
  b: anyVector(labels),
  options: anyOptions(SILHOUETTE),
});

/** Two arguments of linalg and of the pure functions, and options. */
export const tensorPairs = fc.integer({ min: 1, max: 3 }).chain((d) =>
  fc.record({
    a: anyMatrix(d),
    b: anyMatrix(d),
    options: fc.oneof(anyOptions(SOLVE), fc.constantFrom(...JUNK)),
  }),
);
