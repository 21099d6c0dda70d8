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

export type Picture = TableData | LinesData | ScatterData | ConfusionData | EllipsesData;

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
