import type { HeatmapData } from '../data.js';
import { sizeOf } from './elements.js';
import { axisNames, visNames } from './tfvis.js';

/** tfjs-vis takes the values by column: given by row they need a backend to be turned. */
export async function drawHeatmap(area: HTMLElement, data: HeatmapData): Promise<void> {
  const { values, rowNames, columnNames, x, y } = data;
  await tfvis.render.heatmap(
    area,
    {
      values: columnNames.map((_, j) => values.map((row) => row[j])),
      xTickLabels: visNames(columnNames),
      yTickLabels: visNames(rowNames),
    },
    { ...sizeOf(area), colorMap: 'blues', ...axisNames({ x, y }) },
  );
}
