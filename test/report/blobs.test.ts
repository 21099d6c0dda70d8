import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { backends } from '../support/backends.js';
import { describeInBrowser, launch, openFile } from '../support/browser.js';
import { folder, runJob } from '../support/jobs.js';
import { cardsOf, expectDrawn, marks, rounded } from '../support/pictures.js';

describeInBrowser('reports/blobs.html', () => {
  const out = folder();
  let browser: Browser;
  let pictures: Record<string, never>;
  beforeAll(async () => {
    browser = await launch();
    runJob('blobs', out, '--quick', '--backend', backends[0]);
    ({ pictures } = JSON.parse(readFileSync(path.join(out, 'blobs.json'), 'utf8')));
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(out, { recursive: true });
  });
  const open = (width: number) => openFile(browser, path.join(out, 'blobs.html'), width);

  it.each([1200, 420])('is drawn whole, %i pixels wide, with a mark for each number', async (width) => {
    const opened = await open(width);
    const { page } = opened;
    await expectDrawn(opened, 2);
    const count = (title: RegExp, className: string) =>
      page
        .locator('figure', { has: page.getByRole('heading', { name: title }) })
        .locator(`svg g.${className} > *`)
        .count();
    for (const k of [3, 4, 8]) {
      expect(await count(new RegExp(`^k = ${k}: inertia`), 'points')).toBe(2000);
      expect(await count(new RegExp(`^k = ${k}: inertia`), 'centres')).toBe(k);
      expect(await count(new RegExp(`^k = ${k}: inertia`), 'border')).toBeGreaterThan(0);
    }
    expect(await marks(page, 'Inertia by k', 'dots')).toBe(9);
    expect(await marks(page, 'Silhouette by k', 'dots')).toBe(8);
    expect(await marks(page, 'Silhouette diagrams', 'cluster')).toBe(3 + 4 + 5 + 6);
    expect(await marks(page, 'Silhouette diagrams', 'mean')).toBe(4);
    const { rows, densities } = pictures.anomalies as { rows: number[]; densities: number[] };
    expect(await marks(page, 'The data', 'points')).toBe(2000 + 1250);
    expect(await marks(page, 'Log densities of the points', 'bins')).toBeGreaterThan(20);
    expect(densities).toHaveLength(1250);
    expect(await marks(page, 'Anomalies', 'stars')).toBe(rows.length);
    for (const type of ['full', 'tied', 'diag', 'spherical']) {
      const title = new RegExp(`^Covariance ${type}:`);
      expect(await count(title, 'points')).toBe(1250);
      expect(await count(title, 'centres')).toBe(3);
      expect(await count(title, 'level')).toBeGreaterThan(10);
      expect(await count(title, 'border')).toBeGreaterThan(1);
    }
    await page.close();
  });

  it("shows the numbers of the job's JSON", async () => {
    const { page } = await open(1200);
    const cards = await cardsOf(page);
    const picture = (begin: string) =>
      [...cards].find(([title]) => title.startsWith(begin))![1].picture as Record<string, never>;
    interface Saved {
      centers: number[][];
      labels: number[];
      regions: { labels: number[] };
    }
    // As text: toEqual takes seconds for 20,000 numbers.
    const expectRegions = (title: string, centers: number[][], labels: number[]) => {
      const { centers: drawn, cells } = picture(title) as Record<string, number[]>;
      expect(drawn).toEqual(centers.map(rounded));
      expect(cells.join('')).toBe(labels.join(''));
    };
    for (const k of [3, 4, 8]) {
      const { centers, labels } = pictures[`regions${k}`] as Saved;
      expectRegions(`k = ${k}: inertia`, centers, labels);
    }
    for (const [begin, name] of [
      ...[1, 2, 3].map((i) => [`After iteration ${i}`, `iteration${i}`]),
      ...[10, 11].map((seed) => [`Seed ${seed}`, `randomStart${seed}`]),
      ...[
        ['A good start', 'oddGood'],
        ['Free starts', 'oddFree'],
      ],
    ]) {
      const { centers, regions } = pictures[name] as Saved;
      expectRegions(begin, centers, regions.labels);
    }
    const { inertias, silhouettes } = pictures.byK as Record<string, number[]>;
    const curve = (title: string) => (picture(title).series as { y: number[] }[])[0].y;
    expect(curve('Inertia by k')).toEqual(rounded(inertias));
    expect(curve('Silhouette by k')).toEqual(rounded(silhouettes));
    expect(picture('Inertia by k').marks).toEqual([{ x: 4, label: 'elbow, k = 4' }]);
    const panels = picture('Silhouette diagrams').panels as { mean: number }[];
    panels.forEach(({ mean }, i) => expect(mean).toBeCloseTo(silhouettes[i + 1], 5));
    for (const type of ['full', 'tied', 'diag', 'spherical']) {
      const saved = pictures[`mixture_${type}`] as { logDensity: number[] };
      const drawn = picture(`Covariance ${type}:`).logDensity as number[];
      expect(drawn).toHaveLength(saved.logDensity.length);
      expect(Math.max(...drawn.map((v, i) => Math.abs(v - saved.logDensity[i])))).toBeLessThan(1e-4);
    }
    expect((picture('A sample of the mixture').points as number[][]).length).toBe(1250);
  });
});
