import { InputError } from '../../core/errors.js';
import type { Axes, BarsData, Card, Words } from '../data.js';
import { numbers } from '../input.js';
import { axes, card } from './words.js';

export interface BarsInput extends Words, Axes {
  names: readonly string[];
  /** [K] one for each name. */
  values: ArrayLike<number>;
}

/** A bar for each name. */
export function barsCard({ names, values, x, y, ...words }: BarsInput): Card {
  const found = numbers('bars: values', values);
  if (found.length !== names.length) {
    throw new InputError(`bars: ${found.length} values for ${names.length} names; there must be as many.`);
  }
  const picture: BarsData = {
    kind: 'bars',
    ...axes('bars', { x, y }),
    names: names.map(String),
    values: found,
  };
  return card('bars', words, picture);
}
