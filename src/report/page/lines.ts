import { line, plot, type Markish } from '@observablehq/plot';
import type { LinesData } from '../data.js';
import { dotsOf, signsOf } from './dots.js';
import { sizeOf, widthOf } from './elements.js';
import { legend } from './legend.js';
import { colours } from './palette.js';
import { level, upright } from './rules.js';
import { axisNames, FONT, visNames } from './tfvis.js';

/**
 * tfjs-vis draws a line at 0, 1, 2 …: it fits where each x is a whole number, and the next one more. It tells several
 * apart by their colours alone, and throws where a later one is longer than the first: those are drawn with Plot.
 */
const plain = ({ series, marks, dots }: LinesData): boolean => {
  const [{ x, y }, ...more] = series.length > 0 ? series : [{ x: [], y: [] }];
  const counts = x.every((at, i) => at === x[0] + i) && x[0] >= 0 && x[0] <= 1;
  return marks.length === 0 && !dots && more.length === 0 && y.length > 1 && counts;
};

async function drawWithVis(area: HTMLElement, { series, x, y }: LinesData): Promise<void> {
  const [{ name, x: at, y: values }] = series;
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const room = 0.05 * (high - low || 1);
  const before = Array.from({ length: at[0] }, (_, i) => ({ x: i, y: null as unknown as number }));
  await tfvis.render.linechart(
    area,
    {
      values: [[...before, ...values.map((value, i) => ({ x: at[i], y: value }))]],
      series: visNames([name]),
    },
    {
      ...sizeOf(area),
      ...axisNames({ x, y }),
      yAxisDomain: [low - room, high + room],
      seriesColors: colours(1),
    },
  );
}

type Curves = { x: number[]; y: number[] }[];

/** Where the label of an upright rule has room: towards the middle, and where the first curve is not. */
function roomBeside(x: number, [{ x: at, y } = { x: [], y: [] }]: Curves): { late: boolean; low: boolean } {
  const nearest = at.reduce((best, each, i) => (Math.abs(each - x) < Math.abs(at[best] - x) ? i : best), 0);
  const low = y[nearest] > (Math.min(...y) + Math.max(...y)) / 2;
  return { late: x > (Math.min(...at) + Math.max(...at)) / 2, low };
}

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

/** Curves, their rules, and on them dots (`pixels` apart) or signs. */
function marksOf(data: LinesData, palette: readonly string[], pixels: (n: number) => number): Markish[] {
  const { series, marks, dots } = data;
  return [
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
      ...(mark.x === undefined ? [] : upright({ ...mark, x: mark.x }, roomBeside(mark.x, series))),
      ...(mark.y === undefined ? [] : level({ ...mark, y: mark.y })),
    ]),
    ...series.flatMap((each, k) => {
      if (dots) return dotsOf(each, palette[k], k, pixels(each.y.length));
      return series.length > 1 ? [signsOf(each, palette[k], k, series.length)] : [];
    }),
  ];
}

const MARGIN = { marginLeft: 62, marginRight: 20, marginTop: 30, marginBottom: 48 };

function drawWithPlot(area: HTMLElement, data: LinesData): void {
  const { series, dots, x, y } = data;
  const palette = colours(series.length);
  const inset = dots ? 18 : 0;
  const inner = widthOf(area) - MARGIN.marginLeft - MARGIN.marginRight - 2 * inset;
  const svg = plot({
    ...sizeOf(area),
    ...MARGIN,
    style: { fontSize: `${FONT}px` },
    x: { label: x, inset, ticks: ticks(data), tickFormat: ticks(data) && String },
    y: { label: y, nice: true, grid: true, insetTop: inset, insetBottom: inset, tickFormat: compact(data) },
    marks: marksOf(data, palette, (n) => inner / Math.max(1, n - 1)),
  });
  const names = series.map(({ name }) => name);
  area.replaceChildren(...(names.length > 1 ? [legend(names, palette)] : []), svg);
}

/** Curves: with tfjs-vis, and with Plot where there are several, marks, dots, or an x of its own. */
export async function drawLines(area: HTMLElement, data: LinesData): Promise<void> {
  if (plain(data)) await drawWithVis(area, data);
  else drawWithPlot(area, data);
}
