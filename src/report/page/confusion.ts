import type { ConfusionData } from '../data.js';
import { sizeOf } from './elements.js';
import { axisNames, visNames } from './tfvis.js';

/** tfjs-vis' confusion matrix: counts as text, the shade by the count. */
export async function drawConfusion(
  area: HTMLElement,
  { values, names, x, y }: ConfusionData,
): Promise<void> {
  await tfvis.render.confusionMatrix(
    area,
    { values, tickLabels: visNames(names) },
    {
      ...sizeOf(area),
      shadeDiagonal: true,
      colorMap: ['#f7fbff', '#6baed6'],
      ...axisNames({ x, y }),
    },
  );
}
