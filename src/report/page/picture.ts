import type { Picture } from '../data.js';
import { drawBars } from './bars.js';
import { drawConfusion } from './confusion.js';
import { drawDensity } from './density.js';
import { drawDigits } from './digits.js';
import { drawEllipses } from './ellipses.js';
import { drawHeatmap } from './heatmap.js';
import { drawHistogram } from './histogram.js';
import { drawImages } from './images.js';
import { drawLines } from './lines.js';
import { drawRegions } from './regions.js';
import { drawScatter } from './scatter.js';
import { drawSilhouettes } from './silhouettes.js';
import { drawTable } from './table.js';

type Draw<P> = (area: HTMLElement, picture: P) => void | Promise<void>;

/** Who draws which kind. */
const DRAW: { [K in Picture['kind']]: Draw<Extract<Picture, { kind: K }>> } = {
  bars: drawBars,
  confusion: drawConfusion,
  density: drawDensity,
  digits: drawDigits,
  ellipses: drawEllipses,
  heatmap: drawHeatmap,
  histogram: drawHistogram,
  images: drawImages,
  lines: drawLines,
  regions: drawRegions,
  scatter: drawScatter,
  silhouettes: drawSilhouettes,
  table: drawTable,
};

/** Draws a picture into an element, in place of what was there. */
export const draw = async (area: HTMLElement, picture: Picture): Promise<void> =>
  (DRAW[picture.kind] as Draw<Picture>)(area, picture);
