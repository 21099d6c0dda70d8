import type { Axes, Card, RegionsData, Words } from '../data.js';
import { rows, sampled, type Points } from '../input.js';
import { grid, labelsOnGrid, type GridInput } from './grid.js';
import { axes, card } from './words.js';

export interface RegionsInput extends Words, Axes {
  grid: GridInput;
  /** [height x width] the label at each point of the grid. */
  cells: ArrayLike<number>;
  /** Each region is what lies nearest to its centre, as K-means has it: borders are then exact lines. */
  voronoi?: boolean;
  /** [N, 2] */
  points?: Points;
  /** [K, 2] */
  centers?: Points;
}

/** Which label each part of the plane has, with the borders between them. */
export function regionsCard(input: RegionsInput): Card {
  const { grid: on, cells, voronoi = false, points = [], centers = [], x, y, ...words } = input;
  const found = grid('regions', on);
  const all = rows('regions: points', points, 2);
  const { keep, note } = sampled(all.length);
  const picture: RegionsData = {
    kind: 'regions',
    ...axes('regions', { x, y }),
    grid: found,
    cells: labelsOnGrid('regions: cells', cells, found),
    voronoi,
    points: keep.map((i) => all[i]),
    centers: rows('regions: centers', centers, 2),
  };
  return card('regions', words, picture, note);
}
