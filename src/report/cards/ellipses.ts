import { InputError } from '../../core/errors.js';
import type { Axes, Card, EllipsesData, Words } from '../data.js';
import { labels, names, rows, sampled, type Points } from '../input.js';
import { axes, card } from './words.js';

export interface EllipsesInput extends Words, Axes {
  /** [N, 2] */
  points: Points;
  /** [N] the component of each point. */
  labels: ArrayLike<number>;
  names?: readonly string[];
  /** [K, 2] */
  means: Points;
  /** [K, 2, 2] */
  covariances: readonly (readonly ArrayLike<number>[])[];
}

/** Points with the ellipses of their components, at one and two standard deviations. */
export function ellipsesCard(input: EllipsesInput): Card {
  const { points, labels: given, names: called, means, covariances, x, y, ...words } = input;
  const all = rows('ellipses: points', points, 2);
  const found = labels('ellipses: labels', given, all.length);
  const centres = rows('ellipses: means', means, 2);
  if (covariances.length !== centres.length) {
    throw new InputError(
      `ellipses: ${covariances.length} covariances for ${centres.length} means; there must be as many.`,
    );
  }
  const { keep, note } = sampled(all.length);
  const picture: EllipsesData = {
    kind: 'ellipses',
    ...axes('ellipses', { x, y }),
    points: keep.map((i) => all[i]),
    labels: keep.map((i) => found[i]),
    names: names(found, called),
    means: centres,
    covariances: covariances.map((each, k) => rows(`ellipses: covariances[${k}]`, each, 2)),
  };
  return card('ellipses', words, picture, note);
}
