/** What a report is made of, as the page reads it: plain JSON. */

/** Words of a card: every picture has them all. */
export interface Words {
  /** Name of the picture. */
  title: string;
  /** A sentence on what to see in it. */
  text: string;
  /** For a screen reader, instead of the picture; without it the title and the text. */
  alt?: string;
  /** Takes the whole width of the page. */
  wide?: boolean;
}

/** Names of the axes, with units. */
export interface Axes {
  x: string;
  y: string;
}

/** Rows that stand out, drawn as red stars. */
export interface Stars {
  name: string;
  points: number[][];
}

export interface TableData {
  kind: 'table';
  headers: string[];
  rows: string[][];
}

export interface LinesData extends Axes {
  kind: 'lines';
  series: { name: string; x: number[]; y: number[] }[];
  /** Rules across the picture, from below or from the left. */
  marks: { x?: number; y?: number; label: string }[];
  /** Dots with their values as text. */
  dots: boolean;
}

export interface ScatterData extends Axes {
  kind: 'scatter';
  points: number[][];
  /** Index into `names`, one a point. */
  labels: number[];
  names: string[];
  centers: number[][];
  stars?: Stars;
}

export interface ConfusionData extends Axes {
  kind: 'confusion';
  /** [true][found] */
  values: number[][];
  names: string[];
}

export interface EllipsesData extends Axes {
  kind: 'ellipses';
  points: number[][];
  labels: number[];
  names: string[];
  means: number[][];
  /** [K][2][2] */
  covariances: number[][][];
}

/** A rectangle of numbers, row by row from the bottom. */
export interface Grid {
  /** Left, right, bottom, top: of the centres of the outermost cells. */
  extent: number[];
  width: number;
  height: number;
}

export interface BarsData extends Axes {
  kind: 'bars';
  names: string[];
  values: number[];
}

export interface HistogramData extends Axes {
  kind: 'histogram';
  bins: { from: number; to: number; count: number }[];
  /** Upright rules. */
  marks: { x: number; label: string }[];
}

export interface HeatmapData extends Axes {
  kind: 'heatmap';
  /** [row][column] */
  values: number[][];
  rowNames: string[];
  columnNames: string[];
}

export interface RegionsData extends Axes {
  kind: 'regions';
  grid: Grid;
  /** The label at each point of the grid. */
  cells: number[];
  /** The regions are those of the nearest centre: their borders are drawn as such, not from the grid. */
  voronoi: boolean;
  points: number[][];
  centers: number[][];
}

export interface DensityData extends Axes {
  kind: 'density';
  grid: Grid;
  /** Log density at each point of the grid. */
  logDensity: number[];
  /** Labels on the grid, for the dashed borders between the components; may be empty. */
  cells: number[];
  points: number[][];
  centers: number[][];
  stars?: Stars;
}

export interface SilhouettesData {
  kind: 'silhouettes';
  x: string;
  /** One panel for each labeling: the widths of each cluster's rows, largest first, and the mean of all rows. */
  panels: { title: string; mean: number; clusters: { name: string; widths: number[] }[] }[];
}

export interface ImagesData {
  kind: 'images';
  items: { src: string; caption: string; swatches: string[] }[];
}

export interface DigitsData {
  kind: 'digits';
  /** Pixels along a side. */
  side: number;
  /** Pixels as base64 of one byte each, 0 is paper and 255 is ink. */
  items: { pixels: string; caption: string }[];
}

export type Picture =
  | TableData
  | LinesData
  | ScatterData
  | BarsData
  | HistogramData
  | ConfusionData
  | HeatmapData
  | EllipsesData
  | RegionsData
  | DensityData
  | SilhouettesData
  | ImagesData
  | DigitsData;

/** A picture with its words. */
export interface Card extends Words {
  picture: Picture;
  /** What was left out of the picture, if anything was. */
  note?: string;
}

export interface SectionData {
  title: string;
  text: string;
  cards: Card[];
}

/** The whole report. */
export interface ReportData {
  title: string;
  text: string;
  sections: SectionData[];
}
