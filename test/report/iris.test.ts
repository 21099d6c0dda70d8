import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { describeInBrowser, launch, openFile, type Watched } from '../support/browser.js';
import { folder, runJob } from '../support/jobs.js';
import { coloursOfCanvases, dataOf, marks, overflow } from '../support/pictures.js';

const out = folder();
const file = path.join(out, 'iris.html');
let browser: Browser;

describeInBrowser.each([1200, 420])('reports/iris.html, %i pixels wide', (width) => {
  let opened: Watched;
  beforeAll(async () => {
    if (!browser) runJob('iris', out, '--quick', '--backend', 'cpu');
    browser ??= await launch();
    opened = await openFile(browser, file, width);
  });
  if (width === 420)
    afterAll(async () => {
      await browser?.close();
      rmSync(out, { recursive: true });
    });

  it('is drawn whole, in silence, and asks for nothing', async () => {
    const { page, said, asked } = opened;
    expect(await page.getAttribute('html', 'data-ready')).toBe('1');
    expect(said).toEqual([]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^file:.*iris\.html$/);
    expect(await overflow(page)).toBe(0);
  });

  it('has a drawing in each canvas, and a mark for each number', async () => {
    const { page } = opened;
    const canvases = await coloursOfCanvases(page);
    expect(canvases).toHaveLength(4);
    for (const colours of canvases) expect(colours).toBeGreaterThan(5);
    const title = 'The clusters and their Gaussians';
    expect(await marks(page, title, 'points')).toBe(150);
    expect(await marks(page, title, 'ellipse')).toBe(6);
    expect(await marks(page, title, 'centres')).toBe(3);
  });

  it("shows the numbers of the job's JSON", async () => {
    const { pictures, figures } = JSON.parse(readFileSync(path.join(out, 'iris.json'), 'utf8'));
    const { sections } = await dataOf(opened.page);
    const [[known], [ellipses, confusion, curve]] = sections.map(({ cards }) =>
      cards.map(({ picture }) => picture),
    );
    const petals = pictures.classes.x.map((row: number[]) => row.slice(2));
    expect(known).toMatchObject({ points: petals, labels: pictures.classes.labels });
    expect(ellipses).toMatchObject({ points: petals, labels: pictures.clusters.labels });
    const onDiagonal = (confusion.values as number[][]).reduce((sum, row, k) => sum + row[k], 0);
    expect(onDiagonal).toBe(pictures.clusters.correct);
    const [{ y }] = curve.series as { y: number[] }[];
    expect(y).toEqual(pictures.clusters.history.map((v: number) => Number(v.toPrecision(8))));
    const table = await opened.page.locator('table').innerText();
    for (const { what } of figures) expect(table).toContain(what);
  });
});
