import type { Card, SilhouettesData, Words } from '../data.js';
import { labels, names, numbers, text } from '../input.js';
import { card } from './words.js';

export interface SilhouettesInput extends Words {
  /** A panel for each labeling of the rows, side by side. */
  panels: readonly {
    title: string;
    /** [N] the silhouette of each row, -1 to 1. */
    samples: ArrayLike<number>;
    /** [N] its cluster. */
    labels: ArrayLike<number>;
    names?: readonly string[];
  }[];
  x?: string;
}

type Panel = SilhouettesInput['panels'][number];

function panel({ title, samples, labels: given, names: called }: Panel, i: number) {
  const widths = numbers(`silhouettes: panels[${i}].samples`, samples);
  const found = labels(`silhouettes: panels[${i}].labels`, given, widths.length);
  const clusters = names(found, called).map((name, k) => ({
    name,
    widths: widths.filter((_, row) => found[row] === k).sort((a, b) => b - a),
  }));
  const mean = widths.reduce((sum, width) => sum + width, 0) / Math.max(1, widths.length);
  return { title: text(`silhouettes: panels[${i}].title`, title), mean, clusters };
}

/** The silhouette of every row, by cluster, with the mean as a dashed line. */
export function silhouettesCard({ panels, x = 'silhouette', ...words }: SilhouettesInput): Card {
  const picture: SilhouettesData = {
    kind: 'silhouettes',
    x: text('silhouettes: x', x),
    panels: panels.map(panel),
  };
  return card('silhouettes', words, picture);
}
