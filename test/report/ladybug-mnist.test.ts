import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { backends } from '../support/backends.js';
import { describeInBrowser, launch, openFile } from '../support/browser.js';
import { folder, runJob } from '../support/jobs.js';
import { cardsOf, expectDrawn, marks, rounded } from '../support/pictures.js';

const out = folder();
const file = (name: string) => path.join(out, name);
const picturesOf = (name: string) => JSON.parse(readFileSync(file(`${name}.json`), 'utf8')).pictures;
let browser: Browser;

beforeAll(async () => {
  if (process.env.TFJS_LATENT_NO_BROWSER) return;
  browser = await launch();
  for (const job of ['ladybug', 'mnist']) runJob(job, out, '--quick', '--backend', backends[0]);
});
afterAll(async () => {
  await browser?.close();
  rmSync(out, { recursive: true });
});

describeInBrowser('reports/ladybug.html', () => {
  it.each([1200, 420])('shows the photograph and its colours, %i pixels wide', async (width) => {
    const { original, segmented } = picturesOf('ladybug');
    const opened = await openFile(browser, file('ladybug.html'), width);
    await expectDrawn(opened, 0);
    const { page } = opened;
    const images = await page.$$eval('img', (all) =>
      all.map(({ src, naturalWidth, alt }) => ({ src, naturalWidth, alt })),
    );
    expect(images).toHaveLength(1 + segmented.length);
    [original, ...segmented].forEach(({ file: name }, i) => {
      expect(images[i].src.endsWith(readFileSync(file(name)).toString('base64'))).toBe(true);
      expect(images[i].naturalWidth).toBe(800);
      expect(images[i].alt).toContain('colours');
    });
    const swatches = await page.$$eval('.swatch', (all) => all.map(({ title }) => title));
    const palettes: number[][] = segmented.map(({ palette }: { palette: number[] }) => palette);
    expect(swatches.map((colour) => colour.match(/\d+/g)!.map(Number)).flat()).toEqual(palettes.flat());
    expect(await marks(page, 'Inertia by number of colours', 'dots')).toBe(segmented.length);
    await page.close();
  });
});

describeInBrowser('reports/mnist.html', () => {
  // Ten centres, ten means, sixteen samples, sixteen strange ones; bars, the one restart and a heatmap by tfjs-vis.
  const CANVASES = 10 + 10 + 16 + 16 + 3;

  it.each([1200, 420])('shows components, clusters, restarts and digits, %i pixels wide', async (width) => {
    const opened = await openFile(browser, file('mnist.html'), width);
    await expectDrawn(opened, CANVASES);
    expect(await marks(opened.page, 'Silhouette by k', 'dots')).toBe(2);
    expect(await marks(opened.page, 'Inertia by k', 'line')).toBe(3);
    await opened.page.close();
  });

  it("shows the numbers of the job's JSON", async () => {
    const pictures = picturesOf('mnist');
    const { page } = await openFile(browser, file('mnist.html'), 1200);
    const cards = await cardsOf(page);
    const picture = (title: string) => cards.get(title)!.picture;
    const pixelsIn = (title: string) =>
      (picture(title).items as { pixels: string }[]).map(({ pixels }) => [...Buffer.from(pixels, 'base64')]);
    const bytes = (rows: number[][]) => rows.map((row) => [...Uint8ClampedArray.from(row)]);
    expect(pixelsIn('The ten centres as digits')).toEqual(bytes(pictures.centers.pixels));
    expect(pixelsIn('The mean of each component')).toEqual(bytes(pictures.means.pixels));
    expect(pixelsIn('New digits, drawn from the mixture')).toEqual(bytes(pictures.samples.pixels));
    const strange = pictures.lowestDensity.map(({ pixels }: { pixels: number[] }) => pixels);
    expect(pixelsIn('The strangest test digits')).toEqual(bytes(strange));
    expect(picture('True digit by component').values).toEqual(pictures.byDigit);
    expect(picture('Training digits of each class').values).toEqual(pictures.classes.counts);
    const curves = (title: string) => (picture(title).series as { y: number[] }[]).map(({ y }) => y);
    const { restarts } = pictures.mixture as {
      restarts: { history: number[]; iterations: number; logLikelihood: number }[];
    };
    expect(curves('Log-likelihood of each restart')).toEqual(restarts.map(({ history }) => rounded(history)));
    for (const { history, iterations, logLikelihood } of restarts) {
      expect(history).toHaveLength(iterations);
      expect(history.at(-1)).toBe(logLikelihood);
    }
    const [kept] = curves('Explained variance by component');
    expect(kept[19]).toBeCloseTo(
      pictures.explainedVarianceRatio.reduce((a: number, b: number) => a + b),
      6,
    );
  });
});
