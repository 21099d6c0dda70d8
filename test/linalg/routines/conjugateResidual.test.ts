import { conjugateResidual } from '../../../src/linalg/routines/conjugateResidual.js';
import { expectClose } from '../../support/close.js';
import { naiveSolve, randomRows } from '../../support/naive-linalg.js';

const apply = (a: number[][]) => async (x: Float64Array) =>
  Float64Array.from(a, (row) => row.reduce((total, value, j) => total + value * x[j], 0));
/** Not symmetric, and not near the identity. */
const matrix = (n: number) => randomRows(n, n, n).map((row, i) => row.map((v, j) => v + (i === j ? 6 : 0)));
const options = { tol: 1e-13, held: 60, maxIter: 500 };

test.each([1, 2, 7, 40])(
  'size %d: the solution, to the last digits, in at most as many products',
  async (n) => {
    const b = Float64Array.from({ length: n }, (_, i) => Math.cos(i));
    const { x, residual } = await conjugateResidual(apply(matrix(n)), b, { ...options, maxIter: n });
    const expected = naiveSolve(
      matrix(n),
      Array.from(b, (value) => [value]),
    ).x.map(([value]) => value);
    expectClose(x, expected, { rtol: 1e-9, atol: 1e-11 });
    expect(residual).toBeLessThan(1e-11);
  },
);

test('with few directions held it comes to the same end', async () => {
  const b = new Float64Array(40).fill(1);
  const whole = await conjugateResidual(apply(matrix(40)), b, options);
  const { x, residual } = await conjugateResidual(apply(matrix(40)), b, { ...options, held: 3 });
  expectClose(x, whole.x, { rtol: 1e-9, atol: 1e-11 });
  expect(residual).toBeLessThanOrEqual(1e-13);
});

test('as many products as there are distinct eigenvalues', async () => {
  let products = 0;
  const scaling = async (x: Float64Array) => {
    products++;
    return x.map((value, i) => value * (1 + (i % 3)));
  };
  const { x } = await conjugateResidual(scaling, new Float64Array(30).fill(6), options);
  expectClose(
    x,
    Array.from({ length: 30 }, (_, i) => [6, 3, 2][i % 3]),
    { rtol: 1e-12 },
  );
  expect(products).toBe(3 + 1); // and the residual at the end
});

test('nothing is asked of 0; what has no solution says what is left', async () => {
  const refuse = () => Promise.reject(new Error('asked'));
  const nothing = await conjugateResidual(refuse, new Float64Array(3), options);
  expect(nothing).toEqual({ x: new Float64Array(3), residual: 0 });
  const half = async (x: Float64Array) => x.map((value, i) => (i === 0 ? value : 0));
  const singular = await conjugateResidual(half, Float64Array.of(1, 1), options);
  expectClose(singular.x, [1, 1], { rtol: 1e-12 });
  expectClose(singular.residual, Math.SQRT1_2, { rtol: 1e-12 });
  const lost = await conjugateResidual(async (x) => x.map(() => NaN), Float64Array.of(1), options);
  expect(lost.residual).toBeNaN();
});
