import type { Card } from '../data.js';
import { element } from './elements.js';
import { draw } from './picture.js';

/** A card's elements, there and with their widths before they are drawn. */
export interface Placed {
  caption: HTMLElement[];
  area: HTMLElement;
  paint(): Promise<void>;
}

/** The sentence, the note, and the area that `paint` draws into. */
export function place({ title, text, alt, note, picture }: Card): Placed {
  const area = element('div', { className: `draw ${picture.kind}` });
  // Tables and rows of images speak for themselves; of a drawing a screen reader gets the text.
  if (!['table', 'images', 'digits'].includes(picture.kind)) {
    area.setAttribute('role', 'img');
    area.setAttribute('aria-label', alt ?? title);
  }
  const notes = note ? [element('p', { className: 'note', textContent: note })] : [];
  const caption = [element('p', { textContent: text }), ...notes];
  const paint = async () => {
    try {
      await draw(area, picture);
    } catch (error) {
      area.replaceChildren(
        element('p', { className: 'note', textContent: `This picture could not be drawn: ${error}` }),
      );
      throw error;
    }
  };
  return { caption, area, paint };
}
