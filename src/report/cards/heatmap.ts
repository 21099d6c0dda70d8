import { InputError } from '../../core/errors.js';
import type { Axes, Card, HeatmapData, Words } from '../data.js';
import { rows } from '../input.js';
import { axes, card } from './words.js';

export interface HeatmapInput extends Words, Axes {
  /** [R, C] */
  values: readonly ArrayLike<number>[];
  rowNames: readonly string[];
  columnNames: readonly string[];
}

/** A number in each cell of a rectangle, the darker the larger. */
export function heatmapCard(input: HeatmapInput): Card {
  const { values, rowNames, columnNames, x, y, ...words } = input;
  const found = rows('heatmap: values', values, columnNames.length);
  if (found.length !== rowNames.length) {
    throw new InputError(`heatmap: values has ${found.length} rows; there are ${rowNames.length} rowNames.`);
  }
  const picture: HeatmapData = {
    kind: 'heatmap',
    ...axes('heatmap', { x, y }),
    values: found,
    rowNames: rowNames.map(String),
    columnNames: columnNames.map(String),
  };
  return card('heatmap', words, picture);
}
