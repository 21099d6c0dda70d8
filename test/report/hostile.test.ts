import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, launch, openFile } from '../support/browser.js';
import { everyCard } from '../support/everyCard.js';
import { folder } from '../support/jobs.js';

const WORDS = [
  '</script><script>window.hit = 1</script>',
  '<!-- <script> <img src="http://localhost:1/x" onerror="window.hit = 1">',
  `"><svg onload='window.hit = 1'> & &lt; \u2028;`,
  'a.b[0]["c"]\\',
  "datum['x'] + window.alert(1) //",
  '__proto__',
  'x',
  'a name without an end '.repeat(20),
];

describeInBrowser('text from a user', () => {
  const out = folder();
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true });
  });

  it.each(WORDS)('%j is text in every kind of card, and draws as well as a harmless word', async (word) => {
    const report = everyCard(word);
    const file = path.join(out, 'hostile.html');
    writeFileSync(file, report.toHtml());
    const { page, said, asked } = await openFile(browser, file, 420);
    expect(said).toEqual([]);
    expect(await page.getAttribute('html', 'data-ready')).toBe('1');
    expect(asked.filter((address) => !address.startsWith('data:'))).toEqual([page.url()]);
    expect(await page.evaluate('window.hit')).toBeUndefined();
    expect(await page.title()).toBe(word.trim());
    const heads = await page.$$eval('h1, h2, h3', (all) => all.map(({ textContent }) => textContent));
    expect(heads).toEqual(new Array(2 + report.sections[0].cards.length).fill(word));
    const cells = await page.$$eval('th', (all) => all.map(({ textContent }) => textContent));
    expect(cells).toEqual([word, word, word]);
    expect(await page.$$eval('main script, main img[onerror], main svg[onload]', (all) => all.length)).toBe(
      0,
    );
    expect(await page.$eval('html', (root) => root.scrollWidth - root.clientWidth)).toBe(0);
    expect(await found(page, 'lines', THREE)).toBe(1);
    expect(await found(page, 'scatter', PALE)).toBe(3);
    expect(await page.locator('.lines').nth(1).locator('g.line > *').count()).toBe(3);
    await page.close();
  });
});

/** How many of these colours are in tfjs-vis' first picture of a kind: a name that it misreads draws nothing. */
const found = async (page: Page, kind: string, colours: number[][]): Promise<number> => {
  const pixels = await page.evaluate<number[][]>(`(() => {
    const canvas = document.querySelector('.${kind} canvas');
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Map();
    for (let i = 0; i < data.length; i += 4) seen.set(data.slice(i, i + 3).join(), [...data.slice(i, i + 3)]);
    return [...seen.values()];
  })()`);
  const near = (a: number[], b: number[]) => a.every((value, i) => Math.abs(value - b[i]) < 10);
  return colours.filter((colour) => pixels.some((pixel) => near(pixel, colour))).length;
};

/** Okabe and Ito's blue, vermilion, green; tfjs-vis' signs let three tenths of the white through. */
const THREE = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 158, 115],
];
const PALE = THREE.map((colour) => colour.map((value) => 0.7 * value + 0.3 * 255));
