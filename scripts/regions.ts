/** The pictures of decision regions as small grids of numbers, and the numbers of models that stand beside them. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Blobs } from '../src/datasets/blobs.js';

export type Rows = Blobs['x'];

/** A tensor's numbers; the tensor is freed. */
export async function take(tensor: Tensor): Promise<number[]> {
  const values = Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

/** Numbers cut into rows of `width`. */
export const rowsOf = (values: readonly number[], width: number): number[][] =>
  Array.from({ length: values.length / width }, (_, i) => values.slice(i * width, (i + 1) * width));

/** The largest |a - b|. */
export const gap = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) : NaN;

/** Index of the rows of a [K, 2] array, by their first column; ties by the second. */
export const orderOf = (rows: readonly (readonly number[])[]): number[] =>
  [...rows.keys()].sort((a, b) => rows[a][0] - rows[b][0] || rows[a][1] - rows[b][1]);

/** The points of a picture: as the notebook's, 0.1 beyond the data, `width` by `height` of them. */
export function gridOver({ values }: Rows, width = 200, height = 100) {
  const ends = [0, 1].map((j) => {
    const column = values.filter((_, i) => i % 2 === j);
    return [Math.min(...column) - 0.1, Math.max(...column) + 0.1];
  });
  const points = new Float64Array(2 * width * height);
  const [[left, right], [bottom, top]] = ends;
  for (let i = 0; i < width * height; i++) {
    points[2 * i] = left + ((right - left) * (i % width)) / (width - 1);
    points[2 * i + 1] = bottom + ((top - bottom) * Math.floor(i / width)) / (height - 1);
  }
  const x: Rows = { values: points, shape: [width * height, 2] };
  return { x, extent: [left, right, bottom, top], width, height };
}

/** Labels on the grid over the data, row by row from the bottom. */
export async function regions(model: { predict(x: Rows): Tensor }, x: Rows) {
  const { x: points, ...grid } = gridOver(x);
  return { ...grid, labels: await take(model.predict(points)) };
}
