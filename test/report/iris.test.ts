import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { describeInBrowser, launch, openFile } from '../support/browser.js';
import { folder, runJob } from '../support/jobs.js';
import { cardsOf, expectDrawn, marks, rounded } from '../support/pictures.js';

describeInBrowser('reports/iris.html', () => {
  const out = folder();
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
    runJob('iris', out, '--quick', '--backend', 'cpu');
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true });
  });

  it.each([1200, 420])('is drawn whole, %i pixels wide, with a mark for each number', async (width) => {
    const opened = await openFile(browser, path.join(out, 'iris.html'), width);
    await expectDrawn(opened, 3);
    const title = 'The clusters and their Gaussians';
    expect(await marks(opened.page, title, 'points')).toBe(150);
    expect(await marks(opened.page, title, 'ellipse')).toBe(6);
    expect(await marks(opened.page, title, 'centres')).toBe(3);
    await opened.page.close();
  });

  it("shows the numbers of the job's JSON", async () => {
    const { page } = await openFile(browser, path.join(out, 'iris.html'), 1200);
    const { pictures, figures } = JSON.parse(readFileSync(path.join(out, 'iris.json'), 'utf8'));
    const cards = await cardsOf(page);
    const picture = (title: string) => cards.get(title)!.picture;
    const petals = pictures.classes.x.map((row: number[]) => row.slice(2));
    expect(picture('The species')).toMatchObject({ points: petals, labels: pictures.classes.labels });
    const ellipses = picture('The clusters and their Gaussians');
    expect(ellipses).toMatchObject({ points: petals, labels: pictures.clusters.labels });
    const counts = picture('Species and clusters').values as number[][];
    expect(counts.flat().reduce((a, b) => a + b)).toBe(150);
    expect(counts.reduce((sum, row, k) => sum + row[k], 0)).toBe(pictures.clusters.correct);
    const [{ y }] = picture('Log-likelihood by iteration').series as { y: number[] }[];
    expect(y).toEqual(rounded(pictures.clusters.history));
    const table = await page.locator('table').innerText();
    for (const { what } of figures) expect(table).toContain(what);
  });
});
