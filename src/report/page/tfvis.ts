/** The part of tfjs-vis that the page draws with: its UMD build stands in the page. */
import type { Axes } from '../data.js';
import type * as vis from '@tensorflow/tfjs-vis';

declare global {
  var tfvis: typeof vis;
}

/** Pixels, of axes and legends. */
export const FONT = 12;

/** Longer ones would leave no room for the drawing. */
const LONGEST = { name: 24, axis: 44 };

const cut = (name: string, most: number): string =>
  name.length > most ? `${name.slice(0, most - 1)}…` : name;

/** Options of the axes: their names, and below the lower one an empty line that keeps its descenders on the canvas. */
export const axisNames = ({ x, y }: Axes) => ({
  xLabel: [cut(x, LONGEST.axis), ''] as unknown as string,
  yLabel: cut(y, LONGEST.axis),
  fontSize: FONT,
});

/** tfjs-vis and Vega use names as paths into records: the signs that mean something there get look-alikes. */
const LOOKS: Record<string, string> = { '.': '․', '[': '［', ']': '］', '\\': '＼', '"': '”', "'": '’' };
/**
 * Names as tfjs-vis can take them: cut where they are long, none a property that every record has (`__proto__`), no two
 * alike. What makes them differ is a zero-width space.
 */
export const visNames = (names: readonly string[]): string[] =>
  names.map((name, k) => {
    const safe = cut(name, LONGEST.name).replace(/[.[\]\\"']/g, (sign) => LOOKS[sign]);
    return safe + '\u200b'.repeat(k + 1);
  });
