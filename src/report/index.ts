/**
 * tfjs-latent/report: plain arrays or fitted models in, one HTML page out.
 *
 * @packageDocumentation
 */
export { Report } from './report.js';
export { Section } from './section.js';
export type { Axes, Card, ReportData, SectionData, Words } from './data.js';
export type { Points } from './input.js';
export type { ConfusionInput } from './cards/confusion.js';
export type { EllipsesInput } from './cards/ellipses.js';
export type { LinesInput } from './cards/lines.js';
export type { ScatterInput } from './cards/scatter.js';
export type { TableInput } from './cards/table.js';
