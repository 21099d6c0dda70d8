/** Gradients of fits against refitting on moved rows and weights, what must hold of them, and what is refused. */
import { tensor1d, tensor2d, type Tensor } from '@tensorflow/tfjs-core';
import {
  GaussianMixture,
  implicitGrads,
  InputError,
  KMeans,
  NumericalError,
  PCA,
  RandomState,
  type CovarianceType,
  type GaussianMixtureOptions,
  type ImplicitGrads,
} from '../../src/index.js';
import { backends, useBackend, usePass } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { covarianceTypes } from '../support/expectMixture.js';
import { leaves } from '../support/leaks.js';
import { differencesOf, paramsOf, shapesOf, type Params } from '../support/refit.js';

const K = 2;
const N = 40;
const random = new RandomState(3);
const normal = (n: number): number[] => Array.from(random.standardNormal(n));

/** Two clusters that overlap and are stretched, far from the origin: EM takes hundreds of iterations. */
function overlapping(d: number): number[][] {
  return Array.from({ length: N }, (_, i) => {
    const z = normal(d);
    return z.map((value, j) => 10 + value * (1 + j) + (i % 2) * (3 - 0.5 * j) + (j > 0 ? 0.5 * z[0] : 0));
  });
}

const weights = Array.from(random.uniform(0.2, 2, N));

/** tol 0: as long as it may go on. The ridge is large enough to be missed, were it left out. */
const settings = (covarianceType: CovarianceType): GaussianMixtureOptions => ({
  nComponents: K,
  covarianceType,
  tol: 0,
  maxIter: 2500,
  regCovar: 0.05,
  sampleWeight: weights,
  seed: 1,
});

/** EM from where `model` is, on other rows and weights. */
async function refitter(model: GaussianMixture) {
  const { weights, means, precisionsCholesky } = await paramsOf(model);
  const shapes = shapesOf(model.covarianceType, K, model.nFeatures);
  const init = {
    weights,
    means: { values: means, shape: shapes.means as [number, number] },
    precisionsCholesky: { values: precisionsCholesky, shape: shapes.precisionsCholesky },
  };
  return async (x: number[][], w: number[]): Promise<Params> => {
    const options = { ...settings(model.covarianceType), init, sampleWeight: w };
    const other = await GaussianMixture.fit(x, options);
    const params = await paramsOf(other);
    other.dispose();
    return params;
  };
}

const values = (x: Tensor): number[] => Array.from(x.dataSync());
const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((total, value, i) => total + value * b[i], 0);

/** The gradient's size, and its product with a direction. */
function along({ x, sampleWeight }: ImplicitGrads, direction: { x: number[][]; w: number[] }) {
  const slopes = [...values(x), ...values(sampleWeight)];
  return {
    size: Math.sqrt(dot(slopes, slopes)),
    product: dot(slopes, [...direction.x.flat(), ...direction.w]),
  };
}

describe.each(covarianceTypes)('of a %s mixture', (type) => {
  beforeAll(() => usePass('host'));

  it.each([1, 2, 3])('are the differences of refitting, in %i columns', async (d) => {
    const x = overlapping(d);
    const model = await GaussianMixture.fit(x, settings(type));
    const shapes = shapesOf(type, K, d);
    const direction = { x: x.map((row) => normal(row.length)), w: normal(N) };
    const differences = await differencesOf(await refitter(model), x, weights, direction, 1e-5);
    for (const name of ['weights', 'means', 'covariances', 'precisionsCholesky'] as const) {
      const dy = random.standardNormal(shapes[name].reduce((a, b) => a * b, 1));
      const cotangent = { [name]: { values: dy, shape: shapes[name] } };
      const grads = await implicitGrads(model, x, cotangent, { sampleWeight: weights });
      const { size, product } = along(grads, direction);
      expect(size).toBeGreaterThan(1e-3);
      expect(Math.abs(dot(dy, differences[name]) - product) / size).toBeLessThan(1e-6);
    }
  });

  it('add up over the params, and are the same for a model of the same params, given its regCovar', async () => {
    const x = overlapping(2);
    const model = await GaussianMixture.fit(x, settings(type));
    const shapes = shapesOf(type, K, 2);
    const dy = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        { values: random.standardNormal(shape.reduce((a, b) => a * b, 1)), shape },
      ]),
    );
    const options = { sampleWeight: weights };
    const parts = await Promise.all(
      Object.entries(dy).map(([name, value]) => implicitGrads(model, x, { [name]: value }, options)),
    );
    const whole = await implicitGrads(model, x, dy, options);
    const sum = parts.map((part) => part.x).reduce((a, b) => a.add(b));
    expectClose(whole.x, sum, { rtol: 1e-5, atol: 1e-5 });
    const { weights: w, means, precisionsCholesky } = await paramsOf(model);
    const same = await GaussianMixture.fromParams(
      {
        weights: w,
        means: { values: means, shape: [K, 2] },
        precisionsCholesky: { values: precisionsCholesky, shape: shapes.precisionsCholesky },
      },
      type,
    );
    const again = await implicitGrads(same, x, dy, { ...options, regCovar: 0.05 });
    expectClose(again.x, whole.x, { rtol: 1e-5, atol: 1e-6 });
    await expect(implicitGrads(same, x, dy, options)).rejects.toThrow('is no fixed point of EM');
  });
});

it('moving all rows moves the means by as much; scaling all weights moves nothing', async () => {
  await usePass('host');
  const x = overlapping(3);
  for (const type of covarianceTypes) {
    const model = await GaussianMixture.fit(x, settings(type));
    const dy = { means: [[1, 0, 0], [0, 0, 2]] }; // prettier-ignore
    const grads = await implicitGrads(model, x, dy, { sampleWeight: weights });
    expectClose(grads.x.sum(0), [1, 0, 2], { rtol: 1e-5, atol: 1e-5, what: type });
    expect(Math.abs(dot(values(grads.sampleWeight), weights))).toBeLessThan(1e-6);
    const shape = await implicitGrads(
      model,
      x,
      { covariances: model.covariances, weights: [1, -1] },
      { sampleWeight: weights },
    );
    expectClose(shape.x.sum(0), [0, 0, 0], { atol: 1e-4, what: type });
  }
});

it('a weight of 2 is a row that is there twice', async () => {
  await usePass('host');
  const x = overlapping(2);
  const heavy = x.map((_, i) => (i === N - 1 ? 2 : 1));
  const options = settings('full');
  const weighted = await GaussianMixture.fit(x, { ...options, sampleWeight: heavy });
  const { weights: w, means, precisionsCholesky: p } = weighted;
  const init = { weights: w, means, precisionsCholesky: p };
  const twice = [...x, x[N - 1]];
  const repeated = await GaussianMixture.fit(twice, { ...options, sampleWeight: undefined, init });
  const dy = { means: [[1, 0.5], [-1, 2]], weights: [0.3, 0] }; // prettier-ignore
  const a = await implicitGrads(weighted, x, dy, { sampleWeight: heavy });
  const b = await implicitGrads(repeated, twice, dy);
  const [rows, slopes] = [b.x.arraySync(), values(b.sampleWeight)];
  const both = rows[N].map((value, j) => value + rows[N - 1][j]);
  expectClose(a.x, [...rows.slice(0, N - 1), both], { rtol: 1e-5, atol: 1e-6 });
  expectClose(a.sampleWeight, slopes.slice(0, N), { rtol: 1e-5, atol: 1e-6 });
});

describe('of K-means', () => {
  beforeAll(() => useBackend('cpu'));

  it.each([1, 2, 3])('are the differences of refitting, in %i columns, with weights', async (d) => {
    const x = overlapping(d);
    const options = { nClusters: 3, seed: 0, sampleWeight: weights, tol: 0 };
    const model = await KMeans.fit(x, options);
    const { clusterCenters: start } = await paramsOf(model);
    const refit = async (rows: number[][], w: number[]) =>
      paramsOf(
        await KMeans.fit(rows, { ...options, init: { values: start, shape: [3, d] }, sampleWeight: w }),
      );
    const dy = random.standardNormal(3 * d);
    const cotangent = { clusterCenters: { values: dy, shape: [3, d] } };
    const grads = await implicitGrads(model, x, cotangent, { sampleWeight: weights });
    const direction = { x: x.map((row) => normal(row.length)), w: normal(N) };
    const { size, product } = along(grads, direction);
    // The host's rows are float32: a longer step, of a function that is nearly linear.
    const { clusterCenters } = await differencesOf(refit, x, weights, direction, 1e-3);
    const difference = dot(dy, clusterCenters);
    expect(Math.abs(difference - product) / size).toBeLessThan(1e-3);
    expect(Math.abs(dot(values(grads.sampleWeight), weights))).toBeLessThan(1e-5);
    const moved = dy.reduce((sums, value, at) => sums.map((s, j) => (at % d === j ? s + value : s)), new Array<number>(d).fill(0)); // prettier-ignore
    expectClose(grads.x.sum(0), moved, { rtol: 1e-5, atol: 1e-6 });
  });

  it('are 0 of a cluster without rows, and of its centre', async () => {
    const model = await KMeans.fromParams({ clusterCenters: [[0], [9]] });
    const grads = await implicitGrads(model, [[-1], [1]], { clusterCenters: [[1], [5]] });
    expectClose(grads.x, [[0.5], [0.5]]);
    expectClose(grads.sampleWeight, [-0.5, 0.5]);
  });
});

describe.each(backends)('on %s', (backend) => {
  const x = clustered([[100, 0], [103, 1], [99, 4]], 1, 20, 5).x; // prettier-ignore
  const dy = { means: [[1, 2], [0, 1], [-1, 0]], weights: [1, 0, 0] }; // prettier-ignore
  beforeAll(() => usePass(backend));
  afterAll(() => usePass('host'));

  it('a fit by float32 tensors has the gradient of a fit in float64, and no tensor is left but the answer', async () => {
    const options = { nComponents: 3, seed: 0, tol: 0, maxIter: 300, sampleWeight: tensor1d(x.map((_, i) => 1 + (i % 3))) }; // prettier-ignore
    const rows = tensor2d(x);
    const model = await GaussianMixture.fit(rows, options);
    const { sampleWeight } = options;
    let grads: ImplicitGrads;
    const left = await leaves(async () => (grads = await implicitGrads(model, rows, dy, { sampleWeight })));
    expect(left).toBe(2);
    await usePass('host');
    const exact = await GaussianMixture.fit(rows, options);
    const expected = await implicitGrads(exact, x, dy, { sampleWeight });
    expectClose(grads!.x, expected.x, { atol: 2e-4, rtol: 1e-3 });
    expectClose(grads!.sampleWeight, expected.sampleWeight, { atol: 2e-4, rtol: 1e-3 });
    await usePass(backend);
  });

  it('nothing is left of K-means, nor where it throws', async () => {
    const rows = tensor2d(x);
    const model = await KMeans.fit(rows, { nClusters: 3, seed: 0, tol: 0 });
    expect(await leaves(() => implicitGrads(model, rows, { clusterCenters: dy.means }))).toBe(2);
    const far = await KMeans.fromParams({ clusterCenters: [[90, 0], [110, 1], [99, 9]] }); // prettier-ignore
    const fails = async () => {
      await expect(implicitGrads(far, rows, { clusterCenters: dy.means })).rejects.toThrow(InputError);
    };
    expect(await leaves(fails)).toBe(0);
  });
});

describe('what is refused', () => {
  beforeAll(() => usePass('host'));
  const x = clustered([[0, 0], [3, 1]], 1, 20, 5).x; // prettier-ignore
  const dy = { means: [[1, 0], [0, 1]] }; // prettier-ignore
  const tight = { nComponents: 2, tol: 1e-12, maxIter: 2000, seed: 0 };

  it('a fit that stopped early, by how far it is; the error falls with that distance', async () => {
    const early = await GaussianMixture.fit(x, { ...tight, maxIter: 2 });
    const far = implicitGrads(early, x, dy);
    await expect(far).rejects.toThrow(InputError);
    await expect(far).rejects.toThrow(/one more iteration moves it by 0\.\d+ .* tol is 0\.001/);
    const exact = await implicitGrads(await GaussianMixture.fit(x, { ...tight, tol: 1e-16 }), x, dy);
    const errors: number[] = [];
    for (const tol of [1e-3, 1e-6, 1e-9]) {
      const model = await GaussianMixture.fit(x, { ...tight, tol });
      const grads = await implicitGrads(model, x, dy, { tol: 1 });
      errors.push(grads.x.sub(exact.x).norm().dataSync()[0] / exact.x.norm().dataSync()[0]);
    }
    expect(errors[0]).toBeLessThan(0.5);
    expect(errors[1]).toBeLessThan(errors[0] / 5);
    expect(errors[2]).toBeLessThan(errors[1] / 5);
  });

  it('other rows or weights than those of the fit', async () => {
    const model = await GaussianMixture.fit(x, tight);
    await expect(implicitGrads(model, x.slice(1), dy)).rejects.toThrow('is no fixed point of EM');
    const sampleWeight = x.map((_, i) => 1 + (i % 2));
    await expect(implicitGrads(model, x, dy, { sampleWeight })).rejects.toThrow('is no fixed point of EM');
    const kmeans = await KMeans.fit(x, { nClusters: 2, seed: 0 });
    const centers = { clusterCenters: dy.means };
    await expect(implicitGrads(kmeans, x, centers, { sampleWeight })).rejects.toThrow(
      /not the means of their rows: one more iteration moves them by 0\.\d+/,
    );
  });

  it('a component without rows, and components that are one and the same', async () => {
    const rowless = { weights: [1 - 1e-9, 1e-9], means: [[0], [1e9]], covariances: [1, 1] };
    const none = await GaussianMixture.fromParams(rowless, 'spherical');
    const far = implicitGrads(none, [[0], [1]], { means: [[1], [0]] }, { tol: 1e9 });
    await expect(far).rejects.toThrow(NumericalError);
    await expect(far).rejects.toThrow('component 1 has no rows');
    const rows = [[-1], [0], [0.5], [1]];
    const one = await GaussianMixture.fit(rows, { nComponents: 1 });
    const twin = await GaussianMixture.fromParams({
      weights: [0.5, 0.5],
      means: [one.means.arraySync()[0], one.means.arraySync()[0]],
      covariances: { values: Float64Array.from([...values(one.covariances), ...values(one.covariances)]), shape: [2, 1, 1] }, // prettier-ignore
    });
    await expect(implicitGrads(twin, rows, { weights: [1, 0] })).rejects.toThrow('other mixtures nearby');
  });

  it('wrong arguments, by name', async () => {
    const model = await GaussianMixture.fit(x, tight);
    const kmeans = await KMeans.fit(x, { nClusters: 2, seed: 0, tol: 0 });
    const loose = implicitGrads as unknown as (...args: unknown[]) => Promise<unknown>;
    const pca = await PCA.fit(x);
    const calls: [string, unknown[]][] = [
      ['must be a fitted KMeans or GaussianMixture', [pca, x, dy]],
      ['unknown option "clusterCenters"', [model, x, { clusterCenters: dy.means }]],
      ['unknown option "means"', [kmeans, x, dy]],
      ['unknown option "regCovar"', [kmeans, x, { clusterCenters: dy.means }, { regCovar: 0 }]],
      ['dy is empty', [model, x, {}]],
      ['dy must be', [model, x, null]],
      ['dy.means must be numbers of shape [2, 2]', [model, x, { means: [[1, 2]] }]],
      ['tol must be', [model, x, dy, { tol: -1 }]],
      ['x must have 2 columns', [model, [[1]], dy]],
      ['sampleWeight must have 40 entries', [model, x, dy, { sampleWeight: [1] }]],
      ['float32 cannot hold', [model, x, { means: [[1e300, 0], [0, 0]] }]], // prettier-ignore
    ];
    for (const [message, args] of calls) await expect(loose(...args)).rejects.toThrow(message);
    const reason = new Error('enough');
    await expect(implicitGrads(model, x, dy, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    model.dispose();
    await expect(implicitGrads(model, x, dy)).rejects.toThrow('was disposed');
  });
});
