/** Cases that show how cost grows with rows, columns and clusters: one of the three at a time. */
import type { Case } from './cases.js';
import { cloud } from './datasets.js';
import type { Task } from './protocol.js';
import { centersFor, mixtureFor } from './starts.js';

/** [N, D, K] */
type Size = readonly [number, number, number];

const ROWS: readonly Size[] = [
  [1e4, 16, 16],
  [1e5, 16, 16],
  [1e6, 16, 16],
];
const MOST_ROWS: Size = [1e7, 2, 16];
const COLUMNS: readonly Size[] = [
  [2e4, 2, 16],
  [2e4, 16, 16],
  [2e4, 128, 16],
];
const WIDEST: Size = [2e4, 784, 16];
const GROUPS: readonly Size[] = [
  [1e5, 16, 2],
  [1e5, 16, 64],
];
const MOST_GROUPS: Size = [1e5, 16, 256];
const ITERATIONS = 10;
/** Where scikit-learn takes half a minute for one. */
const FEW = 3;

type Kind = Pick<Case, 'options' | 'objective' | 'data'> & Partial<Case>;

const KINDS: Partial<Record<Task, { sizes: readonly Size[]; what: string; kind: (size: Size) => Kind }>> = {
  kmeans: {
    sizes: [...ROWS, MOST_ROWS, ...COLUMNS, WIDEST, ...GROUPS, MOST_GROUPS],
    what: `${ITERATIONS} iterations of K-means`,
    kind: ([n, d, k]) => ({
      data: [cloud(n, d, k), centersFor(cloud(n, d, k), k)],
      options: { nClusters: k, maxIter: ITERATIONS, tol: 0 },
      objective: { name: 'inertia', better: 'lower', rel: 1e-5 },
    }),
  },
  mixture: {
    sizes: [...ROWS, MOST_ROWS, ...COLUMNS, WIDEST, ...GROUPS, MOST_GROUPS],
    what: 'an EM iteration of full Gaussians',
    kind: ([n, d, k]) => ({
      data: [cloud(n, d, k), mixtureFor(cloud(n, d, k), k)],
      options: { nComponents: k, maxIter: d === WIDEST[1] ? FEW : ITERATIONS, tol: 0 },
      perIteration: true,
      objective: { name: 'log-likelihood a row', better: 'higher', abs: 1e-4 },
    }),
  },
  pca: {
    sizes: [...ROWS, MOST_ROWS, ...COLUMNS, WIDEST],
    what: 'PCA that keeps 90 %',
    kind: ([n, d, k]) => ({
      data: [cloud(n, d, k)],
      options: { nComponents: 0.9, solver: 'covariance' },
      objective: { name: 'explained variance ratio', better: 'equal', abs: 1e-5 },
    }),
  },
};

const nameOf = (task: Task, [n, d, k]: Size): string =>
  `growth-${task}-${n.toExponential().replace('+', '')}x${d}${task === 'pca' ? '' : `-k${k}`}`;

export const GROWTH: readonly Case[] = Object.entries(KINDS).flatMap(([task, { sizes, what, kind }]) =>
  sizes.map((size) => ({
    name: nameOf(task as Task, size),
    title: `${what}, ${size[0].toLocaleString('en')} x ${size[1]}${task === 'pca' ? '' : `, k = ${size[2]}`}`,
    task: task as Task,
    ...kind(size),
  })),
);
