/** Slopes of PCA in rows, coordinates, components and mean, against differences and against what they must be. */
import { grad, grads, mean, mul, neg, ones, sub, sum, tensor1d, tensor2d, tidy, type Tensor, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'; // prettier-ignore
import { PCA, pcaTransform, RandomState } from '../../src/index.js';
import { mapRows } from '../../src/core/rows.js';
import { logDensity } from '../../src/decomposition/density.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';
import { leaves } from '../support/leaks.js';
import { multiply, transpose, type Rows } from '../support/naive-linalg.js';
import { naiveMean } from '../support/naive-pca.js';

const D = 4;
const random = new RandomState(2);
const x = Array.from({ length: 60 }, () => {
  const [a, b, c, d] = random.standardNormal(D);
  return [2 * a + 1, a + b, 0.5 * c - b, 0.4 * d + 3];
});
const some = x.slice(0, 5);
const rowsOf = (t: Tensor): Rows => t.arraySync() as Rows;
const of = (f: (rows: Tensor2D) => Tensor) => (rows: Tensor) => f(rows as Tensor2D);

describe.each(backends)('on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  describe.each([
    ['two components', 2, false],
    ['two components, whitened', 2, true],
    ['all components', D, false],
    ['all components, whitened', D, true],
  ] as const)('a model of %s', (_, nComponents, whiten) => {
    let model: PCA;
    beforeAll(async () => (model = await PCA.fit(x, { nComponents, whiten })));
    afterAll(() => model.dispose());

    it('has the slopes of its differences in rows and coordinates, and leaves no tensor', async () => {
      const leaked = await leaves(() =>
        tidy(() => {
          const rows = tensor2d(some);
          const z = tensor2d(some.map((row) => row.slice(0, nComponents)));
          expectGradient(of((each) => model.transform(each)), [rows]); // prettier-ignore
          expectGradient(of((each) => model.inverseTransform(each)), [z]); // prettier-ignore
          expectGradient(of((each) => model.inverseTransform(model.transform(each))), [rows]); // prettier-ignore
          expectGradient(of((each) => model.scoreSamples(each)), [rows]); // prettier-ignore
          expectGradient(of((each) => model.score(each)), [rows]); // prettier-ignore
          // Of the density also the curvature.
          const slope = grad(of((each) => model.scoreSamples(each)));
          expectGradient((each) => slope(each), [rows]);
        }),
      );
      expect(leaked).toBe(0);
    });

    it('falls off from its mean by its precision: slopes are -Σ⁻¹ (x - m), and 0 at m', () => {
      tidy(() => {
        const from = some.map((row) => row.map((value, j) => value - naiveMean(x)[j]));
        const expected = multiply(from, rowsOf(model.precision())).map((row) => row.map((value) => -value));
        const ofSamples = grad(of((each) => sum(model.scoreSamples(each))))(tensor2d(some));
        expectClose(ofSamples, expected, { rtol: 1e-5, atol: 1e-5 });
        const ofScore = grad(of((each) => model.score(each)))(tensor2d(some));
        expectClose(mul(ofScore, some.length), rowsOf(ofSamples), { rtol: 1e-5, atol: 1e-6 });
        const atMean = grad(of((each) => model.score(each)))(model.mean.as2D(1, D));
        expectClose(atMean, [[0, 0, 0, 0]], { atol: 1e-5 });
      });
    });
  });

  it('pcaTransform has the slopes of its differences in rows, components and mean, each and together', () => {
    tidy(() => {
      const all = [tensor2d(some), tensor2d([[0.5, -1, 0.2, 2], [1, 0.3, -0.7, 0.1]]), tensor1d([1, 2, 3, 4])]; // prettier-ignore
      const f = (rows: Tensor, w: Tensor, m: Tensor) =>
        pcaTransform(rows as Tensor2D, { components: w as Tensor2D, mean: m as Tensor1D });
      expectGradient(f as (...each: Tensor[]) => Tensor, all);
      all.forEach(
        (input, at) =>
        expectGradient((one) => f(...(all.map((each, i) => (i === at ? one : each)) as [Tensor, Tensor, Tensor])), [input]), // prettier-ignore
      );
      const [dRows, , dMean] = grads(f as (...each: Tensor[]) => Tensor)(all, ones([5, 2]));
      const columns = sum(all[1], 0);
      expectClose(sub(dRows, columns), some.map(() => [0, 0, 0, 0]), { atol: 1e-6 }); // prettier-ignore
      expectClose(dMean, neg(mul(columns, 5)), { rtol: 1e-6 });
    });
  });

  it('the density has slopes in components and mean too, and none along which the fit could be better', async () => {
    const model = await PCA.fit(x, { nComponents: 2 });
    tidy(() => {
      const variances = Float64Array.from(model.explainedVariance.dataSync());
      const at = (rows: Tensor, w: Tensor, m: Tensor): Tensor => {
        const params = { components: w as Tensor2D, mean: m as Tensor1D };
        return logDensity(rows as Tensor2D, { ...params, variances, noise: model.noiseVariance });
      };
      const rows = tensor2d(x);
      expectGradient(at as (...each: Tensor[]) => Tensor, [tensor2d(some), model.components, model.mean]);
      const score = (w: Tensor, m: Tensor) => mean(at(rows, w, m));
      const [slopes, ofMean] = grads(score)([model.components, model.mean]);
      expectClose(ofMean, [0, 0, 0, 0], { atol: 1e-5 });
      // Directions that keep W orthonormal: out of its span, and turns within it.
      const w = rowsOf(model.components);
      const g = rowsOf(slopes);
      const within = multiply(g, transpose(w)); // G Wᵀ [2, 2]
      expectClose(multiply(within, w), g, { rtol: 0, atol: 2e-5 });
      expectClose(within, transpose(within), { rtol: 0, atol: 2e-5 });
      // Elsewhere there is one: the zeros above are the optimum's.
      const other = rowsOf(grads(score)([tensor2d([[1, 0, 0, 0], [0, 1, 0, 0]]), model.mean])[0]); // prettier-ignore
      expect(Math.max(...other.flatMap((row) => row.slice(2)).map(Math.abs))).toBeGreaterThan(0.1);
    });
    model.dispose();
  });

  it('slopes pass through every batch of a map over rows', () => {
    tidy(() => {
      const params = { components: tensor2d([[0.6, 0.8, 0, 0]]), mean: tensor1d([1, 2, 3, 4]) };
      const rows = tensor2d(Array.from({ length: 150 }, (_, i) => x[i % x.length]));
      let batches = 0;
      const map = of((all) =>
        mapRows('x', all, Float64Array.of(1, 0, 0, 3), 2 ** 24, (batch) => {
          batches++;
          return mul(pcaTransform(batch, params), batch.shape[0]);
        }),
      );
      const slopes = rowsOf(grad(map)(rows));
      expect(batches).toBe(3);
      const sizes = slopes.map((_, i) => (i < 128 ? 64 : 22));
      expectClose(slopes, sizes.map((n) => [0.6 * n, 0.8 * n, 0, 0]), { rtol: 1e-6 }); // prettier-ignore
    });
  });
});
