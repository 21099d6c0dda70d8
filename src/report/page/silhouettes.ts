import { areaX, plot, ruleX, text } from '@observablehq/plot';
import type { SilhouettesData } from '../data.js';
import { element, widthOf } from './elements.js';
import { colours, RED } from './palette.js';
import { FONT } from './tfvis.js';

type Panel = SilhouettesData['panels'][number];

/** Rows of a cluster one above the other, a gap between clusters. */
function stacked({ clusters }: Panel) {
  const n = clusters.reduce((sum, { widths }) => sum + widths.length, 0);
  const gap = Math.ceil(n / 50);
  let at = 0;
  return clusters.map(({ name, widths }, k) => {
    const from = at;
    at += widths.length + gap;
    return { name, k, from, widths, middle: from + widths.length / 2 };
  });
}

function drawPanel(panel: Panel, width: number, x: string, low: number): HTMLElement | SVGElement {
  const clusters = stacked(panel);
  const palette = colours(clusters.length);
  return plot({
    width,
    height: 330,
    marginLeft: 30,
    marginTop: 26,
    marginBottom: 44,
    style: { fontSize: `${FONT}px` },
    x: { label: x, domain: [low, 1], ticks: 4 },
    y: { axis: null, reverse: true },
    marks: [
      ...clusters.map(({ widths, from, k }) =>
        areaX(widths, {
          x1: 0,
          x2: (width_: number) => width_,
          y: (_: number, i: number) => from + i,
          fill: palette[k],
          fillOpacity: 0.85,
          className: 'cluster',
        }),
      ),
      text(['cluster'], { frameAnchor: 'top-left', textAnchor: 'start', dx: -26, dy: -14, fill: '#222' }),
      text(clusters, { text: 'k', y: 'middle', frameAnchor: 'left', dx: -14, fill: '#222' }),
      ruleX([0], { stroke: '#222' }),
      ruleX([panel.mean], { stroke: RED, strokeWidth: 2, strokeDasharray: '6 4', className: 'mean' }),
    ],
  });
}

/** A panel for each labeling, as many side by side as there is room for. */
export function drawSilhouettes(area: HTMLElement, { panels, x }: SilhouettesData): void {
  const least = Math.min(
    0,
    ...panels.flatMap(({ clusters }) => clusters.map(({ widths }) => widths.at(-1) ?? 0)),
  );
  const fit = Math.max(1, Math.floor(widthOf(area) / 250));
  // All in a row, or by two: none stands alone.
  const across = panels.length <= fit ? panels.length : Math.min(2, fit);
  const width = Math.floor((widthOf(area) - 12 * (across - 1)) / Math.max(1, across));
  const drawn = panels.map((panel) => {
    const title = element(
      'div',
      { className: 'panel-title' },
      `${panel.title}: mean ${panel.mean.toFixed(3)}`,
    );
    return element('div', {}, title, drawPanel(panel, width, x, least));
  });
  area.replaceChildren(element('div', { className: 'panels' }, ...drawn));
}
