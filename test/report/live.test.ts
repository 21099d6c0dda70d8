import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { backends } from '../support/backends.js';
import { describeInBrowser, launch, watched } from '../support/browser.js';
import { folder } from '../support/jobs.js';

const out = folder();
const jobs: ChildProcess[] = [];
afterAll(() => {
  // Those of a test that failed: they would keep jest from ending.
  jobs.forEach((job) => job.kill('SIGKILL'));
  rmSync(out, { recursive: true });
});

/** A live job: its process, where its page is, what it said so far, and how it ends. */
async function start(...flags: string[]) {
  const args = ['--import', 'tsx', 'scripts/train-blobs.ts', '--live', '--out', out, ...flags];
  const job: ChildProcess = spawn(process.execPath, [...args, '--backend', backends[0]]);
  jobs.push(job);
  let said = '';
  const ended = new Promise<number | null>((resolve) => job.on('close', resolve));
  job.stdout!.resume();
  const address = await new Promise<string>((resolve, reject) => {
    void ended.then((status) => reject(new Error(`ended with ${status}: ${said}`)));
    job.stderr!.on('data', (text: Buffer) => {
      said += text;
      const found = /live at (\S+)/.exec(said);
      if (found) resolve(found[1]);
    });
  });
  return { job, address, ended, said: () => said };
}

const statusOf = (address: string, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    http.get(address, { headers: { host } }, (got) => resolve(got.resume().statusCode!)).on('error', reject);
  });

/** Opened as a page does it; what has come when a fit is going on. */
const inTheFit = (address: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let came = '';
    const listening = http.get(`${address}events`, (got) =>
      got.setEncoding('utf8').on('data', (text: string) => {
        came += text;
        if (!came.includes(', restart ')) return;
        got.destroy();
        resolve(came);
      }),
    );
    listening.on('error', reject);
  });

test('Ctrl-C in the fit ends it and the server, with one line and nothing half written', async () => {
  const { job, address, ended, said } = await start();
  expect(await statusOf(address, 'elsewhere.example')).toBe(403);
  expect(await statusOf(address, new URL(address).host)).toBe(200);
  expect(await statusOf(`${address}none`, new URL(address).host)).toBe(404);
  expect(await inTheFit(address)).toMatch(/^event: report\ndata: .*It has not begun yet/);
  job.kill('SIGINT');
  expect(await ended).toBe(130);
  expect(said().trim().split('\n').at(-1)).toBe('blobs: stopped.');
  expect(said()).not.toMatch(/^\s+at /m);
  expect(readdirSync(out)).toEqual([]);
  await expect(statusOf(address, new URL(address).host)).rejects.toThrow('ECONNREFUSED');
});

/** Every section's title that the page ever had: a fit may be over before one can ask for them. */
const NOTE_TITLES = `
  titles = [];
  new MutationObserver(() => titles.push(...[...document.querySelectorAll('h2')].map((each) => each.textContent)))
    .observe(document, { childList: true, subtree: true });
`;

describeInBrowser('--live', () => {
  let browser: Browser;
  beforeAll(async () => void (browser = await launch()));
  afterAll(() => browser?.close());

  it('grows through a whole fit, survives a page that is closed, and stays until Ctrl-C', async () => {
    const { job, address, ended } = await start('--quick');
    const { page, said, asked } = await watched(browser, { viewport: { width: 1200, height: 900 } });
    await page.addInitScript(NOTE_TITLES);
    await page.goto(address);
    const left = await watched(browser);
    await left.page.goto(address);
    await left.page.close();
    await page.waitForSelector('html[data-live=ended][data-ready="1"]', {
      state: 'attached',
      timeout: 100_000,
    });
    await page.waitForFunction("document.querySelectorAll('figure').length > 20");
    expect(await page.evaluate('titles')).toContainEqual(
      expect.stringMatching(/^(K-means, k = \d|Mixture, \w+), restart \d+$/),
    );
    expect(await page.locator('h2').last().innerText()).toBe('Figures');
    expect(said).toEqual([]);
    expect(asked.every((each) => each.startsWith(address) || each.startsWith('data:'))).toBe(true);
    expect(existsSync(path.join(out, 'blobs.json'))).toBe(true);
    job.kill('SIGINT');
    expect(await ended).toBe(0);
  });
});
