/** Who can do which work, and how its process is started. */
import path from 'node:path';
import type { Task } from './protocol.js';
import type { Command } from './worker.js';

export interface Contestant {
  name: string;
  tasks: readonly Task[];
  /** Whether it begins K-means at given centres only: it has no restarts of its own. */
  givenOnly?: boolean;
  runs: { with: 'latent' | 'python' | 'npm'; script: string; args: string[] };
}

const ALL: readonly Task[] = ['kmeans', 'seeds', 'mixture', 'pca', 'silhouettes'];

const latent = (name: string, backend: string): Contestant => ({
  name: `tfjs-latent ${name}`,
  tasks: ALL,
  runs: { with: 'latent', script: 'latent.ts', args: [backend] },
});

const python = (name: string, library: string, dtype: string, tasks: readonly Task[]): Contestant => ({
  name,
  tasks,
  givenOnly: library === 'faiss',
  runs: { with: 'python', script: 'peers.py', args: [library, dtype] },
});

const npm = (name: string, task: Task): Contestant => ({
  name,
  tasks: [task],
  givenOnly: true,
  runs: { with: 'npm', script: 'npm.ts', args: [name] },
});

/** This library on its backends. */
export const OURS = {
  native: latent('native', 'tensorflow'),
  wasm: latent('wasm', 'wasm'),
  cpu: latent('cpu', 'cpu'),
};
export type Backend = keyof typeof OURS;

export const isOurs = (name: string): boolean => Object.values(OURS).some((ours) => ours.name === name);

/** Whose answer is the right one where it takes part: float64. */
export const REFERENCE = 'scikit-learn float64';

export const PEERS: readonly Contestant[] = [
  python(REFERENCE, 'scikit-learn', 'float64', ALL),
  python('scikit-learn float32', 'scikit-learn', 'float32', ALL),
  python('faiss', 'faiss', 'float32', ['kmeans']),
  npm('ml-kmeans', 'kmeans'),
  npm('scikitjs', 'kmeans'),
  npm('ml-pca', 'pca'),
];

/** Where things are. */
export interface Places {
  /** The interpreter with the peers' packages. */
  python: string;
  /** The folder with the peers from npm. */
  npm: string;
  /** The folder of this library. */
  latent: string;
  /** The folder of the contestants' scripts. */
  workers: string;
}

/** Settings of the surroundings that choose kernels or threads for a peer's BLAS: left to itself it takes its best. */
const unsetBlas = (): Record<string, undefined> =>
  Object.fromEntries(
    Object.keys(process.env)
      .filter((name) => /^(OPENBLAS|GOTO|OMP|MKL|BLIS)_/.test(name))
      .map((name) => [name, undefined]),
  );

export function commandOf({ runs }: Contestant, places: Places): Command {
  const script = path.join(places.workers, runs.script);
  if (runs.with === 'python')
    return { program: places.python, args: [script, ...runs.args], env: unsetBlas() };
  const args = ['--expose-gc', '--max-old-space-size=8192', '--import', 'tsx', script, ...runs.args];
  return { program: process.execPath, args: [...args, places[runs.with]] };
}
