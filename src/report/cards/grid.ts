import { InputError } from '../../core/errors.js';
import type { Grid } from '../data.js';
import { labels, numbers } from '../input.js';

/** A rectangle of points in the plane, row by row from the bottom, each row from the left. */
export interface GridInput {
  /** Left, right, bottom, top: where the outermost points are. */
  extent: ArrayLike<number>;
  /** Points across. */
  width: number;
  /** Points up. */
  height: number;
}

/** The grid, its shape checked. */
export function grid(where: string, { extent, width, height }: GridInput): Grid {
  const [left, right, bottom, top, ...more] = numbers(`${where}: grid.extent`, extent);
  if (!(left < right && bottom < top) || more.length > 0) {
    throw new InputError(
      `${where}: grid.extent must be [left, right, bottom, top], each pair rising; got [${Array.from(extent).join(', ')}].`,
    );
  }
  if (!(Number.isInteger(width) && Number.isInteger(height) && width > 1 && height > 1)) {
    throw new InputError(`${where}: grid must have two points or more each way; got ${width} by ${height}.`);
  }
  return { extent: [left, right, bottom, top], width, height };
}

/** Numbers at the grid's points. */
export function onGrid(where: string, values: ArrayLike<number>, { width, height }: Grid): number[] {
  const found = numbers(where, values);
  if (found.length === width * height) return found;
  throw new InputError(`${where} has ${found.length} numbers; the grid has ${width} x ${height} points.`);
}

/** Labels at the grid's points. */
export const labelsOnGrid = (where: string, values: ArrayLike<number>, on: Grid): number[] =>
  labels(where, onGrid(where, values, on), on.width * on.height);
