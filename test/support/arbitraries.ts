import { tensor, tensor1d, tensor2d, type Tensor, type TensorLike } from '@tensorflow/tfjs-core';
import fc from 'fast-check';

/**
 * Input for fast-check, good and bad. What is drawn is a recipe, plain data that a counterexample prints; `make` turns it
 * into the argument, on the backend in use.
 */
export type Recipe = Rows | Bad<'no matrix'>;

/** The name of something that is not what was asked for. */
interface Bad<F> {
  readonly form: F;
  readonly name: string;
}

/** Rows of numbers, in one of the forms that are accepted. */
export interface Rows {
  readonly form: Form;
  readonly rows: number[][];
}

const FORMS = ['rows', 'typed rows', 'flat', 'tensor'] as const;
type Form = (typeof FORMS)[number];

const disposed = (shape: number[]): Tensor => {
  const x = tensor(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape);
  x.dispose();
  return x;
};

/** What is no matrix, or none that a fit can use. */
const BAD_MATRICES: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  string: () => 'rows',
  number: () => 7,
  bigint: () => 7n,
  symbol: () => Symbol('x'),
  function: () => () => [[1]],
  empty: () => [],
  'a row of none': () => [[]],
  'a list': () => [1, 2, 3],
  'a typed list': () => Float32Array.of(1, 2),
  ragged: () => [[1, 2], [3]],
  'ragged, longer': () => [[1], [2, 3]],
  'a number as text': () => [['1'], ['2']],
  'text rows': () => ['12', '34'],
  'null for a number': () => [[1, null]],
  'null for a row': () => [[1], null],
  'a hole': () => [[1], , [2]], // eslint-disable-line no-sparse-arrays
  bigints: () => [[1n], [2n]],
  'BigInt64Array rows': () => [new BigInt64Array(2)],
  'DataView rows': () => [new DataView(new ArrayBuffer(8))],
  nested: () => [[[1]], [[2]]],
  object: () => ({}),
  map: () => new Map([[0, 1]]),
  date: () => new Date(0),
  'a promise': () => Promise.resolve([[1]]),
  'values too short': () => ({ values: new Float64Array(3), shape: [2, 2] }),
  'values in an array': () => ({ values: [1, 2], shape: [1, 2] }),
  'values of bigints': () => ({ values: new BigInt64Array(2), shape: [1, 2] }),
  'values of bytes unseen': () => ({ values: new DataView(new ArrayBuffer(8)), shape: [1, 8] }),
  'no values': () => ({ values: null, shape: [0, 0] }),
  'negative shape': () => ({ values: new Float64Array(2), shape: [-1, -2] }),
  'broken shape': () => ({ values: new Float64Array(3), shape: [1.5, 2] }),
  'shape of three': () => ({ values: new Float64Array(4), shape: [2, 2, 1] }),
  'shape null': () => ({ values: new Float64Array(4), shape: null }),
  'shape as text': () => ({ values: new Float64Array(4), shape: '22' }),
  'typed shape': () => ({ values: new Float64Array(4), shape: Int32Array.of(2, 2) }),
  'NaN in values': () => ({ values: Float64Array.of(1, NaN), shape: [1, 2] }),
  'a scalar': () => tensor(1),
  'a vector': () => tensor1d([1, 2, 3]),
  'three axes': () => tensor([1, 2, 3, 4], [2, 2, 1]),
  'a bool tensor': () => tensor2d([[true, false]] as unknown as TensorLike as number[][], [1, 2], 'bool'),
  'a string tensor': () => tensor2d([['a', 'b']] as unknown as number[][], [1, 2], 'string'),
  'no rows': () => tensor2d([], [0, 2]),
  'no columns': () => tensor2d([], [2, 0]),
  'a disposed tensor': () => disposed([2, 2]),
  'a disposed tensor of none': () => disposed([0, 2]),
};

/** What is no vector of weights or labels. */
const BAD_VECTORS: Record<string, () => unknown> = {
  undefined: () => undefined,
  null: () => null,
  string: () => '111',
  number: () => 1,
  empty: () => [],
  text: () => ['1', '2', '3'],
  'with null': () => [1, null, 1],
  'with a hole': () => [1, , 1], // eslint-disable-line no-sparse-arrays
  'with NaN': () => [1, NaN, 1],
  'with an infinity': () => [1, -Infinity, 1],
  bigints: () => new BigInt64Array(3),
  bytes: () => new DataView(new ArrayBuffer(3)),
  nested: () => [[1], [1]],
  object: () => ({ length: 3 }),
  huge: () => [1e300, 1, 1],
  tiny: () => [1e-300, 1e-300, 1e-300],
  negative: () => [1, -1, 1],
  zeros: () => [0, 0, 0, 0],
  'a scalar': () => tensor(1),
  'a matrix': () => tensor2d([[1, 1, 1]]),
  'a string tensor': () => tensor1d(['a', 'b'], 'string'),
  'a disposed tensor': () => disposed([3]),
  'NaN in a tensor': () => tensor1d([1, NaN, 1]),
};

/** What is no value of any option. */
export const JUNK: readonly unknown[] = [
  null,
  NaN,
  Infinity,
  -Infinity,
  -1,
  -0.5,
  1.5,
  1e300,
  1n,
  '',
  'x',
  '3',
  true,
  Symbol('x'),
  {},
  [],
  [NaN],
  () => 1,
  new Map(),
  Object.create(null),
];

/** Finite numbers that lie near the ends of what float32 and float64 hold, or whose squares do. */
const ODD = [
  0, -0, 1, 1e-320, 1e-160, 1e-45, 1e-20, 1e-9, 16777217, 1e15, 1e17, 1e19, 1e20, 1e38, 1e39, 1e155, 1e300,
];

const ordinary = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.integer({ min: -(2 ** 20), max: 2 ** 20 }).map((value) => value / 1e4),
);
const odd = fc.constantFrom(...ODD, ...ODD.map((value) => -value));

const shape = fc.record({ n: fc.integer({ min: 1, max: 12 }), d: fc.integer({ min: 1, max: 4 }) });
const block = (n: number, d: number, entry: fc.Arbitrary<number>): fc.Arbitrary<number[][]> =>
  fc.array(fc.array(entry, { minLength: d, maxLength: d }), { minLength: n, maxLength: n });

/** Rows of `d` columns, of the kinds that break estimators: copies, constant columns, other scales, a far origin. */
function numbers(n: number, d: number): fc.Arbitrary<number[][]> {
  const plain = block(n, d, ordinary);
  const copies = fc
    .tuple(block(Math.min(n, 2), d, ordinary), fc.array(fc.nat(), { minLength: n, maxLength: n }))
    .map(([few, picks]) => picks.map((pick) => few[pick % few.length]));
  const constant = fc
    .tuple(plain, fc.nat({ max: d - 1 }), fc.oneof(ordinary, odd))
    .map(([rows, at, value]) => rows.map((row) => row.map((v, j) => (j === at ? value : v))));
  const scaled = fc.tuple(plain, odd).map(([rows, scale]) => rows.map((row) => row.map((v) => v * scale)));
  const away = fc.tuple(plain, odd).map(([rows, by]) => rows.map((row) => row.map((v) => v + by)));
  const mixed = block(n, d, fc.oneof({ weight: 4, arbitrary: ordinary }, { weight: 1, arbitrary: odd }));
  return fc.oneof({ weight: 4, arbitrary: plain }, copies, constant, scaled, away, mixed);
}

const inForm = (rows: fc.Arbitrary<number[][]>): fc.Arbitrary<Rows> =>
  fc.record({ form: fc.constantFrom(...FORMS), rows });

const bad = <F>(form: F, names: Record<string, unknown>): fc.Arbitrary<Bad<F>> =>
  fc.record({ form: fc.constant(form), name: fc.constantFrom(...Object.keys(names)) });

/** Rows that are numbers, however odd. `d`: that many columns. */
export const rowsOf = (d?: number): fc.Arbitrary<Rows> =>
  inForm(shape.chain((drawn) => numbers(drawn.n, d ?? drawn.d)));

/** Rows of ordinary size, that every estimator can fit. */
export const plainRows: fc.Arbitrary<Rows> = inForm(
  fc.integer({ min: 1, max: 3 }).chain((d) => block(12, d, ordinary)),
);

/** Anything in place of rows, and mostly rows: some with NaN, an infinity, or another width. */
export const anyMatrix = (d?: number): fc.Arbitrary<Recipe> =>
  fc.oneof(
    { weight: 12, arbitrary: rowsOf(d) },
    { weight: 1, arbitrary: rowsOf() },
    { weight: 2, arbitrary: bad('no matrix' as const, BAD_MATRICES) },
    { weight: 1, arbitrary: holed },
  );

const holed: fc.Arbitrary<Rows> = fc
  .tuple(rowsOf(), fc.nat(), fc.constantFrom(NaN, Infinity, -Infinity))
  .map(([{ form, rows }, at, hole]) => {
    const [i, j] = [at % rows.length, at % rows[0].length];
    return { form, rows: rows.map((row, r) => row.map((v, c) => (r === i && c === j ? hole : v))) };
  });

/** One number a row, or anything in its place. */
export type VectorRecipe = Bad<'no vector'> | { form: 'list' | 'typed' | 'vector'; list: number[] };

export const anyVector = (entry: fc.Arbitrary<number>): fc.Arbitrary<VectorRecipe> => {
  const list = fc.record({
    form: fc.constantFrom('list' as const, 'typed' as const, 'vector' as const),
    list: fc.array(entry, { minLength: 12, maxLength: 12 }),
  });
  return fc.oneof(
    { weight: 9, arbitrary: list },
    { weight: 1, arbitrary: bad('no vector' as const, BAD_VECTORS) },
  );
};

/** The argument that a recipe stands for; a tensor is the caller's to free. */
export function make(recipe: Recipe): unknown {
  if (recipe.form === 'no matrix') return BAD_MATRICES[recipe.name]();
  const { form, rows } = recipe;
  const [n, d] = [rows.length, rows[0].length];
  if (form === 'rows') return rows;
  if (form === 'typed rows') return rows.map((row) => Float64Array.from(row));
  if (form === 'flat') return { values: Float64Array.from(rows.flat()), shape: [n, d] };
  return tensor2d(Float32Array.from(rows.flat()), [n, d]);
}

/** As many entries of the recipe as `length` says, if it has them. */
export function makeVector(recipe: VectorRecipe, length = 12): unknown {
  if (recipe.form === 'no vector') return BAD_VECTORS[recipe.name]();
  const list = recipe.list.slice(0, length);
  if (recipe.form === 'list') return list;
  return recipe.form === 'typed' ? Float64Array.from(list) : tensor1d(list);
}

export const makeAny = (recipe: Recipe | VectorRecipe, length?: number): unknown =>
  'rows' in recipe || recipe.form === 'no matrix' ? make(recipe) : makeVector(recipe, length);

/** Options of which any may be missing, and now and then one is wrong or not an option at all. */
export function anyOptions(
  good: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<Record<string, unknown>> {
  const names = [...Object.keys(good), 'nonsense'];
  const flaw = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...JUNK));
  const seldom = fc.oneof({ weight: 5, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: flaw });
  return fc
    .tuple(fc.record(good, { requiredKeys: [] }), seldom)
    .map(([options, wrong]) => (wrong ? { ...options, [wrong[0]]: wrong[1] } : options));
}
