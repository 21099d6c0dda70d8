import type { Axes, Card, DensityData, Words } from '../data.js';
import { rows, sampled, text, type Points } from '../input.js';
import { grid, labelsOnGrid, onGrid, type GridInput } from './grid.js';
import { axes, card } from './words.js';

export interface DensityInput extends Words, Axes {
  grid: GridInput;
  /** [height x width] log density at each point of the grid, in nats. */
  logDensity: ArrayLike<number>;
  /** [height x width] labels at the same points: the borders between them are drawn dashed. */
  cells?: ArrayLike<number>;
  /** [N, 2] */
  points?: Points;
  /** [K, 2] */
  centers?: Points;
  /** [M, 2] points that stand out, drawn as red stars. */
  stars?: { name: string; points: Points };
}

/** The contours of a log density. */
export function densityCard(input: DensityInput): Card {
  const { grid: on, logDensity, cells, points = [], centers = [], stars, x, y, ...words } = input;
  const found = grid('density', on);
  const all = rows('density: points', points, 2);
  const { keep, note } = sampled(all.length);
  const picture: DensityData = {
    kind: 'density',
    ...axes('density', { x, y }),
    grid: found,
    logDensity: onGrid('density: logDensity', logDensity, found).map((v) => Math.round(v * 1e4) / 1e4),
    cells: cells ? labelsOnGrid('density: cells', cells, found) : [],
    points: keep.map((i) => all[i]),
    centers: rows('density: centers', centers, 2),
    stars: stars && {
      name: text('density: stars.name', stars.name),
      points: rows('density: stars.points', stars.points, 2),
    },
  };
  return card('density', words, picture, note);
}
