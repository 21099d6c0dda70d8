/**
 * `npm start`: sets up the native backend, then runs the jobs, one after the other.
 * What is given on the line (--quick, --backend, --seed …) goes to every job.
 */
import { spawnSync } from 'node:child_process';

const JOBS = ['iris', 'blobs', 'ladybug', 'mnist'] as const;

/** On 2 cores, nearly all of it the full ladybug. */
const ESTIMATE = { quick: 'about 20 seconds', full: 'about 2 minutes' };

const run = (args: string[]): number => spawnSync('npx', ['tsx', ...args], { stdio: 'inherit' }).status ?? 1;

const args = process.argv.slice(2);
const native = run(['src/node/cli.ts', 'native']) === 0;
if (!native)
  console.log('Native TensorFlow could not be set up (see above); going on with the next best backend.');
if (!args.includes('--help')) {
  console.log(`Jobs: ${JOBS.join(', ')}. Time: ${ESTIMATE[args.includes('--quick') ? 'quick' : 'full']}.`);
}
const failed = JOBS.filter((job) => {
  console.log(`\n── ${job} ${'─'.repeat(90 - job.length)}`);
  return run([`scripts/train-${job}.ts`, ...args]) !== 0;
});
if (failed.length > 0) {
  console.error(`\nNot as it should be: ${failed.join(', ')} (the reasons are above).`);
  process.exit(1);
}
