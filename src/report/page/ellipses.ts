import { line, plot } from '@observablehq/plot';
import type { EllipsesData } from '../data.js';
import { sizeOf } from './elements.js';
import { legend } from './legend.js';
import { centres, points } from './marks.js';
import { colours } from './palette.js';
import { FONT } from './tfvis.js';

const CORNERS = 72;

/** Points of the ellipse where (x - m)ᵀ Σ⁻¹ (x - m) = deviations²: m + deviations · L (cos t, sin t), Σ = L Lᵀ. */
export function ellipse([mx, my]: number[], [[a, b], [, d]]: number[][], deviations: number): number[][] {
  const l11 = Math.sqrt(a);
  const l21 = b / l11;
  const l22 = Math.sqrt(Math.max(0, d - l21 * l21));
  return Array.from({ length: CORNERS + 1 }, (_, i) => {
    const t = (2 * Math.PI * i) / CORNERS;
    const [u, v] = [deviations * Math.cos(t), deviations * Math.sin(t)];
    return [mx + l11 * u, my + l21 * u + l22 * v];
  });
}

/** Points by component, with ellipses at one (full) and two (dashed) standard deviations. */
export function drawEllipses(area: HTMLElement, data: EllipsesData): void {
  const { points: rows, labels, names, means, covariances, x, y } = data;
  const palette = colours(names.length);
  const rings = means.flatMap((mean, k) =>
    [1, 2].map((deviations) =>
      line(ellipse(mean, covariances[k], deviations), {
        x: '0',
        y: '1',
        stroke: palette[k % palette.length],
        strokeWidth: 2,
        strokeDasharray: deviations === 2 ? '5 4' : undefined,
        className: 'ellipse',
      }),
    ),
  );
  const svg = plot({
    ...sizeOf(area),
    marginLeft: 52,
    marginBottom: 48,
    style: { fontSize: `${FONT}px` },
    x: { label: x, nice: true, grid: true },
    y: { label: y, nice: true, grid: true },
    marks: [points(rows, labels, palette), ...rings, ...centres(means)],
  });
  area.replaceChildren(legend(names, palette, { centres: true }), svg);
}
