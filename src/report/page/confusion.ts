import type { ConfusionData } from '../data.js';
import { sizeOf, widthOf } from './elements.js';
import { axisNames, FONT, visNames } from './tfvis.js';

/** Pixels that the legend takes at the right: a gap, and its title, which names a variable of tfjs-vis. */
function legendWidth(canvas: HTMLCanvasElement): number {
  const context = canvas.ownerDocument.createElement('canvas').getContext('2d')!;
  context.font = `bold ${FONT}px sans-serif`;
  return 16 + context.measureText('scaleCount').width;
}

/** tfjs-vis' confusion matrix: the shade by the count, which stands in each cell; so the legend is hidden. */
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
  const canvas = area.querySelector('canvas')!;
  canvas.style.clipPath = `inset(0 ${(100 * legendWidth(canvas)) / widthOf(area)}% 0 0)`;
}
