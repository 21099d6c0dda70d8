/** examples/browser, built and served as its reader would, and driven as a person does. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import type { Browser, Locator, Page } from 'playwright-core';
import { PNG } from 'pngjs';
import { KMeans } from '../../src/index.js';
import { loadMnist } from '../../src/node/index.js';
import { backends, useBackend } from '../support/backends.js';
import { describeInBrowser, launch, watched, type Watched } from '../support/browser.js';
import { expectClose } from '../support/close.js';
import { serveFolder, type Served } from '../support/page.js';

const SIDE = 28;

/** A picture of noise about some colours; the left column is transparent. */
function picture(width: number, height: number): PNG {
  const png = new PNG({ width, height });
  const about = [[200, 40, 30], [30, 160, 60], [40, 60, 190], [230, 220, 90], [20, 20, 20]]; // prettier-ignore
  for (let i = 0; i < width * height; i++) {
    const noise = (i * 7919) % 31;
    about[(i * 31) % 5].forEach((value, c) => (png.data[4 * i + c] = value + noise - 20 * c * (i % 2) * 0.1));
    png.data[4 * i + 3] = i % width === 0 ? 0 : 255;
  }
  return png;
}

const hexOf = (rgb: ArrayLike<number>): string =>
  `#${Array.from(rgb, (value) => Math.round(value).toString(16).padStart(2, '0')).join('')}`;

/** The colours of opaque pixels. */
function coloursOf({ data }: { data: ArrayLike<number> }): string[] {
  const seen = new Set<string>();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 0) seen.add(hexOf([data[i], data[i + 1], data[i + 2]]));
  }
  return [...seen].sort();
}

/** Of a page's names only what is used here: these files know Node's. */
interface Canvas {
  width: number;
  height: number;
  getContext(kind: '2d'): { getImageData(...box: number[]): { data: Uint8ClampedArray } };
}
declare const DataTransfer: new () => { items: { add(file: File): void } };

const pixelsOf = (canvas: Locator): Promise<number[]> =>
  canvas.evaluate((element) => {
    const drawn = element as unknown as Canvas;
    return Array.from(drawn.getContext('2d').getImageData(0, 0, drawn.width, drawn.height).data);
  });

/** What a canvas of dark ink on white has, 0 to 255. */
const inkOf = async (canvas: Locator): Promise<number[]> =>
  (await pixelsOf(canvas)).filter((_, at) => at % 4 === 0).map((value) => 255 - value);

async function downloaded(page: Page, button: string): Promise<{ name: string; content: Buffer }> {
  const [file] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ]);
  return { name: file.suggestedFilename(), content: readFileSync(await file.path()) };
}

const overflow = (page: Page): Promise<number> =>
  page.$eval('html', (root) => root.scrollWidth - root.clientWidth);

describeInBrowser('examples/browser', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'example-'));
  let served: Served;
  let browser: Browser;
  let watching: Watched;
  let page: Page;
  beforeAll(() => useBackend(backends[0]));
  beforeAll(async () => {
    const args = ['--import', 'tsx', 'scripts/example.ts', 'build', folder];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`The example does not build: ${stderr}`);
    [served, browser] = await Promise.all([serveFolder(folder), launch()]);
    watching = await watched(browser, { viewport: { width: 1200, height: 900 } });
    ({ page } = watching);
    await page.goto(served.url);
    await page.getByText('ladybug.png: 800 × 533').waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
    rmSync(folder, { recursive: true });
  });

  const run = (name = 'Find the colours') => page.getByRole('button', { name }).click();
  const choose = (name: string, mimeType: string, buffer: Buffer) =>
    page.getByLabel('Choose a picture…').setInputFiles({ name, mimeType, buffer });
  const segmented = () => page.locator('#segmented');

  it('finds the colours of a picture that is dropped: those of KMeans.fit, and no others are in it', async () => {
    const png = picture(150, 100);
    const bytes = [...PNG.sync.write(png)];
    const dropped = await page.evaluateHandle((data) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([Uint8Array.from(data)], 'noise.png', { type: 'image/png' }));
      return transfer;
    }, bytes);
    await page.dispatchEvent('h1', 'drop', { dataTransfer: dropped });
    await page.getByText('150 × 100, 15,000 pixels. 100 transparent pixels are left out').waitFor();
    await page.getByLabel('Number of colours').fill('4');
    await run();
    await page.getByText(/Settled after \d+ iterations: 4 colours/).waitFor();

    const rows: number[][] = [];
    for (let i = 0; i < png.data.length; i += 4) {
      if (png.data[i + 3] > 0) rows.push([0, 1, 2].map((c) => Math.fround(png.data[i + c] / 255)));
    }
    const model = await KMeans.fit(rows, { nClusters: 4, nInit: 1, seed: 42 });
    const centers = (await model.clusterCenters.array()).map((rgb) => hexOf(rgb.map((value) => 255 * value)));
    const labels = await model.labels!.data();
    const swatches = await page.locator('#palette code').allTextContents();
    expect([...swatches].sort()).toEqual([...centers].sort());
    const drawn = await pixelsOf(segmented());
    expect(drawn).toHaveLength(4 * 150 * 100);
    expect(coloursOf({ data: drawn })).toEqual([...centers].sort());
    const opaque = Array.from({ length: 150 * 100 }, (_, i) => 4 * i).filter((at) => drawn[at + 3] > 0);
    const seen = opaque.map((at) => hexOf(drawn.slice(at, at + 3)));
    expect(seen).toEqual(Array.from(labels, (k) => centers[k]));
    const curve = await page.locator('#curve').getAttribute('aria-label');
    const told = /^Inertia in (\d+) iterations: from [\d.,]+ to ([\d.,]+)$/.exec(curve!)!;
    expect([Number(told[1]), Number(told[2])]).toEqual([model.nIter, Number(model.inertia!.toPrecision(4))]);
    expect(await page.locator('#spent').textContent()).toMatch(
      /^K-means, \d+ iterations: [\d.]+ ms on the CPU$/,
    );
    model.dispose();
  });

  it('hands out the picture and the palette', async () => {
    const swatches = await page.locator('#palette code').allTextContents();
    const file = await downloaded(page, 'Picture (PNG)');
    expect(file.name).toBe('noise-4-colours.png');
    const decoded = PNG.sync.read(file.content);
    expect([decoded.width, decoded.height]).toEqual([150, 100]);
    expect([...decoded.data]).toEqual(await pixelsOf(segmented()));
    const palette = PNG.sync.read((await downloaded(page, 'Swatches (PNG)')).content);
    const middles = swatches.map((_, i) => 4 * ((palette.height / 2) * palette.width + 96 * i + 48));
    expect(middles.map((at) => hexOf(palette.data.subarray(at, at + 3)))).toEqual(swatches);
    expect(coloursOf(palette)).toEqual([...swatches].sort());
    const css = String((await downloaded(page, 'Palette (CSS)')).content);
    expect(css.match(/--colour-\d: #\w{6};/g)).toEqual(
      swatches.map((each, i) => `--colour-${i + 1}: ${each};`),
    );
    const gpl = String((await downloaded(page, 'Palette (GIMP)')).content).split('\n');
    expect(gpl[0]).toBe('GIMP Palette');
    expect(gpl.slice(3, 7).map((line) => hexOf(line.trim().split(/\s+/, 3).map(Number)))).toEqual(swatches);
  });

  it('can be cancelled, and goes on to the next picture', async () => {
    await page.getByRole('button', { name: 'Use the ladybug' }).click();
    await page.getByText('426,400 pixels').waitFor();
    await page.getByLabel('Number of colours').fill('16');
    await page.getByLabel('Start from').selectOption('random');
    await run();
    await page.getByText(/^Iteration [2-9]/).waitFor();
    await run('Cancel');
    await page.getByText(/^Cancelled after \d+ iterations/).waitFor();
    await page.getByRole('button', { name: 'Find the colours' }).waitFor();
    expect(await page.getByRole('button', { name: 'Picture (PNG)' }).isDisabled()).toBe(true);
    expect(await page.locator('#palette li').count()).toBe(16);
  });

  it('says what is wrong with a file, and what was done to a large picture', async () => {
    const alert = page.locator('#picture-message');
    await choose('notes.txt', 'text/plain', Buffer.from('hello'));
    await page.getByText('“notes.txt” is not a picture that this browser can open').waitFor();
    await choose('air.png', 'image/png', PNG.sync.write(new PNG({ width: 8, height: 8 })));
    await page.getByText('“air.png” is wholly transparent').waitFor();
    const wide = new PNG({ width: 2500, height: 10 });
    wide.data.fill(255);
    await choose('wide.png', 'image/png', PNG.sync.write(wide));
    await page.getByText('wide.png: 1000 × 4, 4,000 pixels. Scaled down from 2500 × 10.').waitFor();
    expect(await alert.isHidden()).toBe(true);
    await run();
    await page.getByText('1 colours. Fewer than asked for: clusters of the same colour are one.').waitFor();
  });

  const ask = async () => ({
    probabilities: await page
      .getByRole('meter')
      .evaluateAll((all) => all.map((meter) => Number(meter.getAttribute('aria-valuenow')))),
    texts: await page.locator('#components .number').allTextContents(),
    verdict: (await page.locator('#verdict').textContent())!,
  });
  const densityIn = (verdict: string) =>
    Number(/Log density (−[\d.]+) nats/.exec(verdict)![1].replace('−', '-'));

  /** What plain tfjs says in Node. */
  async function expected(pixels: number[]) {
    const graph = await tf.loadGraphModel('file://models/mnist-gmm/model.json');
    const outputs = graph.predict(tf.tensor2d([pixels])) as tf.NamedTensorMap;
    const probabilities = await outputs.probabilities.data();
    const [logDensity] = await outputs.logDensity.data();
    graph.dispose();
    return { probabilities, logDensity };
  }

  it('asks the mixture about a digit that is drawn', async () => {
    await page.getByRole('tab', { name: 'Digits of a mixture' }).click();
    await page.getByRole('button', { name: 'Test digit 9' }).waitFor();
    const pad = (await page.locator('#pad').boundingBox())!;
    const line = [[90, 60], [190, 60], [150, 150], [130, 230]] as const; // prettier-ignore
    await page.mouse.move(pad.x + 90, pad.y + 60);
    await page.mouse.down();
    for (const [x, y] of line) await page.mouse.move(pad.x + x, pad.y + y, { steps: 4 });
    await page.mouse.up();
    await page.getByText('Log density').waitFor();
    await page.locator('#components[aria-busy=false]').waitFor();

    const { probabilities, texts, verdict } = await ask();
    expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    expect(texts).toEqual(probabilities.map((value) => `${(100 * value).toFixed(1)} %`));
    const pixels = await inkOf(page.locator('#seen'));
    const rows = pixels.flatMap((value, i) => (value > 0 ? [Math.floor(i / SIDE)] : []));
    expect(Math.max(...rows) - Math.min(...rows)).toBe(19); // its longer side is 20 pixels
    const node = await expected(pixels);
    expectClose(probabilities, Array.from(node.probabilities), {
      rtol: 1e-3,
      atol: 1e-5,
      what: 'probabilities',
    });
    expect(densityIn(verdict)).toBeCloseTo(node.logDensity, 0);
    expect(await page.locator('#spent').textContent()).toMatch(/^One digit: [\d.]+ ms on wasm$/);
  });

  it('without a mouse: a test digit, on each backend, and where its density lies', async () => {
    const digit = page.getByRole('button', { name: 'Test digit 4' });
    await digit.focus();
    await page.keyboard.press('Enter');
    await page.getByText(/^Typical/).waitFor();
    const onWasm = await ask();
    const { x, labels } = await loadMnist({ split: 'test', dir: 'data/mnist' });
    const pixels = await inkOf(page.locator('#seen'));
    const is = (i: number) => pixels.every((value, at) => x.values[SIDE ** 2 * i + at] === value);
    expect(Array.from(labels).filter((digit, i) => digit === 4 && is(i))).toHaveLength(1);
    for (const backend of ['webgl', 'cpu']) {
      await page.getByLabel('Backend').selectOption(backend);
      await page.getByText(new RegExp(`^One digit: [\\d.]+ ms on ${backend}$`)).waitFor();
      const here = await ask();
      expectClose(here.probabilities, onWasm.probabilities, { rtol: 1e-3, atol: 1e-5, what: backend });
      expect(densityIn(here.verdict)).toBeCloseTo(densityIn(onWasm.verdict), 0);
    }
    await page.getByRole('button', { name: 'Strange' }).first().click();
    await page.getByText(/^Strange: (none|1) of 10,000 test digits (is|are) stranger\./).waitFor();
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Nothing drawn yet.').waitFor();
    expect((await ask()).probabilities).toEqual(new Array(10).fill(0));
  });

  it('samples new digits, of which each can be asked about', async () => {
    const sheets: string[] = [];
    for (let i = 0; i < 2; i++) {
      await page.getByRole('button', { name: 'Sample twelve' }).click();
      await page.getByText('12 new digits: ').waitFor();
      const canvases = await page.locator('#samples canvas').all();
      expect(canvases).toHaveLength(12);
      const inks = await Promise.all(canvases.map(inkOf));
      for (const ink of inks) expect(Math.max(...ink) - Math.min(...ink)).toBeGreaterThan(150);
      sheets.push(...inks.map(String));
      await page.getByRole('button', { name: 'New digit 1,' }).click();
      await page.getByText('One digit: ').waitFor();
    }
    expect(new Set(sheets).size).toBe(24);
  });

  it.each([1200, 420])('fits a window of %i pixels, both tabs, by keyboard', async (width) => {
    await page.setViewportSize({ width, height: 900 });
    await page.getByRole('tab', { selected: true }).focus();
    await page.keyboard.press('Home');
    expect(await page.locator('section:visible').getAttribute('id')).toBe('colours');
    expect(await overflow(page)).toBe(0);
    await page.keyboard.press('ArrowRight');
    expect(await page.locator('section:visible').getAttribute('id')).toBe('digits');
    expect(new URL(page.url()).hash).toBe('#digits');
    expect(await overflow(page)).toBe(0);
  });

  it('said nothing on the console, and asked no other host', () => {
    expect(watching.said).toEqual([]);
    const hosts = watching.asked
      .map((address) => new URL(address))
      .filter(({ protocol }) => protocol !== 'blob:');
    expect(new Set(hosts.map(({ origin }) => `${origin}/`))).toEqual(new Set([served.url]));
  });
});
