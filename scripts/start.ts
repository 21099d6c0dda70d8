/**
 * `npm start`: sets up the native backend, then runs the jobs, one after the other.
 * What is given on the line goes to every job: the flags that all of them know.
 */
import { parse } from './commandLine.js';
import { launch } from './launch.js';

const JOBS = ['iris', 'blobs', 'ladybug', 'mnist'] as const;

/** On 2 cores, nearly all of it MNIST's mixture. */
const ESTIMATE = { quick: 'about 20 seconds', full: 'about 2 minutes' };

/** Ctrl-C ends the script that runs by itself; it means those that are to come, too. */
let stopped = false;
process.on('SIGINT', () => (stopped = true));
async function succeeds(script: string, args: readonly string[]): Promise<boolean> {
  const status = await launch(script, args);
  if (!stopped) return status === 0;
  console.error('\nStopped.');
  process.exit(130);
}

const args = process.argv.slice(2);
const description = `Sets up native TensorFlow, then runs the jobs: ${JOBS.join(', ')}.`;
const { quick } = parse({ name: 'npm start --', description }, args);
const native = await succeeds('src/node/cli.ts', ['native']);
if (!native)
  console.log('Native TensorFlow could not be set up (see above); going on with the next best backend.');
console.log(`Jobs: ${JOBS.join(', ')}. Time: ${ESTIMATE[quick ? 'quick' : 'full']}.`);
const failed: string[] = [];
for (const job of JOBS) {
  console.log(`\n── ${job} ${'─'.repeat(90 - job.length)}`);
  if (!(await succeeds(`scripts/train-${job}.ts`, args))) failed.push(job);
}
if (failed.length > 0) {
  console.error(`\nNot as it should be: ${failed.join(', ')} (the reasons are above).`);
  process.exitCode = 1;
}
