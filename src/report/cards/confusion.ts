import { InputError } from '../../core/errors.js';
import type { Axes, Card, ConfusionData, Words } from '../data.js';
import { rows } from '../input.js';
import { axes, card } from './words.js';

export interface ConfusionInput extends Words, Partial<Axes> {
  /** [K, K] how many rows of each true class (first index) were found in each class (second). */
  values: readonly ArrayLike<number>[];
  names: readonly string[];
}

/** Which class was taken for which. */
export function confusionCard({ values, names, x = 'found', y = 'true', ...words }: ConfusionInput): Card {
  const found = rows('confusion: values', values, names.length);
  if (found.length !== names.length) {
    throw new InputError(`confusion: values has ${found.length} rows; there are ${names.length} names.`);
  }
  const picture: ConfusionData = {
    kind: 'confusion',
    ...axes('confusion', { x, y }),
    values: found,
    names: names.map(String),
  };
  return card('confusion', words, picture);
}
