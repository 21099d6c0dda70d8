/** Factorisations, with first and second derivatives, and what fails. */
import { expandDims, grad, mul, sum, tensor2d, tensor3d, tidy, type Tensor } from '@tensorflow/tfjs-core';
import { linalg } from '../../../src/index.js';
import type { Case } from '../case.js';

const MATRICES = [[[4, 2, -1], [2, 5, 0.5], [-1, 0.5, 3]], [[2, 0, 0], [0, 1, 0.3], [0, 0.3, 0.5]]]; // prettier-ignore
const INDEFINITE = [[1, 2], [2, 1]]; // prettier-ignore
const TALL = [[1, 2], [0, 3], [-1, 1]]; // prettier-ignore
/** A weighting, so that no slope is 0 by symmetry. */
const W = [[1, -2, 0.5], [0.3, 1.5, -1], [2, 0.7, -0.4]]; // prettier-ignore

const weighted = (x: Tensor): Tensor => sum(mul(x, tensor2d(W)));

/** A function of matrices: its value, its slope, and the slope of that. */
const derived = (name: string, f: (a: Tensor) => Tensor): Case => ({
  name: `linalg: ${name}`,
  compute: async () =>
    tidy(() => {
      const a = tensor3d(MATRICES);
      const slope = grad((x) => weighted(f(x)));
      return { value: f(a), slope: slope(a), curvature: grad((x) => weighted(slope(x)))(a) };
    }),
});

export const linear: Case[] = [
  derived('cholesky', linalg.cholesky),
  derived('inverse', linalg.inverse),
  derived('triangularSolve', (a) => linalg.triangularSolve(a, a, { adjoint: true })),
  derived('logDet', (a) => expandDims(expandDims(linalg.logDet(a), 1), 2)),
  derived('eigh', (a) => {
    const { values, vectors } = linalg.eigh(a);
    return mul(expandDims(values, 1), mul(vectors, vectors)); // the signs of vectors are free
  }),
  {
    name: 'linalg: svd',
    compute: async () =>
      tidy(() => {
        const { u, s, v } = linalg.svd(tensor2d(TALL));
        const singular = (x: Tensor): Tensor => sum(mul(linalg.svd(x).s, linalg.svd(x).s));
        return { s, u: mul(u, u), v: mul(v, v), slope: grad(singular)(tensor2d(TALL)) };
      }),
  },
  {
    name: 'linalg: a matrix that fails is NaN, its batch is not',
    compute: async () =>
      tidy(() => {
        const a = tensor3d([INDEFINITE, [[4, 2], [2, 5]]]); // prettier-ignore
        return { cholesky: linalg.cholesky(a), logDet: linalg.logDet(a) };
      }),
  },
];
