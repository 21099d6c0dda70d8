import { memory } from '@tensorflow/tfjs-core';
import { pacer } from '../../src/core/iterate.js';
import { RandomState } from '../../src/core/random.js';
import { fitRows, type Rows } from '../../src/core/rows.js';
import { clusterDistances, LIMITS, type Limits } from '../../src/metrics/clusterDistances.js';
import { labelingOf } from '../../src/metrics/labels.js';
import { backends, kernelBackends, useBackend } from '../support/backends.js';
import { clustered, drawnLabels } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { useKernels } from '../support/kernels.js';
import { naiveDistance } from '../support/naive-silhouette.js';

const random = new RandomState(2);
const { x } = clustered(
  [0, 1, 2].map(() => Array.from(random.standardNormal(9))),
  1,
  31,
  3,
);
const labelings = [drawnLabels(93, 3, 4), drawnLabels(93, 17, 5), drawnLabels(93, 2, 6)];

const allOf = (rows: Rows) => ({ rows, chosen: Int32Array.from(x.keys()) });

/** The sums of each row, in order of the rows; fails for a row that is visited twice or never. */
async function sumsOf(limits: Partial<Limits>): Promise<number[][]> {
  const rows = await fitRows('x', x, (d) => d, pacer());
  const codes = labelings.map(labelingOf);
  const width = codes.reduce((sum, { counts }) => sum + counts.length, 0);
  const out: number[][] = [];
  const visit = (row: number, sums: Float64Array, offset: number) => {
    expect(out[row]).toBeUndefined();
    out[row] = Array.from(sums.subarray(offset, offset + width));
  };
  await clusterDistances(allOf(rows), codes, pacer(), visit, { ...LIMITS, ...limits });
  return out;
}

const naive = x.map((row) =>
  labelings.flatMap((labels) => {
    const { codes, counts } = labelingOf(labels);
    const sums = new Array<number>(counts.length).fill(0);
    x.forEach((other, j) => (sums[codes[j]] += naiveDistance(row, other)));
    return sums;
  }),
);

const places = [
  ...kernelBackends.map((backend) => [backend, 'by its kernel'] as const),
  ...backends.map((backend) => [backend, 'by tensors'] as const),
];

describe.each(places)('clusterDistances on %s, %s', (backend, how) => {
  beforeAll(async () => {
    await useBackend(backend);
    useKernels(how === 'by its kernel');
  });

  const byProduct = { differences: 0 };
  it.each([
    ['by differences', {}],
    ['by differences in blocks', { blockRows: 10 }],
    ['by products', byProduct],
    ['by products in blocks', { ...byProduct, blockRows: 10 }],
    ['in blocks of one row', { blockRows: 1 }],
    ['in blocks made small by the number of labels', { ...byProduct, hot: 22 * 20 }],
    ['in stripes, each of several blocks', { ...byProduct, blockRows: 10, sums: 22 * 40 }],
    ['in stripes of one block', { blockRows: 10, sums: 1 }],
  ])('are the naive sums, %s', async (_, limits) => {
    const before = memory().numTensors;
    expectClose(await sumsOf(limits), naive, { rtol: 3e-6 });
    expect(memory().numTensors).toBe(before);
  });

  it('frees its tensors when a visit throws', async () => {
    const before = memory().numTensors;
    const rows = await fitRows('x', x, (d) => d, pacer());
    const fail = () => {
      throw new Error('stop');
    };
    const run = clusterDistances(allOf(rows), labelings.map(labelingOf), pacer(), fail, {
      ...LIMITS,
      differences: 0,
    });
    await expect(run).rejects.toThrow('stop');
    expect(memory().numTensors).toBe(before);
  });
});
