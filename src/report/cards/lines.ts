import { InputError } from '../../core/errors.js';
import type { Axes, Card, LinesData, Words } from '../data.js';
import { numbers } from '../input.js';
import { axes, card } from './words.js';

export interface LinesInput extends Words, Axes {
  /** Lines; without `x` their numbers stand at 1, 2, 3 … */
  series: readonly { name: string; x?: ArrayLike<number>; y: ArrayLike<number> }[];
  /** Dashed rules with a label, upright at an x or level at a y. */
  marks?: readonly { x?: number; y?: number; label: string }[];
  /** Draws each number as a dot, with its value as text. */
  dots?: boolean;
}

/** Curves: an objective by iteration, a score by the number of clusters. */
export function linesCard({ series, marks = [], dots = false, x, y, ...words }: LinesInput): Card {
  const lines = series.map(({ name, x: at, y: values }, i) => {
    const found = numbers(`lines: series[${i}].y`, values);
    const where = at ? numbers(`lines: series[${i}].x`, at) : found.map((_, j) => j + 1);
    if (where.length === found.length) return { name: String(name), x: where, y: found };
    throw new InputError(
      `lines: series[${i}] has ${where.length} numbers in x and ${found.length} in y; there must be as many.`,
    );
  });
  const picture: LinesData = {
    kind: 'lines',
    ...axes('lines', { x, y }),
    series: lines,
    marks: marks.map((mark) => ({ ...mark, label: String(mark.label) })),
    dots,
  };
  return card('lines', words, picture);
}
