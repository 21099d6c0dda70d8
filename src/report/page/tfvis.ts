/** The part of tfjs-vis that the page draws with: its UMD build stands in the page. */
import type * as vis from '@tensorflow/tfjs-vis';

declare global {
  var tfvis: typeof vis;
}

/** Pixels, of axes and legends. */
export const FONT = 12;

/** A name below an axis, with an empty line that keeps its descenders on the canvas. */
export const below = (name: string): string => [name, ''] as unknown as string;
