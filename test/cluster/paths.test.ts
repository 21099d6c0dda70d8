/** K-means on the host, and by tensors with bounds, is K-means by all distances; and which of them is taken. */
import { tensor2d } from '@tensorflow/tfjs-core';
import { hostLimit, problemOf } from '../../src/cluster/problem.js';
import { pacer } from '../../src/core/iterate.js';
import { fitRows } from '../../src/core/rows.js';
import { KMeans, RandomState } from '../../src/index.js';
import { backends } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { leaves } from '../support/leaks.js';
import { naiveDistance } from '../support/naive-silhouette.js';
import { kernels, paths, usePath, type PathName } from '../support/paths.js';

const { perRow, small } = hostLimit;

interface Case {
  x: number[][];
  options: Parameters<typeof KMeans.fit>[1] & { nClusters: number };
}

/**
 * Overlapping clusters, more of them asked for than there are; some rows twice, some without weight. Every second case
 * is a picture of few colours; some start with centres that no row is near.
 */
function drawnCase(seed: number): Case {
  const random = new RandomState(seed);
  const [n, d, k] = [[60, 1500], [1, seed % 3 ? 12 : 60], [1, 40]].map(([least, more]) => least + random.randint(more, 1)[0]); // prettier-ignore
  const around = Array.from({ length: 9 }, () => Array.from(random.normal(0, 3, d)));
  const { x } = clustered(around, 1, Math.ceil(n / 9), seed);
  for (const i of random.randint(x.length, 20)) x[i] = x[0];
  if (seed % 2)
    Array.from(random.randint(Math.ceil(n / 3), x.length)).forEach((colour, i) => (x[i] = x[colour]));
  const wide = Array.from({ length: k }, () => Array.from(random.normal(0, 9, d)));
  return {
    x,
    options: {
      nClusters: k,
      init: ([wide, 'random', 'k-means++'] as const)[seed % 3],
      nInit: 2,
      maxIter: seed % 5 === 0 ? 3 : 300,
      tol: seed % 4 < 2 ? 1e-4 : 0,
      seed,
      sampleWeight: seed % 7 < 3 ? Array.from(random.randint(4, x.length), (w) => w / 3) : undefined,
    },
  };
}

async function fitted(path: PathName, { x, options }: Case) {
  await usePath(path);
  const restarts: number[] = [];
  const model = await KMeans.fit(x, {
    ...options,
    onInit: ({ iterations }) => void restarts.push(iterations),
  });
  const labels = Array.from(await model.labels!.data());
  const centers = await model.clusterCenters.array();
  const { inertia, nIter, converged, history } = model;
  model.dispose();
  return { labels, centers, inertia: inertia!, nIter, converged, history: [...history!], restarts };
}

const compared = paths.filter((path) => path.startsWith('kernel') || path === 'host' || path === backends[0]);

it.each(Array.from({ length: 36 }, (_, seed) => seed))(
  'bounds find the clusters that all distances find, on the host and not: seed %i',
  async (seed) => {
    const { x, options } = drawnCase(seed);
    const plain = await fitted('all rows', { x, options });
    const size = Math.max(...x.flat().map(Math.abs));
    for (const path of compared) {
      const bounded = await fitted(path, { x, options });
      expect({ path, runs: bounded.restarts }).toEqual({ path, runs: plain.restarts });
      expect([bounded.nIter, bounded.converged]).toEqual([plain.nIter, plain.converged]);
      expectClose(bounded.centers, plain.centers, { rtol: 0, atol: 1e-5 * size, what: path });
      expectClose(bounded.inertia, plain.inertia, { rtol: 1e-5 });
      expectClose(bounded.history, plain.history, { rtol: 1e-5 });
      bounded.labels.forEach((label, i) => {
        if (label === plain.labels[i]) return;
        const [a, b] = [label, plain.labels[i]].map((l) => naiveDistance(x[i], plain.centers[l]));
        expectClose(a, b, { rtol: 1e-5, atol: 1e-5 * size });
      });
    }
  },
);

it.each(['lloyd', 'elkan', 'auto'] as const)(
  'algorithm %s names the passes and changes nothing',
  async (algorithm) => {
    const { x, options } = drawnCase(3);
    const known = await fitted('all rows', { x, options });
    const named = await fitted(backends[0], { x, options: { ...options, algorithm } });
    expect([named.labels, named.nIter]).toEqual([known.labels, known.nIter]);
    expectClose(named.inertia, known.inertia, { rtol: 1e-6 });
  },
);

it('the host takes what is little work for a row, or little in all, whatever form it has', async () => {
  Object.assign(hostLimit, { perRow, small });
  const d = 64;
  const k = perRow / d;
  const few = Math.floor(small / (4 * perRow));
  for (const [n, clusters, expected] of [
    [4 * few, k, true],
    [4 * few, k + 1, false],
    [few, 4 * k, true],
    [few + 1, 4 * k, false],
  ] as const) {
    const values = Float32Array.from({ length: n * d }, (_, i) => i ** 2 % 11);
    const tensor = tensor2d(values, [n, d]);
    for (const x of [tensor, { values, shape: [n, d] as const }]) {
      const rows = await fitRows('x', x, (width) => width, pacer());
      const { host } = await problemOf(rows, clusters, null, pacer());
      expect({ n, clusters, onHost: host !== null }).toEqual({ n, clusters, onHost: expected });
    }
    tensor.dispose();
  }
});

it.each(['host', backends[0]] as const)(
  'rows that are too many to be held are made again, batch by batch: %s',
  async (path) => {
    const { held } = hostLimit;
    const { x } = clustered([[0, 0], [3, 1], [1, 4]], 1, 3000, 2); // prettier-ignore
    const fit = () => fitted(path, { x, options: { nClusters: 3, seed: 1 } });
    const known = await fit();
    hostLimit.held = 100;
    try {
      const left = await leaves(async () => expect(await fit()).toEqual(known));
      expect(left).toBe(0);
    } finally {
      hostLimit.held = held;
    }
  },
);

it.each([...kernels, 'host'] as const)(
  'equal rows are one, with the sum of their weights; where few are equal they are not looked for: %s',
  async (path) => {
    await usePath(path);
    const { x: colours } = clustered([[0, 0, 0], [3, 1, -2]], 1, 1000, 4); // prettier-ignore
    const among = async (count: number, n: number, weight: Float64Array | null) => {
      const drawn = new RandomState(1).randint(count, n);
      const rows = await fitRows('x', Array.from(drawn, (i) => colours[i]), (d) => d, pacer()); // prettier-ignore
      const { passRows, host, laid, dispose } = await problemOf(rows, 2, weight, pacer());
      const values = host
        ? (await host.batch(0, host.nRows)).values
        : ((await laid!.tensor!.data()) as Float32Array);
      dispose();
      return { drawn, rows, passRows, values };
    };
    for (const n of [3000, 6000]) {
      const weight = Float64Array.from({ length: n }, (_, i) => i % 5);
      const { drawn, rows, passRows, values } = await among(900, n, weight);
      expect(passRows.nRows).toBe(new Set(drawn).size);
      const all = await rows.values(0, n);
      const sums = new Float64Array(passRows.nRows);
      passRows.map!.forEach((m, i) => {
        expect(values.subarray(3 * m, 3 * m + 3)).toEqual(all.subarray(3 * i, 3 * i + 3));
        sums[m] += weight[i];
      });
      expect(passRows.weight).toEqual(sums);
    }
    const { passRows, values } = await among(2000, 3000, null);
    expect([passRows, values.length]).toEqual([{ map: null, weight: null, nRows: 3000 }, 9000]);
  },
);
