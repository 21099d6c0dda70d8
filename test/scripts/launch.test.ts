/** Ctrl-C as a terminal sends it: to the launcher and to the script that it launched, both at once. */
import { spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { backends } from '../support/backends.js';
import { folder } from '../support/jobs.js';

const out = folder();
const launched: ChildProcess[] = [];
afterAll(() => {
  const running = launched.filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
  running.forEach(({ pid }) => process.kill(-pid!, 'SIGKILL'));
  rmSync(out, { recursive: true });
});

/** A script in a process group of its own: what it says, when it has said something, how it ends. */
function group(script: string, ...args: string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', `scripts/${script}`, ...args, '--out', out], {
    detached: true,
    env: { ...process.env, TFJS_LATENT_STDERR: undefined },
  });
  launched.push(child);
  let said = '';
  const listeners = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text: Buffer) => {
      said += text;
      listeners.forEach((listen) => listen());
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  const saying = (what: RegExp): Promise<string> =>
    new Promise((resolve, reject) => {
      const listen = () => {
        const found = what.exec(said);
        if (found) resolve(found[1] ?? found[0]);
      };
      listeners.add(listen);
      listen();
      void ended.then((status) => reject(new Error(`ended with ${status} before ${what}:\n${said}`)));
    });
  return { saying, ended, said: () => said, interrupt: () => process.kill(-child.pid!, 'SIGINT') };
}

const live = (...flags: string[]) => group('train.ts', 'blobs', '--live', '--backend', backends[0], ...flags);

/** Follows the events of a live page until the first report, then goes away, as a page that is closed. */
const visit = (address: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const request = http.get(`${address}events`, (response) => {
      response.once('data', (text: Buffer) => {
        request.destroy();
        resolve(String(text).slice(0, 13));
      });
    });
    request.on('error', reject);
  });

test('Ctrl-C in a live fit ends the launcher and the fit with 130, and leaves no file', async () => {
  const { saying, ended, said, interrupt } = live();
  const address = await saying(/live at (\S+)/);
  expect(await visit(address)).toBe('event: report');
  interrupt();
  expect(await ended).toBe(130);
  expect(said().trim().split('\n').at(-1)).toBe('blobs: stopped.');
  await expect(visit(address)).rejects.toThrow('ECONNREFUSED');
  expect(readdirSync(out)).toEqual([]);
});

test('a page that is closed in mid-fit leaves the fit to its end; Ctrl-C then ends both with its status', async () => {
  const { saying, ended, interrupt } = live('--quick');
  const address = await saying(/live at (\S+)/);
  expect(await visit(address)).toBe('event: report');
  await saying(/blobs: done; the page stays/);
  expect(await visit(address)).toBe('event: report');
  interrupt();
  expect(await ended).toBe(0);
  await expect(visit(address)).rejects.toThrow('ECONNREFUSED');
  expect(readdirSync(out).sort()).toEqual(['blobs.html', 'blobs.json']);
});

test('Ctrl-C in npm start ends the job, and those that were to come', async () => {
  const { saying, ended, said, interrupt } = group('start.ts', '--quick', '--backend', 'cpu');
  await saying(/iris: backend cpu/);
  interrupt();
  expect(await ended).toBe(130);
  expect(said().trim().split('\n').at(-1)).toBe('Stopped.');
  expect(said()).not.toContain('── blobs');
});

test('an end while a report is written leaves nothing of it', async () => {
  const file = path.join(out, 'half.json');
  const code = `
    import { existsSync } from 'node:fs';
    import { writeWhole } from './scripts/job.ts';
    void writeWhole(${JSON.stringify(file)}, Buffer.alloc(2e8));
    const end = () => existsSync(${JSON.stringify(file)} + '.' + process.pid + '.part') ? process.exit(130) : setImmediate(end);
    end();`;
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130);
  expect(readdirSync(out).filter((name) => name.startsWith('half'))).toEqual([]);
});
