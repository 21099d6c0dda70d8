/**
 * How long `import 'tfjs-latent'` takes beside tfjs-core's own: `npm run build && npx tsx bench/import-time.ts`.
 *
 * Each measurement is a fresh process that loads tfjs-core and then this library, as ES modules and by require, and tells
 * the time of both; the medians count.
 */
import { spawnSync } from 'node:child_process';
import { median } from './judge.js';

const PROCESSES = 25;

const LOADS = {
  import: ['module', (name: string) => `await import('${name}')`],
  require: ['commonjs', (name: string) => `require('${name}')`],
} as const;

/** Milliseconds of loading tfjs-core, and of this library after it. */
function measure([type, load]: (typeof LOADS)[keyof typeof LOADS]): [core: number, ours: number] {
  const code = `
    const start = performance.now();
    ${load('@tensorflow/tfjs-core')};
    const middle = performance.now();
    ${load('tfjs-latent')};
    console.log(JSON.stringify([middle - start, performance.now() - middle]));`;
  const { stdout, stderr } = spawnSync(process.execPath, [`--input-type=${type}`, '-e', code], {
    encoding: 'utf8',
  });
  if (!stdout) throw new Error(stderr);
  return JSON.parse(stdout) as [number, number];
}

for (const [name, load] of Object.entries(LOADS)) {
  measure(load); // what the disk's cache has not yet
  const times = Array.from({ length: PROCESSES }, () => measure(load));
  const [core, ours] = [0, 1].map((part) => median(times.map((time) => time[part])).toFixed(0));
  console.log(
    `${name}: tfjs-core ${core} ms, tfjs-latent ${ours} ms more (medians of ${PROCESSES} processes)`,
  );
}
