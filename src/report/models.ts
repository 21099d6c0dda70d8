/** What pictures need of fitted models: asked for on a grid, as plain numbers. */
import { InputError } from '../core/errors.js';
import { rows, type Points } from './input.js';

/** A tensor, as far as its numbers are read. */
export interface Numbers {
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}
/** Rows [N, D], one after the other. */
export type Rows = { values: Float64Array; shape: [number, number] };

/** What {@link regionsOf} asks: KMeans and GaussianMixture have it. */
export interface Predicts {
  predict(x: Rows): Numbers;
}
/** What {@link densityOf} asks: GaussianMixture and PCA have it. */
export interface Scores {
  scoreSamples(x: Rows): Numbers;
}

/** Points across and up, and how far the grid goes beyond the data, as a share of their extent. */
export interface GridOptions {
  width?: number;
  height?: number;
  margin?: number;
}

async function take(tensor: Numbers): Promise<number[]> {
  const values = Array.from(await tensor.data());
  tensor.dispose();
  return values;
}

/** The points of a grid over the data, row by row from the bottom. */
function gridOver(where: string, x: Points, { width = 160, height = 100, margin = 0.05 }: GridOptions) {
  const found = rows(where, x, 2);
  if (found.length === 0) throw new InputError(`${where} has no rows; a grid is drawn over one at least.`);
  const ends = [0, 1].map((j) => {
    const [low, high] = found.reduce(
      ([a, b], row) => [Math.min(a, row[j]), Math.max(b, row[j])],
      [Infinity, -Infinity],
    );
    const room = margin * (high - low) || 1;
    return [low - room, high + room];
  });
  const [[left, right], [bottom, top]] = ends;
  const values = new Float64Array(2 * width * height);
  for (let i = 0; i < width * height; i++) {
    values[2 * i] = left + ((right - left) * (i % width)) / (width - 1);
    values[2 * i + 1] = bottom + ((top - bottom) * Math.floor(i / width)) / (height - 1);
  }
  const points: Rows = { values, shape: [width * height, 2] };
  return { points, grid: { extent: [left, right, bottom, top], width, height } };
}

/**
 * What a model says on a grid over the data: the input of `section.regions`, but for its words.
 *
 * @param model fitted on two features
 * @param x [N, 2] the data
 * @returns grid, cells and points
 * @throws InputError where x is not finite rows of two numbers
 */
export async function regionsOf(model: Predicts, x: Points, options: GridOptions = {}) {
  const { points, grid } = gridOver('regionsOf: x', x, options);
  return { grid, cells: await take(model.predict(points)), points: x };
}

/**
 * A model's log density on a grid over the data: the input of `section.density`, but for its words.
 *
 * @param model fitted on two features
 * @param x [N, 2] the data
 * @returns grid, logDensity [height x width] in nats, the labels there (`cells`) where the model predicts, and points
 * @throws InputError where x is not finite rows of two numbers
 */
export async function densityOf(model: Scores & Partial<Predicts>, x: Points, options: GridOptions = {}) {
  const { points, grid } = gridOver('densityOf: x', x, options);
  const logDensity = await take(model.scoreSamples(points));
  const cells = model.predict && (await take(model.predict(points)));
  return { grid, logDensity, cells, points: x };
}
