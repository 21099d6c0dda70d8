import type { Axes, Card, ScatterData, Words } from '../data.js';
import { labels, names, rows, sampled, text, type Points } from '../input.js';
import { axes, card } from './words.js';

export interface ScatterInput extends Words, Axes {
  /** [N, 2] */
  points: Points;
  /** [N] index into `names`; without them all points look the same. */
  labels?: ArrayLike<number>;
  names?: readonly string[];
  /** [K, 2] drawn as crosses. */
  centers?: Points;
  /** [M, 2] points that stand out, drawn as red stars; all of them, however many points there are. */
  stars?: { name: string; points: Points };
}

/** Points in the plane, each class with a colour and a shape of its own. */
export function scatterCard(input: ScatterInput): Card {
  const { points, labels: given, names: called, centers = [], stars, x, y, ...words } = input;
  const all = rows('scatter: points', points, 2);
  const found = labels('scatter: labels', given ?? new Uint8Array(all.length), all.length);
  const { keep, note } = sampled(all.length);
  const picture: ScatterData = {
    kind: 'scatter',
    ...axes('scatter', { x, y }),
    points: keep.map((i) => all[i]),
    labels: keep.map((i) => found[i]),
    names: given ? names(found, called) : [],
    centers: rows('scatter: centers', centers, 2),
    stars: stars && {
      name: text('scatter: stars.name', stars.name),
      points: rows('scatter: stars.points', stars.points, 2),
    },
  };
  return card('scatter', words, picture, note);
}
