/** Numbers of the size that a whole run of the mnist job has, made up: as many, as long, as large. */
import type { Saved } from '../../scripts/job.js';
import type { MnistPictures } from '../../scripts/pages/mnist.js';

const list = <T>(n: number, make: (i: number) => T): T[] => Array.from({ length: n }, (_, i) => make(i));

/** Iterations of the ten restarts in a run with seed 42: a later one is the longest. */
const ITERATIONS = [150, 159, 74, 69, 70, 78, 171, 74, 99, 136];

/** A ring of ink, another one for each i. */
const pixels = (i: number): number[] =>
  list(784, (at) => {
    const [x, y] = [(at % 28) - 13.5, Math.floor(at / 28) - 13.5];
    return Math.max(0, 255 - 60 * Math.abs(Math.hypot(x, y) - 3 - (i % 8)));
  });

/** It rises from -1322 to where restart i ends. */
const history = (i: number): number[] =>
  list(ITERATIONS[i], (at) => -1185.4533897183726 - 1.7 * i - 137 * Math.exp(-at / 9));

const classes = list(10, (digit) => 4506 + 117 * digit);
const byDigit = list(10, (digit) => list(10, (k) => (digit === k ? 4389 : (digit * 37 + k * 911) % 1800)));

export const fullMnist: Saved<MnistPictures> = {
  machine: { backend: 'tensorflow', device: 'cpu', version: '2.21.0', node: 'v20.20.2' },
  options: { seed: 42, quick: false },
  seconds: 641.8,
  figures: list(34, (i) => ({
    what: `restart ${i}: log-likelihood (${ITERATIONS[i % 10]} iterations)`,
    here: i === 1 ? classes.join(' ') : -1185.4533897 * 10 ** (i % 9),
    notebook: i === 1 ? classes.join(' ') : undefined,
    best: 157369259679.19562,
    ok: i % 3 > 0,
  })),
  pictures: {
    classes: { rows: [50_000, 10_000, 10_000], bySplit: [classes, classes.map((n) => n / 5), classes] },
    explainedVarianceRatio: list(
      261,
      (i) => (0.98 * Math.exp(-i / 30) * (1 - Math.exp(-1 / 30))) / (1 - Math.exp(-8.7)),
    ),
    kMeans: [2, 6, 10, 14, 18].map((nClusters, i) => ({
      nClusters,
      inertia: 157369259679.19562 - 1.1e10 * i,
      bySplit: [157369259679.19562 - 1.1e10 * i, 31069009920 - 2e9 * i, 31420147712 - 2e9 * i],
      silhouette: [0.08824856829941398, 0.0675824, 0.05881293, 0.06447417, 0.06908486][i],
    })),
    centers: { pixels: list(10, pixels), byDigit },
    mixture: {
      rows: 50_000,
      restarts: list(10, (i) => ({
        iterations: ITERATIONS[i],
        converged: true,
        logLikelihood: history(i).at(-1)!,
        history: history(i),
      })),
      bySplit: { training: -1185.4432, validation: -1191.0313, test: -1191.9193 },
    },
    samples: { components: list(16, (i) => i % 10), pixels: list(16, pixels) },
    means: { weights: list(10, (k) => (k + 5) / 95), pixels: list(10, pixels) },
    byDigit,
    lowestDensity: list(16, (i) => ({
      row: 7929,
      digit: i % 10,
      logDensity: 17 * i - 1819.99,
      pixels: pixels(i),
    })),
  },
};
