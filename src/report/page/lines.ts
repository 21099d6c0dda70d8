import { dot, line, plot, ruleX, ruleY, text, type Markish } from '@observablehq/plot';
import type { LinesData } from '../data.js';
import { fieldName, sizeOf } from './elements.js';
import { colours, SHAPES } from './palette.js';
import { below, FONT } from './tfvis.js';

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
    { values, series: series.map(({ name }) => fieldName(name)) },
    {
      ...sizeOf(area),
      xLabel: below(x),
      yLabel: y,
      yAxisDomain: [low - room, high + room],
      seriesColors: colours(series.length),
      fontSize: FONT,
    },
  );
}

const short = (value: number): string => String(Number(value.toPrecision(4)));

function dotsOf(
  { x, y }: { x: number[]; y: number[] },
  colour: string,
  shape: (typeof SHAPES)[number],
): Markish[] {
  const at = { x: (_: number, i: number) => x[i], y: (v: number) => v };
  return [
    dot(y, { ...at, fill: colour, symbol: shape, r: 4 }),
    text(y, { ...at, text: short, dy: -12, fontSize: 11, stroke: 'white', fill: '#222' }),
  ];
}

function drawWithPlot(area: HTMLElement, data: LinesData): void {
  const { series, marks, dots, x, y } = data;
  const palette = colours(series.length);
  const upright = marks.filter((mark) => mark.x !== undefined);
  const level = marks.filter((mark) => mark.y !== undefined);
  const dashed = { stroke: '#333', strokeDasharray: '5 4' };
  const label = { text: 'label', fontSize: 12, fill: '#222', stroke: 'white', strokeWidth: 4 } as const;
  const svg = plot({
    ...sizeOf(area),
    marginLeft: 62,
    marginBottom: 48,
    marginTop: 30,
    style: { fontSize: `${FONT}px` },
    x: { label: x, nice: true },
    y: { label: y, nice: true, grid: true },
    color: { domain: series.map(({ name }) => name), range: palette, legend: series.length > 1 },
    marks: [
      ...series.map((each, k) =>
        line(each.y, { x: (_, i) => each.x[i], y: (v) => v, stroke: palette[k], strokeWidth: 2.2 }),
      ),
      ruleX(upright, { x: 'x', ...dashed }),
      ruleY(level, { y: 'y', ...dashed }),
      text(upright, { x: 'x', frameAnchor: 'top', dy: -20, ...label }),
      text(level, { y: 'y', frameAnchor: 'right', dy: -8, textAnchor: 'end', ...label }),
      ...(dots ? series.flatMap((each, k) => dotsOf(each, palette[k], SHAPES[k % SHAPES.length])) : []),
    ],
  });
  area.replaceChildren(svg);
}

/** Curves: with tfjs-vis, and with Plot where there are marks, dots, or an x of its own. */
export async function drawLines(area: HTMLElement, data: LinesData): Promise<void> {
  if (plain(data)) await drawWithVis(area, data);
  else drawWithPlot(area, data);
}
