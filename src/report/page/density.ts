import { contour, plot } from '@observablehq/plot';
import type { DensityData } from '../data.js';
import { legend } from './legend.js';
import { centres, plainPoints, stars } from './marks.js';
import { borders, planeOptions, rectangle } from './plane.js';

const LEVELS = 14;

/** From the densest (dark) to the thinnest (white). */
const shade = (level: number): string => `hsl(212 60% ${45 + (52 * level) / (LEVELS - 1)}%)`;

/** Levels of -log p that lie close where it is dense, and end where nine tenths of the grid are below. */
function levels(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const [low, high] = [sorted[0], sorted[Math.floor(0.9 * (sorted.length - 1))]];
  return Array.from({ length: LEVELS }, (_, i) => low + (high - low) * (i / LEVELS) ** 2);
}

/** Contours of -log p, which is below 0 where the density is above 1. */
export function drawDensity(area: HTMLElement, data: DensityData): void {
  const { grid, logDensity, cells, points, centers, stars: found } = data;
  const surprise = logDensity.map((value) => -value);
  const [first, ...rest] = levels(surprise);
  const svg = plot({
    ...planeOptions(area, grid, data).options,
    color: { type: 'threshold', domain: rest, range: [first, ...rest].map((_, i) => shade(i)) },
    marks: [
      contour(surprise, {
        ...rectangle(grid),
        // The first lies below the least, so that the whole picture is filled.
        thresholds: [first - 1, ...rest],
        fill: (value: number) => value,
        stroke: 'white',
        strokeWidth: 0.7,
        className: 'level',
      }),
      plainPoints(points, 1.3),
      ...(cells.length > 0 ? borders(grid, cells, true) : []),
      ...centres(centers),
      ...stars(found),
    ],
  });
  const shades = [
    { colour: shade(0), text: `log density up to ${(-first).toFixed(1)}` },
    { colour: shade(LEVELS - 1), text: `below ${(-rest[rest.length - 1]).toFixed(1)} nats` },
  ];
  area.replaceChildren(legend([], [], { shades, centres: centers.length > 0, stars: found?.name }), svg);
}
