/** Restarts that are the same by other names. */
import { isRenamed } from '../../src/cluster/renamed.js';

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
