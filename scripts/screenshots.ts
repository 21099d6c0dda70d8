/** Pictures for README and guides, of reports/*.html and the example: `npx tsx scripts/screenshots.ts [folder]`, after the jobs and a build. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium, type Browser } from 'playwright-core';
import { useBestBackend } from '../src/node/index.js';
import { needBrowser } from './browser.js';
import { serveExample } from './example.js';
import { guidesPage } from './pages/guides.js';
import { inColours } from './palette.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What docs/report-<as>.png shows of a report: a section or a card, by how its heading begins. */
interface Shot {
  as: string;
  report: string;
  section?: string;
  card?: string;
  /** Of a section the cards of these headings only, without the section's own words. */
  cards?: string[];
  width: number;
}

const ODD = 'Odd shapes, Gaussian mixtures';

const SHOTS: Shot[] = [
  { as: 'iris', report: 'iris', section: 'What the mixture finds', width: 1000 },
  { as: 'regions', report: 'blobs', card: 'The plane by nearest centre', width: 640 },
  { as: 'starts', report: 'blobs', section: 'Two random starts', width: 1000 },
  { as: 'odd', report: 'blobs', section: 'Odd shapes, K-means', width: 1000 },
  { as: 'blobs', report: 'blobs', section: 'Choosing k', width: 1000 },
  { as: 'covariances', report: 'blobs', section: ODD, cards: ['Covariance'], width: 1000 },
  { as: 'sample', report: 'blobs', section: ODD, cards: ['The data', 'A sample'], width: 1000 },
  { as: 'density', report: 'blobs', card: 'Anomalies', width: 640 },
  { as: 'flowers', report: 'guides', card: 'Iris along two', width: 640 },
  { as: 'components', report: 'guides', card: 'Digits of some', width: 640 },
  { as: 'variance', report: 'mnist', card: 'Explained variance', width: 640 },
  { as: 'centers', report: 'mnist', card: 'The ten centres', width: 1000 },
  { as: 'restarts', report: 'mnist', card: 'Log-likelihood of each restart', width: 1000 },
  { as: 'strange', report: 'mnist', card: 'The strangest test digits', width: 640 },
  { as: 'mnist', report: 'mnist', section: 'Digits of the mixture', width: 1000 },
];

/** More do not show. */
const COLOURS = 64;

const beginning = (words: string): RegExp => new RegExp(`^${words}`);

async function take(browser: Browser, file: string, { section, card, cards, width }: Shot): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  page.setDefaultTimeout(120_000);
  await page.goto(pathToFileURL(file).href);
  const ready = await page.waitForSelector('html[data-ready]', { state: 'attached' });
  if ((await ready.getAttribute('data-ready')) !== '1')
    throw new Error(`${file} does not draw all its cards.`);
  const named = (what: string, words: string) =>
    page.locator(what, { has: page.getByRole('heading', { name: beginning(words) }) });
  const part = await (card ? named('figure', card) : named('section', section!)).elementHandle();
  if (cards) {
    await part!.evaluate((element, kept) => {
      for (const child of element.querySelectorAll('figure, h2, h2 + p')) {
        const heading = child.querySelector('h3')?.textContent ?? '';
        if (!kept.some((words) => heading.startsWith(words))) child.remove();
      }
    }, cards);
  }
  const png = await inColours(await part!.screenshot(), COLOURS);
  await page.close();
  return png;
}

/** The ladybug in eight colours, the photograph over a part of it. */
async function shootExample(browser: Browser): Promise<void> {
  const server = await serveExample();
  const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
  await page.goto(server.resolvedUrls!.local[0]);
  await page.getByText('ladybug.png:').waitFor();
  await page.getByLabel('Number of colours').fill('8');
  await page.getByRole('button', { name: 'Find the colours' }).click();
  await page.getByText(/^Settled/).waitFor();
  await page.getByLabel('Photograph, from the left').fill('42');
  const file = path.join(ROOT, 'docs/example-browser.jpg');
  // Half of it is a photograph.
  await page.screenshot({ path: file, type: 'jpeg', quality: 88, fullPage: true });
  await server.close();
}

const executablePath = needBrowser();
if (!executablePath) throw new Error('No browser: install chromium, or set CHROME_PATH.');
const folder = path.resolve(process.argv[2] ?? path.join(ROOT, 'reports'));
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
const made = mkdtempSync(path.join(tmpdir(), 'guides-'));
await useBestBackend();
writeFileSync(path.join(made, 'guides.html'), (await guidesPage()).toHtml());
for (const shot of SHOTS) {
  const file = path.join(shot.report === 'guides' ? made : folder, `${shot.report}.html`);
  if (!existsSync(file)) {
    console.warn(`${file} is not there: run its job first.`);
    continue;
  }
  writeFileSync(path.join(ROOT, `docs/report-${shot.as}.png`), await take(browser, file, shot));
}
rmSync(made, { recursive: true });
await shootExample(browser);
await browser.close();
