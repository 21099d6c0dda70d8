import { plot, rectY, ruleY } from '@observablehq/plot';
import type { HistogramData } from '../data.js';
import { sizeOf } from './elements.js';
import { colours } from './palette.js';
import { upright } from './rules.js';
import { FONT } from './tfvis.js';

/** With Plot: tfjs-vis' histogram has fixed titles. */
export function drawHistogram(area: HTMLElement, { bins, marks, x, y }: HistogramData): void {
  const middle = (bins[0]?.from + bins[bins.length - 1]?.to) / 2;
  const svg = plot({
    ...sizeOf(area),
    marginLeft: 56,
    marginBottom: 48,
    style: { fontSize: `${FONT}px` },
    x: { label: x },
    y: { label: y, nice: true, grid: true },
    marks: [
      rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: colours(1)[0], insetLeft: 1, className: 'bins' }),
      ruleY([0]),
      ...marks.flatMap((mark) => upright(mark, { late: mark.x > middle, low: false })),
    ],
  });
  area.replaceChildren(svg);
}
