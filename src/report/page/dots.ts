/** Marks on the curves of a picture: every number as a dot with its value, or signs that tell the curves apart. */
import { dot, text, type Markish } from '@observablehq/plot';
import type { LinesData } from '../data.js';
import { SHAPES } from './palette.js';

type Series = LinesData['series'][number];

const short = (value: number): string => String(Number(value.toPrecision(4)));

/** Where a value stands beside its dot, so that the curve does not run through it. */
const PLACES = {
  above: { textAnchor: 'middle', dx: 0, dy: -12 },
  below: { textAnchor: 'middle', dx: 0, dy: 13 },
  right: { textAnchor: 'start', dx: 6, dy: -8 },
  left: { textAnchor: 'end', dx: -6, dy: -8 },
  under: { textAnchor: 'start', dx: 4, dy: 14 },
} as const;

/** Below a valley, to the right of a fall, to the left of a rise, else above; the first stays clear of the axis. */
function placeOf(y: readonly number[], i: number): keyof typeof PLACES {
  const [before, after] = [y[i - 1] ?? NaN, y[i + 1] ?? NaN];
  if (i === 0 && y.length > 1) return after > y[0] ? 'under' : 'right';
  if (before > y[i] && after < y[i]) return 'right';
  if (before < y[i] && after > y[i]) return 'left';
  return before > y[i] || after > y[i] ? 'below' : 'above';
}

/** Pixels that a value takes. */
const VALUE = 36;

/** A dot for each number, with its value; with every second one's and so on where they are fewer `pixels` apart. */
export function dotsOf({ x, y }: Series, colour: string, k: number, pixels: number): Markish[] {
  const all = y.map((value, i) => [x[i], value]);
  const every = Math.ceil(VALUE / pixels);
  const at = { x: '0', y: '1' } as const;
  const values = Object.entries(PLACES).map(([place, where]) =>
    text(
      all.filter((_, i) => i % every === 0 && placeOf(y, i) === place),
      {
        ...at,
        ...where,
        text: ([, value]: number[]) => short(value),
        fontSize: 11,
        stroke: 'white',
        fill: '#222',
      },
    ),
  );
  return [
    dot(all, { ...at, fill: colour, symbol: SHAPES[k % SHAPES.length], r: 4, className: 'dots' }),
    ...values,
  ];
}

/** Signs along a curve. */
const SIGNS = 8;

/** The shape of curve k of n, some times along it and at its end; other curves have theirs at other places. */
export function signsOf({ x, y }: Series, colour: string, k: number, n: number): Markish {
  const step = Math.max(1, Math.ceil(y.length / SIGNS));
  const first = Math.floor((step * k) / n);
  const chosen = y.flatMap((value, i) => (i % step === first || i === y.length - 1 ? [[x[i], value]] : []));
  return dot(chosen, {
    x: '0',
    y: '1',
    stroke: colour,
    fill: 'white',
    symbol: SHAPES[k % SHAPES.length],
    r: 4,
    strokeWidth: 1.5,
    className: 'signs',
  });
}
