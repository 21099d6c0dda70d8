/** Who can do which work, and how its process is started. */
import path from 'node:path';
import type { Task } from './protocol.js';
import type { Command } from './worker.js';

export interface Contestant {
  name: string;
  tasks: readonly Task[];
  /** Whether it begins K-means at given centres only: it has no restarts of its own. */
  givenOnly?: boolean;
  runs: { with: 'node' | 'python'; script: string; args: string[] };
}

const ALL: readonly Task[] = ['kmeans', 'mixture', 'pca', 'silhouettes'];

const latent = (name: string, backend: string): Contestant => ({
  name: `tfjs-latent ${name}`,
  tasks: ALL,
  runs: { with: 'node', script: 'latent.ts', args: [backend] },
});

const python = (name: string, library: string, dtype: string, tasks: readonly Task[]): Contestant => ({
  name,
  tasks,
  givenOnly: library === 'faiss',
  runs: { with: 'python', script: 'peers.py', args: [library, dtype] },
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
];

/** Where things are. */
export interface Places {
  /** The interpreter with the peers' packages. */
  python: string;
  /** The folder of this library. */
  library: string;
  /** The folder of the contestants' scripts. */
  workers: string;
}

export function commandOf({ runs }: Contestant, { python: interpreter, library, workers }: Places): Command {
  const script = path.join(workers, runs.script);
  if (runs.with === 'python') return { program: interpreter, args: [script, ...runs.args] };
  const args = ['--expose-gc', '--import', 'tsx', script, ...runs.args, library];
  return { program: process.execPath, args };
}
