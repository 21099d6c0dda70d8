import type { ImagesData } from '../data.js';
import { element } from './elements.js';

/** Images with their captions, and the colours that each is made of. */
export async function drawImages(area: HTMLElement, { items }: ImagesData): Promise<void> {
  const images: HTMLImageElement[] = [];
  const drawn = items.map(({ src, caption, swatches }) => {
    const image = element('img', { src, alt: caption });
    images.push(image);
    const colours = swatches.map((colour) => {
      const swatch = element('span', { className: 'swatch', title: colour });
      swatch.style.background = colour;
      return swatch;
    });
    return element(
      'div',
      { className: 'item' },
      image,
      element('div', { className: 'swatches' }, ...colours),
      element('div', { className: 'caption' }, caption),
    );
  });
  area.replaceChildren(...drawn);
  await Promise.all(images.map((image) => image.decode()));
}
