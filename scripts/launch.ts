/**
 * Runs a script of this project with the lines that TensorFlow prints about its own build kept off stderr: no setting
 * keeps them, they come before any. The script's own lines and bars go to file 3, the real stderr: see job.ts.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';

const CHATTER = [
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR/,
  /port\.cc:\d+\] oneDNN custom operations are on/,
];

/** @returns the exit status; 128 and its number where a signal ended the script, as a shell has it: 130 for Ctrl-C */
export function launch(script: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, ['--import', 'tsx', script, ...args], {
    stdio: ['inherit', 'inherit', 'pipe', 2],
    env: { ...process.env, TFJS_LATENT_STDERR: '3' },
  });
  createInterface({ input: child.stderr! }).on('line', (line) => {
    if (!CHATTER.some((pattern) => pattern.test(line))) process.stderr.write(`${line}\n`);
  });
  // Ctrl-C reaches the script too: it ends by its own rules, and this with it.
  process.on('SIGINT', () => {});
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve(status ?? 128 + constants.signals[signal!]));
  });
}
