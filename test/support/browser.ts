import { pathToFileURL } from 'node:url';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findBrowser } from '../../scripts/browser.js';

/**
 * `describe` for tests in a browser. Only the test line's word that none could be had skips them; without it a missing
 * browser is a failure.
 */
export const describeInBrowser = process.env.TFJS_LATENT_NO_BROWSER ? describe.skip : describe;

/**
 * WebGL and WebGPU in software, both by way of Vulkan: without it a synchronous read of a WebGPU tensor ends the browser's
 * GPU process.
 */
const GRAPHICS = [
  '--enable-unsafe-webgpu',
  '--use-angle=swiftshader',
  '--use-vulkan=swiftshader',
  '--enable-features=Vulkan',
];

/** A headless browser, with WebGL in software, and WebGPU on pages of localhost. */
export async function launch(): Promise<Browser> {
  const executablePath = findBrowser();
  if (!executablePath) throw new Error('No browser: install chromium, or set CHROME_PATH.');
  const args = [...GRAPHICS, ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])];
  return chromium.launch({ executablePath, args });
}

/** A page, what it said on its console, the errors it threw, and what it asked for. */
export interface Watched {
  page: Page;
  said: string[];
  asked: string[];
}

/** What a driver says of its own speed. */
const DRIVER = /GL Driver Message \(OpenGL, Performance/;

/** An empty page that is listened to. */
export async function watched(browser: Browser, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said: string[] = [];
  const asked: string[] = [];
  page.on('console', (message) => {
    if (!DRIVER.test(message.text())) said.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => said.push(`thrown: ${error.message}`));
  page.on('request', (request) => asked.push(request.url()));
  return { page, said, asked };
}

/** Opens a file as from disk, offline, and waits until its pictures are drawn. */
export async function openFile(browser: Browser, file: string, width: number): Promise<Watched> {
  const opened = await watched(browser, { viewport: { width, height: 900 }, offline: true });
  await opened.page.goto(pathToFileURL(file).href);
  await opened.page.waitForSelector('html[data-ready]', { state: 'attached', timeout: 60_000 });
  return opened;
}
