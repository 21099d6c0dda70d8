/** Restarts that are the same by other names, and the iteration after an emptied cluster has moved. */
import { KMeans } from '../../src/index.js';
import { isRenamed } from '../../src/cluster/renamed.js';
import { paths, usePath } from '../support/paths.js';

/** What scikit-learn 1.9.1 answers: labels, those of the best, whether it takes them for the same. */
const CASES: [number[], number[], boolean][] = [
  [[0, 0, 1, 2], [2, 2, 0, 1], true], // prettier-ignore
  [[0, 0, 1, 2], [2, 2, 0, 0], true], // prettier-ignore
  [[2, 2, 0, 0], [0, 0, 1, 2], false], // prettier-ignore
  [[0, 1, 0, 1], [0, 0, 1, 1], false], // prettier-ignore
  [[0, 1, 2, 0], [1, 1, 1, 1], true], // prettier-ignore
  [[1, 1, 1, 1], [0, 1, 2, 0], false], // prettier-ignore
];

it.each(CASES)('labels %j beside the best %j: the same is %p', (labels, best, expected) => {
  expect(isRenamed(Int32Array.from(labels), Int32Array.from(best))).toBe(expected);
});

describe.each(paths)('on %s', (path) => {
  beforeAll(() => usePath(path));

  it('at tol 0 the second iteration finds all rows where an emptied cluster left them', async () => {
    for (let i = 0; i < 40; i++) {
      const x = Array.from({ length: 3 + (i % 5) }, (_, j) => [Math.sin(7 * i + j), Math.cos(3 * i + j * j)]);
      const rows = [...x, [900 + i / 7, 0.1 * i]];
      const init = [[0, 0], [-1e4, 1e4]]; // prettier-ignore
      const model = await KMeans.fit(rows, { nClusters: 2, init, tol: 0 });
      expect({ i, nIter: model.nIter, converged: model.converged }).toEqual({ i, nIter: 2, converged: true });
      expect(Array.from(model.labels!.dataSync())).toEqual([...x.map(() => 0), 1]);
      model.dispose();
    }
  });
});
