/** Numbers on a grid over the plane, for Plot's rasters and contours. */
import { line, type Markish, type PlotOptions } from '@observablehq/plot';
import type { Axes, Grid } from '../data.js';
import { borderLines } from './borders.js';
import { widthOf } from './elements.js';
import { FONT } from './tfvis.js';

const MARGIN = { marginLeft: 52, marginRight: 20, marginTop: 24, marginBottom: 48 };
/** Height over width of a picture: beyond these, the axes have units of different length. */
const [FLATTEST, STEEPEST] = [0.35, 1.15];

/** The rectangle that the cells cover: half a cell beyond the outermost points. */
export function rectangle({ extent: [left, right, bottom, top], width, height }: Grid) {
  const [dx, dy] = [(right - left) / (width - 1) / 2, (top - bottom) / (height - 1) / 2];
  return { width, height, x1: left - dx, x2: right + dx, y1: bottom - dy, y2: top + dy };
}

/** Axes that end where the grid ends, with units of one length where the picture's shape allows it. */
export function planeOptions(area: HTMLElement, grid: Grid, { x, y }: Axes) {
  const { x1, x2, y1, y2 } = rectangle(grid);
  const width = widthOf(area);
  const ratio = (y2 - y1) / (x2 - x1);
  const shape = Math.min(STEEPEST, Math.max(FLATTEST, ratio));
  const inner = width - MARGIN.marginLeft - MARGIN.marginRight;
  const options: PlotOptions = {
    ...MARGIN,
    width,
    height: Math.round(inner * shape) + MARGIN.marginTop + MARGIN.marginBottom,
    style: { fontSize: `${FONT}px` },
    x: { label: x, domain: [x1, x2] },
    y: { label: y, domain: [y1, y2] },
  };
  return { options, isometric: shape === ratio };
}

/** The borders between the labels of a grid. */
export const borders = (grid: Grid, cells: readonly number[], dashed: boolean): Markish[] =>
  borderLines(grid, cells).map((points) =>
    line(points, {
      x: '0',
      y: '1',
      stroke: '#111',
      strokeWidth: dashed ? 1.6 : 1.2,
      strokeDasharray: dashed ? '6 4' : undefined,
      className: 'border',
    }),
  );
