/** scikit-learn's K-means, for the same data from the same start. */
import { problemOf } from '../../src/cluster/problem.js';
import { kMeansPlusPlus, randomRows } from '../../src/cluster/seeding.js';
import { pacer } from '../../src/core/iterate.js';
import { fitRows } from '../../src/core/rows.js';
import { KMeans, RandomState } from '../../src/index.js';
import { paths, usePath } from '../support/paths.js';
import { expectClose } from '../support/close.js';
import { dataset, digits, fixture } from '../support/fixtures.js';

/**
 * A row that is about as near to two centres goes where rounding sends it, and float32 need not end as float64 does.
 * Pixels and tenths of a centimetre (digits, iris) tie exactly. Products in float32 decide margins above this alike.
 */
const decided = <T extends { margin: number }>(cases: T[]): T[] =>
  cases.filter(({ margin }) => margin > 1e-5);

const weightsOf = (packed: string | null): number[] | undefined =>
  packed === null ? undefined : digits(packed);

const labelsOf = async (model: KMeans): Promise<number[]> => Array.from(await model.labels!.data());

/** Centres are sums of float32 rows: right relative to the size of the data, not to an entry that is near 0. */
function expectCenters(model: KMeans, expected: number[][]): void {
  const atol = 1e-6 * Math.max(...expected.flat().map(Math.abs));
  expectClose(model.clusterCenters, expected, { rtol: 0, atol, what: 'clusterCenters' });
}

const { given, seeded, empty, queries } = fixture('kmeans');

const named = <T extends { data: string; sampleWeight: string | null }>(cases: T[], more: (c: T) => string) =>
  cases.map((c) => [`${c.data}${c.sampleWeight ? ' weighted' : ''}, ${more(c)}`, c] as const);

describe.each(paths)("scikit-learn's K-means on %s", (path) => {
  beforeAll(() => usePath(path));

  it.each(named(decided(given), ({ maxIter, tol }) => `maxIter ${maxIter}, tol ${tol}`))(
    'from the same rows: %s',
    async (_, { data, nClusters, start, maxIter, tol, sampleWeight, ...known }) => {
      const { x } = dataset(data);
      const init = start.map((row) => x[row]);
      const options = { nClusters, init, maxIter, tol, sampleWeight: weightsOf(sampleWeight) };
      const model = await KMeans.fit(x, options);
      expect(await labelsOf(model)).toEqual(digits(known.labels));
      expect(model.nIter).toBe(known.nIter);
      expectClose(model.inertia!, known.inertia, { rtol: 1e-6, what: 'inertia' });
      expectCenters(model, known.clusterCenters);
      model.dispose();
    },
  );

  it('the rows that every restart begins at, ties or not', async () => {
    for (const { data, nClusters, init, seed, sampleWeight, starts } of seeded) {
      const rows = await fitRows('x', dataset(data).x, (d) => d, pacer());
      const weight = sampleWeight === null ? null : Float64Array.from(digits(sampleWeight));
      const problem = await problemOf(rows, nClusters, weight, pacer());
      const random = new RandomState(seed);
      const seeding = init === 'random' ? randomRows : kMeansPlusPlus;
      for (const [restart, start] of starts.entries()) {
        const drawn = Array.from(await seeding(problem, nClusters, random));
        const what = `${data}, ${init}, seed ${seed}, restart ${restart}`;
        expect({ what, drawn }).toEqual({ what, drawn: start });
      }
    }
  });

  it.each(named(decided(seeded), ({ init, nInit, seed }) => `${init}, nInit ${nInit}, seed ${seed}`))(
    'from the same seed: %s',
    async (_, { data, nClusters, init, nInit, seed, sampleWeight, ...known }) => {
      const options = { nClusters, init, nInit, seed, sampleWeight: weightsOf(sampleWeight) };
      const model = await KMeans.fit(dataset(data).x, options);
      expect(await labelsOf(model)).toEqual(digits(known.labels));
      expect(model.nIter).toBe(known.nIter);
      expectClose(model.inertia!, known.inertia, { rtol: 1e-6, what: 'inertia' });
      if (known.clusterCenters) expectCenters(model, known.clusterCenters);
      model.dispose();
    },
  );

  it.each(empty.map((c) => [c.name, c.maxIter, c] as const))(
    'emptied clusters: %s, maxIter %i',
    async (_, maxIter, { x, init, sampleWeight, stray, ...known }) => {
      const model = await KMeans.fit(x, { init, maxIter, sampleWeight: sampleWeight ?? undefined });
      expect(await labelsOf(model)).toEqual(digits(known.labels));
      expectClose(model.inertia!, known.inertia, { rtol: 1e-5, atol: 1e-10, what: 'inertia' });
      const centers = await model.clusterCenters.array();
      const settled = centers.map((_, k) => k).filter((k) => !stray.includes(k));
      expectClose(
        settled.map((k) => centers[k]),
        settled.map((k) => known.clusterCenters[k]),
        { rtol: 1e-6 },
      );
      // Where scikit-learn leaves a cluster that stays empty is open, and with it when the centres rest.
      if (stray.length === 0) expect(model.nIter).toBe(known.nIter);
      expect(centers.flat().every(Number.isFinite)).toBe(true);
      model.dispose();
    },
  );

  it.each(queries.map((c) => [c.data, c] as const))(
    'predict, transform and score: %s',
    async (_, { clusterCenters, x, labels, distances, score }) => {
      const model = await KMeans.fromParams({ clusterCenters });
      expect(Array.from(await model.predict(x).data())).toEqual(digits(labels));
      const size = Math.max(...clusterCenters.flat().map(Math.abs));
      expectClose(model.transform(x), distances, { rtol: 1e-6, atol: 1e-6 * size, what: 'transform' });
      expectClose(model.score(x), score, { rtol: 1e-6, what: 'score' });
      model.dispose();
    },
  );
});
