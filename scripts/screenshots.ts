/** Pictures of reports/*.html for the README: `npx tsx scripts/screenshots.ts`, after the jobs. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { needBrowser } from './browser.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** A section or a card of a report, by its heading, in a window so wide. */
const SHOTS = [
  { name: 'iris', what: 'section', heading: 'What the mixture finds', width: 1000 },
  { name: 'blobs', what: 'section', heading: 'Choosing k', width: 1000 },
  { name: 'blobs', what: 'figure', heading: 'Anomalies', width: 640, as: 'density' },
  { name: 'mnist', what: 'section', heading: 'Digits of the mixture', width: 1000 },
];

const executablePath = needBrowser();
if (!executablePath) throw new Error('No browser: install chromium, or set CHROME_PATH.');
const folder = path.resolve(process.argv[2] ?? path.join(ROOT, 'reports'));
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
const browser = await chromium.launch({ executablePath, args });
mkdirSync(path.join(ROOT, 'docs'), { recursive: true });
for (const { name, what, heading, width, as = name } of SHOTS) {
  const file = path.join(folder, `${name}.html`);
  if (!existsSync(file)) {
    console.warn(`${file} is not there: run its job first.`);
    continue;
  }
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  await page.goto(pathToFileURL(file).href);
  await page.waitForSelector('html[data-ready="1"]', { state: 'attached' });
  const part = page.locator(what, { has: page.getByRole('heading', { name: heading, exact: true }) });
  await part.screenshot({ path: path.join(ROOT, `docs/report-${as}.png`) });
}
await browser.close();
