/**
 * tfjs-latent/report: plain arrays or fitted models in, one HTML page out.
 *
 * @packageDocumentation
 */
export { Report } from './report.js';
export { Section } from './section.js';
export {
  densityOf,
  regionsOf,
  type GridOptions,
  type Numbers,
  type Predicts,
  type Rows,
  type Scores,
} from './models.js';
export type { Axes, Card, ReportData, SectionData, Words } from './data.js';
export type { Points } from './input.js';
export type { GridInput } from './cards/grid.js';
export type { BarsInput } from './cards/bars.js';
export type { ConfusionInput } from './cards/confusion.js';
export type { DensityInput } from './cards/density.js';
export type { DigitsInput } from './cards/digits.js';
export type { EllipsesInput } from './cards/ellipses.js';
export type { HeatmapInput } from './cards/heatmap.js';
export type { HistogramInput } from './cards/histogram.js';
export type { ImagesInput } from './cards/images.js';
export type { LinesInput } from './cards/lines.js';
export type { RegionsInput } from './cards/regions.js';
export type { ScatterInput } from './cards/scatter.js';
export type { SilhouettesInput } from './cards/silhouettes.js';
export type { TableInput } from './cards/table.js';
