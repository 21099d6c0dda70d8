import { InputError } from '../../core/errors.js';
import type { Axes, Card, Picture, Words } from '../data.js';
import { text } from '../input.js';

/** A card: the picture with its words, each of them text. */
export function card(kind: string, words: Words, picture: Picture, note?: string): Card {
  const { title, alt, wide } = words;
  const said = text(`${kind}: text`, words.text);
  if (text(`${kind}: title`, title).trim() === '') {
    throw new InputError(`${kind}: title is empty; name what is to be seen.`);
  }
  return { title, text: said, alt: alt ?? `${title}. ${said}`, wide: wide ?? false, note, picture };
}

/** The axes' names. */
export const axes = (kind: string, { x, y }: Axes): Axes => ({
  x: text(`${kind}: x`, x),
  y: text(`${kind}: y`, y),
});
