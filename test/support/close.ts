import type { Tensor } from '@tensorflow/tfjs-core';

type Numbers =
  | number
  | ArrayLike<number>
  | readonly Numbers[]
  | Tensor
  | { values: ArrayLike<number>; shape: readonly number[] };

const isTensor = (x: unknown): x is Tensor => typeof x === 'object' && x !== null && 'dataId' in x;

/** Any of the forms as flat numbers with a shape. */
export function flat(x: Numbers): { values: number[]; shape: number[] } {
  if (typeof x === 'number') return { values: [x], shape: [] };
  if (isTensor(x)) return { values: Array.from(x.dataSync()), shape: x.shape };
  if (typeof x === 'object' && 'values' in x && 'shape' in x) {
    return { values: Array.from(x.values as ArrayLike<number>), shape: [...x.shape] };
  }
  const items = Array.from(x as ArrayLike<Numbers>).map(flat);
  const inner = items[0]?.shape ?? [];
  for (const item of items) {
    if (item.shape.join() !== inner.join()) throw new Error('expectClose: ragged expectation');
  }
  return { values: items.flatMap((item) => item.values), shape: [items.length, ...inner] };
}

/**
 * Fails unless shapes are equal and every entry keeps |actual - expected| <= atol + rtol |expected|.
 * NaN equals NaN only; an infinity equals itself only. (tfjs's expectArraysClose is absolute 1e-3 and lets [NaN] pass.)
 */
export function expectClose(
  actual: Numbers,
  expected: Numbers,
  { rtol = 1e-5, atol = 0, what = 'value' }: { rtol?: number; atol?: number; what?: string } = {},
): void {
  const a = flat(actual);
  const e = flat(expected);
  if (a.shape.join() !== e.shape.join()) {
    throw new Error(`${what}: shape [${a.shape.join(', ')}] where [${e.shape.join(', ')}] is expected`);
  }
  let worst = -1;
  let excess = 0;
  for (let i = 0; i < e.values.length; i++) {
    if (Object.is(a.values[i], e.values[i]) || a.values[i] === e.values[i]) continue;
    const over = Math.abs(a.values[i] - e.values[i]) - (atol + rtol * Math.abs(e.values[i]));
    const by = Number.isFinite(over) ? over : Infinity;
    if (by > excess) {
      excess = by;
      worst = i;
    }
  }
  if (worst >= 0) {
    throw new Error(
      `${what}: entry ${worst} of ${e.values.length} is ${a.values[worst]}, expected ${e.values[worst]} (rtol ${rtol}, atol ${atol})`,
    );
  }
  expect(worst).toBe(-1);
}
