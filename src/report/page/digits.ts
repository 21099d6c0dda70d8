import type { DigitsData } from '../data.js';
import { element, widthOf } from './elements.js';

/** Pixels of an image on the screen, at most. */
const WIDEST = 126;

/** Ink on white paper, a canvas pixel for each. */
function paint(pixels: string, side: number): HTMLCanvasElement {
  const canvas = element('canvas', { width: side, height: side });
  const ink = atob(pixels);
  const image = new ImageData(side, side);
  for (let i = 0; i < side * side; i++) {
    image.data.fill(255 - ink.charCodeAt(i), 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  canvas.getContext('2d')!.putImageData(image, 0, 0);
  return canvas;
}

/** Columns: as many as fit or a quarter less, so that the last row is as full as can be. */
function columns(n: number, width: number): number {
  const most = Math.max(1, Math.min(n, Math.floor((width + 14) / 94)));
  const least = Math.ceil(0.75 * most);
  const empty = (across: number) => (across - (n % across)) % across;
  const choices = Array.from({ length: most - least + 1 }, (_, i) => most - i);
  return choices.reduce((best, each) => (empty(each) < empty(best) ? each : best));
}

/** Small images, each with its caption below. */
export function drawDigits(area: HTMLElement, { side, items }: DigitsData): void {
  const drawn = items.map(({ pixels, caption }) => {
    const canvas = paint(pixels, side);
    canvas.setAttribute('role', 'img');
    canvas.setAttribute('aria-label', caption);
    return element('div', { className: 'item' }, canvas, element('div', { className: 'caption' }, caption));
  });
  area.style.gridTemplateColumns = `repeat(${columns(items.length, widthOf(area))}, minmax(0, ${WIDEST}px))`;
  area.replaceChildren(...drawn);
}
