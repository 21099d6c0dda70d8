import type { Page } from 'playwright-core';
import type { Watched } from './browser.js';
import { hiddenWords } from './words.js';

interface Shown {
  title: string;
  note?: string;
  picture: Record<string, unknown>;
}

/** Different colours in each canvas of the page, at most 64 counted: a blank one has one. */
const coloursOfCanvases = (page: Page): Promise<number[]> =>
  page.$$eval('canvas', (all) =>
    all.map((canvas) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set<number>();
      for (const pixel of new Uint32Array(data.buffer)) if (seen.size < 64) seen.add(pixel);
      return seen.size;
    }),
  );

/** Drawn whole and in silence, nothing asked for but the file itself, nothing wider than the window, no word cut, nothing blank. */
export async function expectDrawn({ page, said, asked }: Watched, canvases: number): Promise<void> {
  expect(said).toEqual([]);
  expect(await page.getAttribute('html', 'data-ready')).toBe('1');
  expect(asked.filter((address) => !address.startsWith('data:'))).toEqual([page.url()]);
  expect(await page.$eval('html', (root) => root.scrollWidth - root.clientWidth)).toBe(0);
  expect(await hiddenWords(page)).toEqual([]);
  const colours = await coloursOfCanvases(page);
  expect(colours).toHaveLength(canvases);
  for (const each of colours) expect(each).toBeGreaterThan(2);
  for (const title of await page.$$eval('figure', (all) =>
    all.flatMap((figure) => {
      const { width } = figure.getBoundingClientRect();
      const wide = [...figure.querySelectorAll('svg, canvas, img')].some(
        (drawing) => drawing.getBoundingClientRect().width > width,
      );
      return wide ? [figure.textContent] : [];
    }),
  ))
    throw new Error(`wider than its card: ${title}`);
}

/** The cards of a page, by title, and what is drawn in them. */
export async function cardsOf(page: Page): Promise<Map<string, Shown>> {
  const data = await page.$eval('#report', (script) => script.textContent!);
  const { sections } = JSON.parse(data) as { sections: { cards: Shown[] }[] };
  return new Map(sections.flatMap(({ cards }) => cards.map((card) => [card.title, card])));
}

/** How many marks of a class the card of a title has. */
export const marks = (page: Page, title: string, className: string): Promise<number> =>
  page
    .locator('figure', { has: page.getByRole('heading', { name: title, exact: true }) })
    .locator(`svg g.${className} > *`)
    .count();

/** A number as the page has it. */
export const rounded = (values: number[]): number[] => values.map((value) => Number(value.toPrecision(8)));
