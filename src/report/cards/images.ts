import { InputError } from '../../core/errors.js';
import type { Card, ImagesData, Words } from '../data.js';
import { numbers, text } from '../input.js';
import { base64 } from './base64.js';
import { card } from './words.js';

export interface ImagesInput extends Words {
  items: readonly {
    /** The bytes of a PNG, JPEG, GIF or WebP file. */
    file: Uint8Array;
    caption: string;
    /** [3 K] red, green and blue of the colours that it is made of, 0 to 255: drawn below it. */
    palette?: ArrayLike<number>;
  }[];
}

/** How the files begin. */
const TYPES: [string, RegExp][] = [
  ['image/png', /^\x89PNG/],
  ['image/jpeg', /^\xff\xd8\xff/],
  ['image/gif', /^GIF8/],
  ['image/webp', /^RIFF.{4}WEBP/s],
];

function address(where: string, file: Uint8Array): string {
  const head = file instanceof Uint8Array ? String.fromCharCode(...file.subarray(0, 12)) : '';
  const type = TYPES.find(([, begins]) => begins.test(head));
  if (type) return `data:${type[0]};base64,${base64(file)}`;
  throw new InputError(`${where} must be the bytes (Uint8Array) of a PNG, JPEG, GIF or WebP file.`);
}

function swatches(where: string, palette: ArrayLike<number>): string[] {
  const bytes = numbers(where, palette);
  if (bytes.length % 3 !== 0 || bytes.some((value) => value < 0 || value > 255)) {
    throw new InputError(`${where} must have three numbers from 0 to 255 for each colour.`);
  }
  return Array.from(
    { length: bytes.length / 3 },
    (_, k) =>
      `rgb(${bytes
        .slice(3 * k, 3 * k + 3)
        .map(Math.round)
        .join(', ')})`,
  );
}

/** Images side by side, each with its caption and its colours. */
export function imagesCard({ items, ...words }: ImagesInput): Card {
  const picture: ImagesData = {
    kind: 'images',
    items: items.map(({ file, caption, palette = [] }, i) => ({
      src: address(`images: items[${i}].file`, file),
      caption: text(`images: items[${i}].caption`, caption),
      swatches: swatches(`images: items[${i}].palette`, palette),
    })),
  };
  return card('images', words, picture);
}
