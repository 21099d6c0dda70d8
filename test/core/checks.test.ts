import { tensor1d, tensor2d } from '@tensorflow/tfjs-core';
import * as checks from '../../src/core/checks.js';
import { InputError, NumericalError } from '../../src/core/errors.js';
import { useBackend } from '../support/backends.js';

beforeAll(() => useBackend('cpu'));

const { check, checkOptions, checkTensor, show } = checks;

/** Per rule: its words, what keeps it, what breaks it. */
const rules: [string, checks.Rule, unknown[], unknown[]][] = [
  ['an integer of at least 1', checks.integer(1), [1, 7, 2 ** 53 - 1], [0, -1, 1.5, NaN, Infinity, 2 ** 53, '1', 1n, null]], // prettier-ignore
  ['an integer from 0 to 4294967295', checks.seed, [0, 2 ** 32 - 1], [-1, 2 ** 32, 0.5]],
  ['a finite number, 0 or more', checks.nonNegative, [0, -0, 1e-320, 1e300], [-1e-320, Infinity, NaN, '0']],
  ['a number from 1 to 2', checks.from(1, 2), [1, 1.5, 2], [0.999, 2.001, NaN, '1']],
  ['a number between 0 and 1', checks.between(0, 1), [0.5, 1e-300], [0, 1, -0.5, NaN, true]],
  ["one of 'full', 'tied'", checks.oneOf('full', 'tied'), ['full', 'tied'], ['Full', '', 0, ['full'], null]],
  ['true or false', checks.bool, [true, false], [0, 1, 'true', null]],
  ['a function', checks.fn, [() => 1, Array], [{}, null, 'f']],
  ['given', checks.something, [0, '', {}, false], [null]],
  ['an object', checks.record, [{}, { a: 1 }, Object.create(null)], [null, [], 'x', 1]],
  ['an array', checks.list, [[], [1], new Float64Array(2), new BigInt64Array(1)], [{ length: 1 }, 'ab', null, new DataView(new ArrayBuffer(1))]], // prettier-ignore
  ['an AbortSignal', checks.abortSignal, [new AbortController().signal], [new AbortController(), {}, null, { aborted: false }, { aborted: false, throwIfAborted: 1 }]], // prettier-ignore
  ["one of 'auto', or an integer of at least 1", checks.either(checks.oneOf('auto'), checks.integer(1)), ['auto', 3], ['Auto', 0, null]], // prettier-ignore
];

it.each(rules)('%s', (must, rule, good, bad) => {
  for (const value of good) expect(() => check('KMeans.fit: k', value, rule)).not.toThrow();
  for (const value of bad) {
    const message = `KMeans.fit: k must be ${must}; got ${show(value)}.`;
    expect(() => check('KMeans.fit: k', value, rule)).toThrow(new InputError(message));
  }
});

it('a tensor is neither a record nor a list', () => {
  const x = tensor1d([1]);
  for (const rule of [checks.record, checks.list]) expect(rule.holds(x)).toBe(false);
  expect(checks.matrix.holds(x)).toBe(true);
  expect(['x', 1, null, undefined].some(checks.matrix.holds)).toBe(false);
  x.dispose();
});

it('values are shown short, on one line, each kind apart', () => {
  const x = tensor2d([[1, 2, 3]]);
  const shown: [unknown, string][] = [
    ['a', '"a"'],
    ['line\nbreak', '"line\\nbreak"'],
    ['x'.repeat(100), `"${'x'.repeat(60)}…"`],
    [1e21, '1e+21'],
    [1n, '1n'],
    [NaN, 'NaN'],
    [null, 'null'],
    [undefined, 'undefined'],
    [true, 'true'],
    [Symbol('s'), 'Symbol(s)'],
    [() => 1, 'a function'],
    [[], 'an array of 0 elements'],
    [[[1, 2]], 'an array of 1 element'],
    [new Float32Array(1000), 'an array of 1000 elements'],
    [{ a: 1, b: 2 }, 'an object with keys a, b'],
    [x, 'a float32 tensor of shape [1, 3]'],
  ];
  for (const [value, text] of shown) expect(show(value)).toBe(text);
  x.dispose();
});

it('what cannot be listed is shown all the same, and short', () => {
  expect(show({})).toBe('an object without keys');
  expect(show(Object.create(null))).toBe('an object without keys');
  expect(show(new DataView(new ArrayBuffer(3)))).toBe('a DataView');
  const wide = Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`key${i}`, i]));
  expect(show(wide).length).toBeLessThan(100);
  expect(show({ ['k\n'.repeat(500)]: 1 })).not.toContain('\n');
  expect(show({ ['k'.repeat(5000)]: 1 }).length).toBeLessThan(100);
  expect(show(Symbol('s'.repeat(5000))).length).toBeLessThan(100);
  expect(show(10n ** 5000n).length).toBeLessThan(100);
});

describe('options', () => {
  const known = { nClusters: checks.integer(1), tol: checks.nonNegative };

  it('that are right, missing or undefined pass', () => {
    for (const options of [undefined, {}, { nClusters: 3 }, { tol: undefined }, Object.create(null)]) {
      expect(() => checkOptions('KMeans.fit', options, known)).not.toThrow();
    }
  });

  it('must be an object', () => {
    for (const options of [null, [], 3, 'x', () => 1]) {
      const message = `KMeans.fit: the options must be an object; got ${show(options)}.`;
      expect(() => checkOptions('KMeans.fit', options, known)).toThrow(new InputError(message));
    }
  });

  it('of an unknown name are refused with the value, and all that is known is told', () => {
    // Names that every object has are unknown too, and so is another case: nothing else is suggested.
    for (const name of ['nclusters', 'n_clusters', 'constructor', 'toString', '']) {
      const message = `KMeans.fit: unknown option ${show(name)} (its value is 3). Known: nClusters, tol.`;
      expect(() => checkOptions('KMeans.fit', { [name]: 3 }, known)).toThrow(new InputError(message));
    }
    const hostile = JSON.parse('{"__proto__": 3}') as object;
    expect(() => checkOptions('KMeans.fit', hostile, known)).toThrow(/unknown option "__proto__"/);
    expect(() => checkOptions('KMeans.fit', { other: undefined }, known)).toThrow(InputError);
  });

  it('of a wrong value are refused by name, before those that follow', () => {
    expect(() => checkOptions('KMeans.fit', { tol: -1, nClusters: 0 }, known)).toThrow(
      new InputError('KMeans.fit: tol must be a finite number, 0 or more; got -1.'),
    );
  });
});

it('tensors are checked by shape, type and whether they are alive', () => {
  const x = tensor2d([[1, 2], [3, 4]]); // prettier-ignore
  expect(() => checkTensor('x', x, ['N', 2])).not.toThrow();
  expect(() => checkTensor('x', x, ['N', 'D'])).not.toThrow();
  const whole = tensor2d([[1, 2]], [1, 2], 'int32');
  for (const [given, shape] of [
    [x, ['N', 3]],
    [x, ['N']],
    [whole, ['N', 2]],
    [[[1, 2]], ['N', 2]],
  ] as const) {
    // prettier-ignore
    const message = `x must be a float32 tensor of shape [${shape.join(', ')}]; got ${show(given)}.`;
    expect(() => checkTensor('x', given, [...shape])).toThrow(new InputError(message));
  }
  for (const each of [x, whole]) each.dispose();
  expect(() => checkTensor('x', x, ['N', 2])).toThrow(
    'x was disposed (it was a float32 tensor of shape [2, 2]); pass one that is still alive.',
  );
});

it('there is room for what memory holds, and else an error that says how much was asked for', () => {
  expect(checks.room('sample', 3)).toEqual(new Float64Array(3));
  expect(() => checks.room('sample', 2 ** 52)).toThrow(
    new InputError(
      'sample asks for 4503599627370496 numbers, more than memory holds; ask for fewer at a time.',
    ),
  );
});

it('errors are told apart by class and name', () => {
  const [input, numerical] = [new InputError('a'), new NumericalError('b')];
  for (const error of [input, numerical]) expect(error).toBeInstanceOf(Error);
  expect(input).not.toBeInstanceOf(NumericalError);
  expect([`${input}`, `${numerical}`]).toEqual(['InputError: a', 'NumericalError: b']);
});
