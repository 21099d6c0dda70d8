import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A folder for what a job writes. */
export const folder = (): string => mkdtempSync(path.join(tmpdir(), 'tfjs-latent-page-'));

/** Runs a job as its command line does, and throws with what it said where it fails. */
export function runJob(name: string, out: string, ...flags: string[]): void {
  const command = ['--import', 'tsx', `scripts/train-${name}.ts`, '--out', out, ...flags];
  const ran = spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 300_000 });
  if (ran.status !== 0) throw new Error(`train-${name} ended with ${ran.status}:\n${ran.stderr}`);
}
