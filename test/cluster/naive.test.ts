/** K-means is what plain loops in float64 do, on small data of every shape. */
import { KMeans, RandomState } from '../../src/index.js';
import { paths, usePath } from '../support/paths.js';
import { expectClose } from '../support/close.js';
import { naiveInertia, naiveKMeans, naiveLabels } from '../support/naive-kmeans.js';

const rowsOf = (random: RandomState, n: number, d: number, std: number): number[][] =>
  Array.from({ length: n }, () => Array.from(random.normal(3, std, d)));

interface Case {
  x: number[][];
  init: number[][];
  weights?: number[];
  maxIter: number;
  tol: number;
}

/** Rows and centres from one seed. A wide start leaves some clusters empty; every second case has weights, 0 among them. */
function drawnCase(seed: number): Case {
  const random = new RandomState(seed);
  const [n, d, k] = [6, 1, 1].map((least, i) => least + random.randint([40, 5, 6][i], 1)[0]);
  const x = rowsOf(random, n, d, 2);
  const init = rowsOf(random, k, d, seed % 3 === 0 ? 20 : 2);
  const weights = Array.from(random.randint(4, n));
  weights.fill(1, 0, k);
  return {
    x,
    init,
    weights: seed % 2 ? weights : undefined,
    maxIter: [1, 3, 300, 300][seed % 4],
    tol: seed % 5 ? 1e-4 : 0,
  };
}

const cases = Array.from({ length: 60 }, (_, seed) => drawnCase(seed));

it('the cases have emptied clusters, weights and fits cut short', () => {
  const results = cases.map(({ x, init, ...options }) => naiveKMeans(x, init, options));
  const emptied = cases.filter(({ x, init, weights }) => {
    const first = naiveKMeans(x, init, { weights, maxIter: 1 });
    return new Set(first.labels).size === init.length && new Set(naiveLabels(x, init)).size < init.length;
  });
  expect(emptied.length).toBeGreaterThan(5);
  expect(results.filter(({ converged }) => !converged).length).toBeGreaterThan(5);
  expect(Math.max(...results.map(({ nIter }) => nIter))).toBeGreaterThan(5);
});

describe.each(paths)('K-means by plain loops on %s', (path) => {
  beforeAll(() => usePath(path));

  it.each(cases.map((c, seed) => [seed, c] as const))('seed %i', async (_, { x, init, weights, ...rest }) => {
    const known = naiveKMeans(x, init, { weights, ...rest });
    const model = await KMeans.fit(x, { init, sampleWeight: weights, ...rest });
    expect(Array.from(await model.labels!.data())).toEqual(known.labels);
    expect(model.nIter).toBe(known.nIter);
    expect(model.converged).toBe(known.converged);
    expectClose(model.clusterCenters, known.centers, { rtol: 1e-6, atol: 1e-5, what: 'clusterCenters' });
    expectClose(model.inertia!, known.inertia, { rtol: 1e-5, atol: 1e-8, what: 'inertia' });
    // The inertia about the moved centres is that about the old ones less a difference: it keeps float32's digits of that.
    const first = naiveInertia(x, naiveLabels(x, init), init, weights ?? x.map(() => 1));
    expectClose([...model.history!], known.history, { rtol: 1e-5, atol: 2e-7 * first, what: 'history' });
    model.dispose();
  });
});
