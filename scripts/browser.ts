/** The browser that the tests drive: one that is there, or one that can be had. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { chromium } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];

const runs = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

/** CHROME_PATH, then the PATH, then what playwright has installed; null where none is there. */
export function findBrowser(env: NodeJS.ProcessEnv = process.env): string | null {
  if (env.CHROME_PATH) {
    if (runs(env.CHROME_PATH)) return env.CHROME_PATH;
    throw new Error(`CHROME_PATH is ${env.CHROME_PATH}, which cannot be run; correct it, or unset it.`);
  }
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  const onPath = NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find(runs);
  return onPath ?? [chromium.executablePath()].find(runs) ?? null;
}

const succeeds = (command: string, ...args: string[]): boolean =>
  spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  }).status === 0;

/** Debian's package, as root. */
function fromDebian(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/etc/debian_version')) return false;
  console.log('No browser found: installing Debian’s chromium …');
  return (
    succeeds('apt-get', 'update', '-qq') &&
    succeeds('apt-get', 'install', '-y', '-qq', '--no-install-recommends', 'chromium')
  );
}

function fromPlaywright(): boolean {
  console.log('No browser found: playwright installs its own …');
  return succeeds('npx', 'playwright-core', 'install', 'chromium');
}

/** As {@link findBrowser}, and installs one where none is there; null where that fails too. */
export function needBrowser(): string | null {
  const there = findBrowser();
  if (there) return there;
  for (const install of [fromDebian, fromPlaywright]) {
    const found = install() ? findBrowser() : null;
    if (found) return found;
  }
  return null;
}
