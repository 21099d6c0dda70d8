import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { Report } from '../../src/report/index.js';
import { describeInBrowser, launch, watched } from '../support/browser.js';

test('Report.show() in Node says what to do instead', async () => {
  await expect(new Report('r').show()).rejects.toThrow('in Node write toHtml() to a file');
});

describeInBrowser('Report.show()', () => {
  let browser: Browser;
  let code: string;
  beforeAll(async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: "export * from './src/report/index.ts';",
        resolveDir: process.cwd(),
      },
      bundle: true,
      write: false,
      format: 'iife',
      globalName: 'latent',
      target: 'es2022',
    });
    code = outputFiles[0].text;
    browser = await launch();
  });
  afterAll(() => browser?.close());

  const CURVE = `
    const curve = (y) => {
      const report = new latent.Report('A fit');
      const words = { title: 'Inertia', text: 'It falls.', x: 'iteration', y: 'inertia' };
      report.section('One').lines({ ...words, series: [{ name: 'inertia', y }] }).lines({
        ...words, series: [{ name: 'inertia', y }], dots: true,
      });
      report.section('Two').scatter({ ...words, title: '<b>Points</b>', points: [[0, 1], [1, 2]], centers: [[0, 1]] });
      return report.show();
    };
    curve`;
  const pixels = (page: Page) =>
    page.evaluate("document.querySelector('.visor .lines canvas').toDataURL()") as Promise<string>;

  it('draws into the visor, and again in the same place', async () => {
    const { page, said, asked } = await watched(browser);
    await page.setContent('<!doctype html><title>t</title><h1>Mine</h1>');
    await page.addScriptTag({ content: code });
    await page.evaluate(`(async () => { ${CURVE}; await curve([3, 2]); })()`);
    const first = await pixels(page);
    await page.evaluate(`(async () => { ${CURVE}; await curve([3, 2, 1, 0.5]); })()`);
    expect(await pixels(page)).not.toBe(first);
    expect(await page.locator('.visor .draw').count()).toBe(3);
    expect(await page.locator('.visor .tf-tab').allInnerTexts()).toEqual(['One', 'Two']);
    expect(await page.locator('.visor .lines svg g.dots > *').count()).toBe(4);
    expect(await page.locator('.visor .scatter svg g.points > *').count()).toBe(2);
    expect(await page.locator('.visor b').count()).toBe(0);
    expect(await page.locator('h1').innerText()).toBe('Mine');
    expect(said).toEqual([]);
    expect(asked).toEqual([]);
  });
});
