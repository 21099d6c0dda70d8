import type { BarsData } from '../data.js';
import { sizeOf } from './elements.js';
import { colours } from './palette.js';
import { axisNames, visNames } from './tfvis.js';

/** tfjs-vis' bars, one colour: the names tell them apart. */
export async function drawBars(area: HTMLElement, { names, values, x, y }: BarsData): Promise<void> {
  await tfvis.render.barchart(
    area,
    // Its type says numbers; text is drawn as it is.
    visNames(names).map((index, k) => ({ index: index as unknown as number, value: values[k] })),
    { ...sizeOf(area), ...axisNames({ x, y }), color: colours(1)[0] },
  );
}
