/** The two made data sets of the notebook. */
import { makeBlobs, type Blobs } from '../src/datasets/blobs.js';

/** Five round blobs, three of them close together. */
export const notebookBlobs = (): Blobs =>
  makeBlobs({
    nSamples: 2000,
    centers: [
      [0.2, 2.3],
      [-1.5, 2.3],
      [-2.8, 1.8],
      [-2.8, 2.8],
      [-2.8, 1.3],
    ],
    clusterStd: [0.4, 0.3, 0.1, 0.1, 0.1],
    seed: 7,
  });

/** Two sheared blobs of 500 rows, and a round one of 250 beside them. */
export function oddShapes(): Pick<Blobs, 'x' | 'labels'> {
  const two = makeBlobs({
    nSamples: 1000,
    centers: [
      [4, -4],
      [0, 0],
    ],
    seed: 42,
  });
  const one = makeBlobs({ nSamples: 250, centers: 1, seed: 42 });
  const values = new Float64Array(2 * 1250);
  for (let i = 0; i < 1000; i++) {
    const [a, b] = two.x.values.subarray(2 * i, 2 * i + 2);
    values[2 * i] = a * 0.374 + b * 0.732;
    values[2 * i + 1] = a * 0.95 + b * 0.598;
  }
  one.x.values.forEach((v, i) => (values[2000 + i] = v + (i % 2 === 0 ? 6 : -8)));
  return { x: { values, shape: [1250, 2] }, labels: Int32Array.from([...two.labels, ...one.labels]) };
}
