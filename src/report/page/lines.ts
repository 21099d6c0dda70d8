import { dot, line, plot, ruleX, ruleY, text, type Markish } from '@observablehq/plot';
import type { LinesData } from '../data.js';
import { sizeOf } from './elements.js';
import { legend } from './legend.js';
import { colours, SHAPES } from './palette.js';
import { axisNames, FONT, visNames } from './tfvis.js';

/** tfjs-vis draws a line at 0, 1, 2 …: it fits where each x is a whole number, and the next one more. */
const plain = ({ series, marks, dots }: LinesData): boolean =>
  marks.length === 0 &&
  !dots &&
  series.length > 0 &&
  series.every(({ x, y }) => y.length > 1 && x[0] >= 0 && x[0] <= 1 && x.every((at, i) => at === x[0] + i));

async function drawWithVis(area: HTMLElement, { series, x, y }: LinesData): Promise<void> {
  const values = series.map(({ x: at, y: each }) => [
    ...Array.from({ length: at[0] }, (_, i) => ({ x: i, y: null as unknown as number })),
    ...each.map((value, i) => ({ x: at[i], y: value })),
  ]);
  const all = series.flatMap((each) => each.y);
  const [low, high] = all.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const room = 0.05 * (high - low || 1);
  await tfvis.render.linechart(
    area,
    { values, series: visNames(series.map(({ name }) => name)) },
    {
      ...sizeOf(area),
      ...axisNames({ x, y }),
      yAxisDomain: [low - room, high + room],
      seriesColors: colours(series.length),
    },
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function dotsOf({ x, y }: { x: number[]; y: number[] }, colour: string, k: number): Markish[] {
  const at = { x: (_: number, i: number) => x[i], y: (v: number) => v };
  return [
    dot(y, { ...at, fill: colour, symbol: SHAPES[k % SHAPES.length], r: 4, className: 'dots' }),
    text(y, { ...at, text: short, dy: -12, fontSize: 11, stroke: 'white', fill: '#222' }),
  ];
}

const DASHED = { stroke: '#333', strokeDasharray: '5 4', className: 'mark' } as const;
const LABEL = { fontSize: 12, fill: '#222', stroke: 'white', strokeWidth: 4 } as const;

/** An upright rule; its label beside it, towards the middle, where the first curve leaves room: above or below. */
function upright({ x, label }: { x: number; label: string }, { series }: LinesData): Markish[] {
  const [{ x: at, y }] = series;
  const nearest = at.reduce((best, each, i) => (Math.abs(each - x) < Math.abs(at[best] - x) ? i : best), 0);
  const high = y[nearest] > (Math.min(...y) + Math.max(...y)) / 2;
  const late = x > (Math.min(...at) + Math.max(...at)) / 2;
  const side = late ? ({ dx: -6, textAnchor: 'end' } as const) : ({ dx: 6, textAnchor: 'start' } as const);
  const where = { frameAnchor: high ? 'bottom' : 'top', dy: high ? -8 : 8, ...side } as const;
  return [ruleX([x], DASHED), text([label], { x: [x], text: [label], ...where, ...LABEL })];
}

/** A level rule, its label above its right end. */
const level = ({ y, label }: { y: number; label: string }): Markish[] => [
  ruleY([y], DASHED),
  text([label], { y: [y], text: [label], frameAnchor: 'right', dy: -8, textAnchor: 'end', ...LABEL }),
];

/** Ticks at the numbers themselves where they are few. */
function ticks({ series }: LinesData): number[] | undefined {
  const all = [...new Set(series.flatMap(({ x }) => x))].sort((a, b) => a - b);
  return all.length <= 12 ? all : undefined;
}

/** Large numbers as 1.2M: they would not fit beside the axis. */
function compact({ series }: LinesData): ((value: number) => string) | undefined {
  if (series.every(({ y }) => y.every((value) => Math.abs(value) < 1e5))) return undefined;
  const { format } = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
  return format;
}

function drawWithPlot(area: HTMLElement, data: LinesData): void {
  const { series, marks, dots, x, y } = data;
  const palette = colours(series.length);
  const svg = plot({
    ...sizeOf(area),
    marginLeft: 62,
    marginBottom: 48,
    marginTop: 30,
    style: { fontSize: `${FONT}px` },
    x: { label: x, inset: dots ? 18 : 0, ticks: ticks(data), tickFormat: ticks(data) && String },
    y: { label: y, nice: true, grid: true, insetTop: dots ? 12 : 0, tickFormat: compact(data) },
    marks: [
      ...series.map((each, k) =>
        line(each.y, {
          x: (_, i) => each.x[i],
          y: (v) => v,
          stroke: palette[k],
          strokeWidth: 2.2,
          className: 'line',
        }),
      ),
      ...marks.flatMap((mark) => [
        ...(mark.x === undefined ? [] : upright({ ...mark, x: mark.x }, data)),
        ...(mark.y === undefined ? [] : level({ ...mark, y: mark.y })),
      ]),
      ...(dots ? series.flatMap((each, k) => dotsOf(each, palette[k], k)) : []),
    ],
  });
  const names = series.map(({ name }) => name);
  area.replaceChildren(...(names.length > 1 ? [legend(names, palette)] : []), svg);
}

/** Curves: with tfjs-vis, and with Plot where there are marks, dots, or an x of its own. */
export async function drawLines(area: HTMLElement, data: LinesData): Promise<void> {
  if (plain(data)) await drawWithVis(area, data);
  else drawWithPlot(area, data);
}
