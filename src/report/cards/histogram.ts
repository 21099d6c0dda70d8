import type { Card, HistogramData, Words } from '../data.js';
import { numbers, text } from '../input.js';
import { card } from './words.js';

export interface HistogramInput extends Words {
  values: ArrayLike<number>;
  /** Name of the values, with their unit. */
  x: string;
  /** Name of the counts. */
  y?: string;
  /** Dashed upright rules, each with a label. */
  marks?: readonly { x: number; label: string }[];
}

/** Bins at most. */
const BINS = 40;

/** How often values fall into each of at most forty bins of one width. */
export function histogramCard({ values, x, y = 'count', marks = [], ...words }: HistogramInput): Card {
  const found = numbers('histogram: values', values);
  const [low, high] = found.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
  const n = low < high ? BINS : 1;
  const width = low < high ? (high - low) / n : 1;
  const counts = new Array<number>(found.length > 0 ? n : 0).fill(0);
  for (const value of found) counts[Math.min(n - 1, Math.floor((value - low) / width))]++;
  const picture: HistogramData = {
    kind: 'histogram',
    x: text('histogram: x', x),
    y: text('histogram: y', y),
    marks: marks.map((mark, i) => ({
      x: numbers(`histogram: marks[${i}].x`, [mark.x])[0],
      label: String(mark.label),
    })),
    bins: counts.map((count, i) => ({ from: low + i * width, to: low + (i + 1) * width, count })),
  };
  return card('histogram', words, picture);
}
