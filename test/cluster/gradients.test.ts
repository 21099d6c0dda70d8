/** What is differentiable in K-means, against central differences. */
import { grads, tensor2d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import { KMeans, softAssign } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { clustered } from '../support/clustered.js';
import { expectClose } from '../support/close.js';
import { expectGradient } from '../support/gradients.js';

const centers = [[0, 0, 1], [2, 1, -1], [-1, 3, 1], [5, 5, 5]]; // prettier-ignore
/** Farther than a difference's step from where the nearest centre changes. */
const rows = clustered(centers, 0.4, 3, 2).x;
/** Between the centres, so that their shares are not all 0 or 1. */
const between = clustered([[1, 1, 1], [2, 2, 2]], 1, 5, 3).x; // prettier-ignore

describe.each(backends)('gradients of K-means on %s', (backend) => {
  let model: KMeans;
  let x: Tensor2D;
  let c: Tensor2D;
  beforeAll(async () => {
    await useBackend(backend);
    model = await KMeans.fromParams({ clusterCenters: centers });
    [x, c] = [tensor2d(rows), tensor2d(centers)];
  });
  afterAll(() => [model, x, c].forEach((each) => each.dispose()));

  it.each([1, 3, 20])('softAssign, in rows and centres, temperature %d', (temperature) => {
    const f = (...[a, b]: Tensor[]) => softAssign(a as Tensor2D, b as Tensor2D, temperature);
    expectGradient(f, [tensor2d(between), c], { step: 0.01 });
  });

  it('softAssign where a row lies on its centre, and where two centres are one', () => {
    const f = (...[a, b]: Tensor[]) => softAssign(a as Tensor2D, b as Tensor2D, 4);
    expectGradient(f, [c, c.clone()], { step: 0.01 });
    expectGradient(f, [tensor2d(between), c.gather([0, 0, 2])], { step: 0.01 });
  });

  it('of one centre are 0: every row is its own', () => {
    const one = c.slice([0, 0], [1, -1]) as Tensor2D;
    const f = (...[a, b]: Tensor[]) => softAssign(a as Tensor2D, b as Tensor2D);
    const [dx, dc] = grads(f)([x, one]);
    expectClose(dx, rows.map(() => [0, 0, 0]), { atol: 1e-6 }); // prettier-ignore
    expectClose(dc, [[0, 0, 0]], { atol: 1e-5 });
  });

  it.each([
    ['score', (rows: Tensor) => model.score(rows as Tensor2D)],
    ['transform', (rows: Tensor) => model.transform(rows as Tensor2D)],
    ['predictProba', (rows: Tensor) => model.predictProba(rows as Tensor2D, 20)],
  ] as const)('%s, in rows', (_, f) => {
    expectGradient(f, [x], { step: 0.01 });
  });

  it('transform where a row lies on its centre: 0 from that centre', () => {
    const slope = grads((a, b) => model.transform(a as Tensor2D).mul(b))([
      c,
      tensor2d([[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]), // prettier-ignore
    ])[0];
    expectClose(slope, centers.map(() => [0, 0, 0])); // prettier-ignore
  });
});
