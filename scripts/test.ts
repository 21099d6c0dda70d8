/**
 * `npm test`: sets up the native backend, then runs every test. Where native TensorFlow, or its kernels, cannot be had, it
 * says so and the tests run on what is left; the same holds for a browser. With CI set, a missing piece is a failure.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { needBrowser } from './browser.js';

const npx = (args: string[], env: NodeJS.ProcessEnv = process.env): number =>
  spawnSync('npx', args, { stdio: 'inherit', env }).status ?? 1;

/** What the command ends with when only the kernels are missing. */
const PARTLY = 3;
const ended = npx(['tsx', 'src/node/cli.ts', 'native', '--strict']);
if (ended !== 0 && process.env.CI) {
  console.error('CI is set: native TensorFlow and its kernels must be there, and are not (see above).');
  process.exit(1);
}
const env = { ...process.env };
if (ended === PARTLY) {
  env.TFJS_LATENT_KERNELS = 'none';
  console.warn('SKIPPED: every test of the native kernels, which could not be set up (see above).');
} else if (ended !== 0) {
  env.TFJS_LATENT_BACKENDS = 'wasm,cpu';
  console.warn('SKIPPED: every test on native TensorFlow, which could not be set up (see above).');
}
const browser = needBrowser();
if (browser) env.CHROME_PATH = browser;
else if (process.env.CI) {
  console.error('CI is set: a browser must be there, and none was found or could be installed (see above).');
  process.exit(1);
} else {
  env.TFJS_LATENT_NO_BROWSER = '1';
  console.warn('SKIPPED: every test in a browser: none was found or could be installed (set CHROME_PATH).');
}
if (spawnSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }).status !== 0) process.exit(1);
mkdirSync('reports', { recursive: true });
const args = ['jest', '--json', '--outputFile=reports/tests.json', ...process.argv.slice(2)];
process.exit(npx(args, env));
