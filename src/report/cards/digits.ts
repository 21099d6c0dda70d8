import { InputError } from '../../core/errors.js';
import type { Card, DigitsData, Words } from '../data.js';
import { numbers, text } from '../input.js';
import { base64 } from './base64.js';
import { card } from './words.js';

export interface DigitsInput extends Words {
  items: readonly {
    /** [side x side] ink, 0 to 255, row by row from the top; what lies outside is drawn as the nearest. */
    pixels: ArrayLike<number>;
    caption: string;
  }[];
}

/** Small square images in grey, as of MNIST, side by side with their captions. */
export function digitsCard({ items, ...words }: DigitsInput): Card {
  const side = Math.sqrt(items[0]?.pixels.length ?? 0);
  const drawn = items.map(({ pixels, caption }, i) => {
    const ink = numbers(`digits: items[${i}].pixels`, pixels);
    if (!Number.isInteger(side) || side === 0 || ink.length !== side * side) {
      throw new InputError(
        `digits: items[${i}].pixels must be a square of pixels, of one size for all; got ${ink.length} numbers.`,
      );
    }
    return {
      pixels: base64(Uint8ClampedArray.from(ink)),
      caption: text(`digits: items[${i}].caption`, caption),
    };
  });
  const picture: DigitsData = { kind: 'digits', side, items: drawn };
  return card('digits', words, picture);
}
