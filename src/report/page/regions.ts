import { plot, raster, voronoi } from '@observablehq/plot';
import type { RegionsData } from '../data.js';
import { centres, plainPoints } from './marks.js';
import { colours } from './palette.js';
import { borders, planeOptions, rectangle } from './plane.js';

/**
 * Regions as a pale raster of labels; borders as lines: from the centres where they follow from them, else from the
 * grid. Plot's Voronoi is that of the screen: the plane's own where both axes have units of one length.
 */
export function drawRegions(area: HTMLElement, data: RegionsData): void {
  const { grid, cells, centers, points, voronoi: exact } = data;
  const n = 1 + cells.reduce((a, b) => Math.max(a, b), 0);
  const { options, isometric } = planeOptions(area, grid, data);
  const lines =
    exact && isometric
      ? [voronoi(centers, { x: '0', y: '1', stroke: '#222', strokeWidth: 1.2, className: 'border' })]
      : borders(grid, cells, false);
  const svg = plot({
    ...options,
    color: { type: 'categorical', domain: [...Array(n).keys()], range: colours(n) },
    marks: [
      raster(cells as number[], {
        ...rectangle(grid),
        fill: (label: number) => label,
        imageRendering: 'pixelated',
        opacity: 0.28,
      }),
      plainPoints(points),
      ...lines,
      ...centres(centers),
    ],
  });
  area.replaceChildren(svg);
}
