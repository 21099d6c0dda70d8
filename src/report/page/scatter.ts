import { plot } from '@observablehq/plot';
import type { ScatterData } from '../data.js';
import { sizeOf } from './elements.js';
import { legend } from './legend.js';
import { centres, plainPoints, points, stars } from './marks.js';
import { colours } from './palette.js';
import { axisNames, FONT, visNames } from './tfvis.js';

/** Ends at round numbers, so that the first tick stands at the axis' end; no sign is cut in two there. */
function round(values: readonly number[]): [number, number] {
  const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  if (!(low < high)) return [(values[0] ?? 0) - 1, (values[0] ?? 0) + 1];
  const unit = 10 ** Math.floor(Math.log10((high - low) / 10));
  const step = unit * [1, 2, 5, 10].find((times) => (high - low) / (unit * times) <= 10)!;
  const room = 0.02 * (high - low);
  return [Math.floor((low - room) / step) * step, Math.ceil((high + room) / step) * step];
}

/** tfjs-vis sorts the series by name, and gives the colours in that order; its legend takes the names' room. */
async function drawWithVis(
  area: HTMLElement,
  { points: rows, labels, names, x, y }: ScatterData,
): Promise<void> {
  const series = visNames(names);
  const used = [...series.keys()].filter((k) => labels.includes(k));
  const palette = colours(series.length);
  const sorted = [...used].sort((a, b) => (series[a] < series[b] ? -1 : 1));
  const values = used.map((k) => rows.flatMap(([px, py], i) => (labels[i] === k ? [{ x: px, y: py }] : [])));
  await tfvis.render.scatterplot(
    area,
    { values, series: used.map((k) => series[k]) },
    {
      ...sizeOf(area),
      ...axisNames({ x, y }),
      xAxisDomain: round(rows.map(([px]) => px)),
      yAxisDomain: round(rows.map(([, py]) => py)),
      seriesColors: sorted.map((k) => palette[k]),
    },
  );
}

function drawWithPlot(area: HTMLElement, data: ScatterData): void {
  const { points: rows, labels, names, centers, stars: found, x, y } = data;
  const palette = colours(Math.max(1, names.length));
  const svg = plot({
    ...sizeOf(area),
    marginLeft: 52,
    marginBottom: 48,
    style: { fontSize: `${FONT}px` },
    x: { label: x, nice: true, grid: true },
    y: { label: y, nice: true, grid: true },
    symbol: { legend: false },
    marks: [
      names.length > 0 ? points(rows, labels, palette) : plainPoints(rows, rows.length > 500 ? 1.5 : 2.6),
      ...centres(centers),
      ...stars(found),
    ],
  });
  const words = names.length > 0 || centers.length > 0 || found;
  const signs = () => legend(names, palette, { centres: centers.length > 0, stars: found?.name });
  area.replaceChildren(...(words ? [signs()] : []), svg);
}

/** Points: with tfjs-vis where they have classes, and with Plot where centres or stars lie over them. */
export async function drawScatter(area: HTMLElement, data: ScatterData): Promise<void> {
  if (data.names.length > 0 && data.centers.length === 0 && !data.stars) await drawWithVis(area, data);
  else drawWithPlot(area, data);
}
