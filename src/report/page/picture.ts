import type { Picture } from '../data.js';
import { drawConfusion } from './confusion.js';
import { drawEllipses } from './ellipses.js';
import { drawLines } from './lines.js';
import { drawScatter } from './scatter.js';
import { drawTable } from './table.js';

type Draw<P> = (area: HTMLElement, picture: P) => void | Promise<void>;

/** Who draws which kind. */
const DRAW: { [K in Picture['kind']]: Draw<Extract<Picture, { kind: K }>> } = {
  confusion: drawConfusion,
  ellipses: drawEllipses,
  lines: drawLines,
  scatter: drawScatter,
  table: drawTable,
};

/** Draws a picture into an element, in place of what was there. */
export const draw = async (area: HTMLElement, picture: Picture): Promise<void> =>
  (DRAW[picture.kind] as Draw<Picture>)(area, picture);
