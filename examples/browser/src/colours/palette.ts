/** A palette as a list on the page, and in the formats that other programs read. */
import type { Colour } from './segment';

export const hex = ({ rgb }: Colour): string =>
  `#${rgb.map((value) => value.toString(16).padStart(2, '0')).join('')}`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Shows them in a list of swatches. */
export function showPalette(list: HTMLUListElement, colours: Colour[]): void {
  list.replaceChildren(
    ...colours.map((colour) => {
      const item = document.createElement('li');
      const swatch = document.createElement('span');
      swatch.className = 'swatch';
      swatch.style.background = hex(colour);
      const name = document.createElement('code');
      name.textContent = hex(colour);
      item.append(swatch, name, ` ${percent(colour.share)}`);
      return item;
    }),
  );
}

/** Custom properties. */
export const toCss = (colours: Colour[]): string =>
  `:root {\n${colours.map((each, i) => `  --colour-${i + 1}: ${hex(each)}; /* ${percent(each.share)} */\n`).join('')}}\n`;

/** GIMP's format, which Inkscape and Krita read too. */
export const toGpl = (name: string, colours: Colour[]): string =>
  [
    'GIMP Palette',
    `Name: ${name}`,
    '#',
    ...colours.map((each) => `${each.rgb.map((value) => String(value).padStart(3)).join(' ')}\t${hex(each)}`),
    '',
  ].join('\n');

const SWATCH = 96;

/** Squares side by side. */
export function toCanvas(colours: Colour[]): HTMLCanvasElement {
  const size = { width: SWATCH * colours.length, height: SWATCH };
  const canvas = Object.assign(document.createElement('canvas'), size);
  const context = canvas.getContext('2d')!;
  colours.forEach((colour, i) => {
    context.fillStyle = hex(colour);
    context.fillRect(i * SWATCH, 0, SWATCH, SWATCH);
  });
  return canvas;
}
