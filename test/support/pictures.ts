import type { Page } from 'playwright-core';

/** Different colours in each canvas of the page, at most 64 counted: a blank one has one. */
export const coloursOfCanvases = (page: Page): Promise<number[]> =>
  page.$$eval('canvas', (all) =>
    all.map((canvas) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set<number>();
      for (const pixel of new Uint32Array(data.buffer)) if (seen.size < 64) seen.add(pixel);
      return seen.size;
    }),
  );

/** How far the page is wider than its window. */
export const overflow = (page: Page): Promise<number> =>
  page.$eval('html', (root) => root.scrollWidth - root.clientWidth);

/** The report that stands in a page. */
export const dataOf = (page: Page) =>
  page.$eval('#report', (script) => JSON.parse(script.textContent!) as Report);

/** How many marks of a class the card of a title has. */
export const marks = (page: Page, title: string, className: string): Promise<number> =>
  page
    .locator('figure', { has: page.getByRole('heading', { name: title, exact: true }) })
    .locator(`svg g.${className} > *`)
    .count();

interface Report {
  sections: { title: string; cards: { title: string; picture: Record<string, unknown> }[] }[];
}
