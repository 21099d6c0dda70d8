/** The peers' own environments, in the user's cache: nothing of them becomes a dependency of this package. */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cacheRoot, keepWhole } from '../src/node/native/cache.js';
import { findProgram, lastWords, run } from '../src/node/native/run.js';

/** Peers from npm; scikitjs brings a tfjs-core of its own, an old one. */
const FROM_NPM = ['ml-kmeans@7.0.1', 'ml-pca@4.1.1', 'scikitjs@1.24.0'];
const REQUIREMENTS = path.join(import.meta.dirname, 'requirements.txt');

/** A folder of the cache that another content of the requirements does not share. */
function folderFor(name: string, requirements: string): string {
  const key = createHash('sha256').update(requirements).digest('hex').slice(0, 12);
  return path.join(cacheRoot(process.env), 'bench', `${name}-${key}`);
}

async function must(what: string, program: string, args: string[], cwd?: string): Promise<void> {
  const ran = await run(program, args, { env: process.env, cwd, show: true });
  if (ran.code !== 0) throw new Error(`${what} failed (${lastWords(ran, 2)}).`);
}

/**
 * The interpreter of a virtual environment with what requirements.txt names; made when it is not there.
 *
 * @throws Error where there is no Python, or pip cannot fetch the packages
 */
export async function pythonOfPeers(say: (line: string) => void): Promise<string> {
  const found = findProgram('python3', process.env);
  if (found === null) throw new Error('no python3 on the PATH.');
  const folder = folderFor('python', await readFile(REQUIREMENTS, 'utf8'));
  // pip's own commands name the folder that it was made in; the interpreter does not mind being moved.
  const interpreter = (home: string) => path.join(home, 'bin', 'python');
  await keepWhole(folder, ['bin/python'], async (whole) => {
    say(`Making the peers' Python environment in ${folder}`);
    await must('python3 -m venv', found, ['-m', 'venv', whole]);
    const pip = ['-m', 'pip', '--disable-pip-version-check', 'install', '-r', REQUIREMENTS];
    await must('pip install', interpreter(whole), pip);
  });
  return interpreter(folder);
}

/**
 * The folder that has the npm peers installed; made when it is not there.
 *
 * @throws Error where there is no npm, or it cannot fetch the packages
 */
export async function folderOfNpmPeers(say: (line: string) => void): Promise<string> {
  const npm = findProgram('npm', process.env);
  if (npm === null) throw new Error('no npm on the PATH.');
  const folder = folderFor('npm', FROM_NPM.join(' '));
  await keepWhole(folder, ['package.json', 'node_modules'], async (whole) => {
    say(`Installing the peers from npm in ${folder}`);
    await writeFile(path.join(whole, 'package.json'), '{ "private": true }\n');
    await must(
      'npm install',
      npm,
      ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...FROM_NPM],
      whole,
    );
  });
  return folder;
}
