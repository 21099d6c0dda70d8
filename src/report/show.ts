import page from '#report-page';
import { InputError } from '../core/errors.js';
import type { ReportData } from './data.js';

/** What is used of a browser. */
interface Browser {
  document?: {
    createElement(tag: string): { textContent: string | null };
    head: { append(element: unknown): void };
  };
  tfvis?: unknown;
  tfjsLatentReport?: { show(report: ReportData): Promise<void> };
}

/** Draws into tfjs-vis' visor: that of the page where it has one (the global `tfvis`), else the one that comes with us. */
export async function show(report: ReportData): Promise<void> {
  const browser = globalThis as Browser;
  const { document } = browser;
  if (!document) {
    throw new InputError('Report.show() needs a page in a browser; in Node write toHtml() to a file.');
  }
  const add = (tag: string, textContent: string) =>
    document.head.append(Object.assign(document.createElement(tag), { textContent }));
  if (!browser.tfvis) add('script', page.vis);
  if (!browser.tfjsLatentReport) {
    add('style', page.pictures);
    add('script', page.draw);
  }
  await browser.tfjsLatentReport!.show(report);
}
