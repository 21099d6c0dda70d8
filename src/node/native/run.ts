import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

export type Environment = Record<string, string | undefined>;

export interface Ran {
  /** The exit status; null when a signal ended it or it could not be started. */
  code: number | null;
  /** The signal's name, or the reason why the command could not be started. */
  ended: string | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  env: Environment;
  cwd?: string;
  signal?: AbortSignal;
  /** Its standard output goes to this process's standard error: a progress bar then knows whether it has a terminal. */
  show?: boolean;
}

/**
 * Runs a command to its end and keeps what it printed. An abort ends it with everything that it started.
 *
 * @throws the signal's reason after an abort; how the command itself ended is in what is returned
 */
export async function run(command: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  const { env, cwd, signal, show = false } = options;
  signal?.throwIfAborted();
  const ran = await new Promise<Ran>((resolve) => {
    // In a process group of its own, since killing node-gyp alone would leave make and the compiler running.
    const child = spawn(command, args, {
      cwd,
      env,
      detached: true,
      stdio: ['ignore', show ? 2 : 'pipe', 'pipe'],
    });
    const result: Ran = { code: null, ended: null, stdout: '', stderr: '' };
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (result.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (result.stderr += text));
    const stop = () => endGroup(child.pid);
    signal?.addEventListener('abort', stop);
    child.on('error', (error) => (result.ended = error.message));
    child.on('close', (code, by) => {
      signal?.removeEventListener('abort', stop);
      resolve({ ...result, code: result.ended === null ? code : null, ended: by ?? result.ended });
    });
  });
  signal?.throwIfAborted();
  return ran;
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself meanwhile.
  }
}

/** The last lines of what a failed command said, on one line, with how it ended. */
export function lastWords({ code, ended, stdout, stderr }: Ran, lines = 6): string {
  const said = (stderr.trim() || stdout.trim())
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(-lines)
    .join(' | ');
  return `${ended ?? `exit code ${code}`}${said === '' ? '' : `: ${said}`}`;
}

/** The absolute path of a program, as a shell would find it, or null. */
export function findProgram(name: string, env: Environment): string | null {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  const candidates = isAbsolute(name) ? [name] : folders.map((folder) => join(folder, name));
  return candidates.find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
