/** The pages at full size: what shows with the numbers of a whole run only, and with many points. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { mnistPage } from '../../scripts/pages/mnist.js';
import { Report } from '../../src/report/index.js';
import { describeInBrowser, launch, openFile } from '../support/browser.js';
import { fullMnist } from '../support/fullMnist.js';
import { folder } from '../support/jobs.js';
import { cardsOf, expectDrawn, marks, rounded } from '../support/pictures.js';

describeInBrowser('a page of full size', () => {
  const out = folder();
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true });
  });
  const open = (report: Report, width: number) => {
    const file = path.join(out, 'page.html');
    writeFileSync(file, report.toHtml());
    return openFile(browser, file, width);
  };

  it.each([1200, 420])('mnist with the numbers of a whole run, %i pixels wide', async (width) => {
    const opened = await open(mnistPage(fullMnist), width);
    await expectDrawn(opened, 10 + 10 + 16 + 16 + 2);
    const { page } = opened;
    expect(await marks(page, 'Log-likelihood of each restart', 'line')).toBe(10);
    expect(await marks(page, 'Silhouette by k', 'dots')).toBe(5);
    const curves = (await cardsOf(page)).get('Inertia by k')!.picture.series as { y: number[] }[];
    const { kMeans, classes } = fullMnist.pictures;
    const inertias = classes.rows.map((n, i) => kMeans.map(({ bySplit }) => bySplit[i] / n));
    expect(curves.map(({ y }) => y)).toEqual(inertias.map(rounded));
    // Signs along each curve, and at its end.
    const { restarts } = fullMnist.pictures.mixture;
    const signs = await marks(page, 'Log-likelihood of each restart', 'signs');
    expect(signs).toBeGreaterThanOrEqual(7 * restarts.length);
    expect(signs).toBeLessThanOrEqual(9 * restarts.length);
    await page.close();
  });

  it('60,000 points are drawn as 5,000, and each card says so', async () => {
    const values = Float64Array.from({ length: 120_000 }, (_, i) => Math.sin(i * i));
    const points = { values, shape: [60_000, 2] as const };
    const labels = Uint8Array.from({ length: 60_000 }, (_, i) => i % 3);
    const words = { text: 'Many.', x: 'x', y: 'y' };
    const grid = { extent: [-1, 1, -1, 1], width: 3, height: 3 };
    const cells = new Uint8Array(9);
    const unit = [
      [1, 0],
      [0, 1],
    ];
    const means = [0, 1, 2].map((k) => [0, k / 3]);
    const stars = { name: 'far', points: means };
    const report = new Report('Many points');
    report
      .section('All')
      .scatter({ ...words, title: 'By class', points, labels })
      .scatter({ ...words, title: 'With stars', points, labels, stars })
      .ellipses({ ...words, title: 'Ellipses', points, labels, means, covariances: [unit, unit, unit] })
      .regions({ ...words, title: 'Regions', points, grid, cells })
      .density({ ...words, title: 'Density', points, grid, logDensity: cells.map((_, i) => -i) });
    const opened = await open(report, 1200);
    await expectDrawn(opened, 1);
    const { page } = opened;
    for (const title of ['With stars', 'Ellipses', 'Regions', 'Density'])
      expect(await marks(page, title, 'points')).toBe(5000);
    expect(await marks(page, 'With stars', 'stars')).toBe(3);
    const notes = await page.locator('figure .note').allInnerTexts();
    expect(notes).toEqual(new Array(5).fill('5,000 of 60,000 points are drawn, taken evenly.'));
    await page.close();
  });

  it('a picture that cannot be drawn says so, marks the page, and leaves the others as they are', async () => {
    const report = new Report('One of three fails');
    const curve = { text: 'A curve.', x: 'x', y: 'y', dots: true };
    const section = report.section('Curves');
    for (const title of ['First', 'Second', 'Third'])
      section.lines({ ...curve, title, series: [{ name: 'a', y: [1, 2] }] });
    (section.cards[1].picture as { kind: string }).kind = 'hologram';
    const { page, said } = await open(report, 1200);
    expect(await page.getAttribute('html', 'data-ready')).toBe('error');
    expect(said).toEqual([expect.stringMatching(/^thrown: /)]);
    expect(await marks(page, 'First', 'dots')).toBe(2);
    expect(await marks(page, 'Third', 'dots')).toBe(2);
    const second = page.locator('figure', { has: page.getByRole('heading', { name: 'Second' }) });
    expect(await second.locator('.draw').innerText()).toMatch(/^This picture could not be drawn: TypeError/);
    await page.close();
  });
});
