/**
 * The kernels of TensorFlow's own backend: its ops, called through the backend, with their failures made ours. TensorFlow
 * answers a matrix that it cannot factor with NaN in places, with numbers, or with an error for the whole batch, depending
 * on the op (TensorFlow 2.21 on a CPU: Cholesky's lower triangle, SelfAdjointEigV2 at an infinity, SelfAdjointEigV2 at a
 * NaN). Here that matrix becomes NaN throughout, and no other matrix of its batch is touched.
 */
import {
  add,
  concat,
  equal,
  eye,
  fill,
  mul,
  reciprocal,
  reshape,
  split,
  squeeze,
  sum,
  tidy,
  where,
  zerosLike,
  type KernelFunc,
  type Tensor,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { KernelName } from './kernels.js';
import { triangle } from './triangle.js';

interface Attribute {
  name: string;
  type: number;
  value: boolean | number;
}

/** What is used of tfjs-node's backend; nothing is imported from it. */
interface TensorFlowBackend {
  binding: { TF_ATTR_TYPE: number; TF_ATTR_BOOL: number; TF_FLOAT: number };
  executeMultipleOutputs(
    op: string,
    attributes: Attribute[],
    inputs: TensorInfo[],
    outputs: number,
  ): Tensor[];
}

/** Whether a backend runs TensorFlow's ops by name. */
export function isTensorFlow(backend: object): backend is TensorFlowBackend {
  const { binding, executeMultipleOutputs } = backend as Partial<TensorFlowBackend>;
  return typeof executeMultipleOutputs === 'function' && binding?.TF_ATTR_TYPE !== undefined;
}

/** Inputs, attributes and outputs are those of TensorFlow's op of the same name. */
export const tensorflowKernels: Record<KernelName, KernelFunc> = {
  Cholesky: ({ inputs, backend }) =>
    tidy(() => {
      const [factor] = execute(backend, 'Cholesky', [inputs.input as Tensor], {}, 1);
      return add(factor, nanUnlessFinite(factor));
    }),

  MatrixTriangularSolve: ({ inputs, attrs, backend }) =>
    tidy(() => {
      const { lower, adjoint } = attrs as { lower: boolean; adjoint: boolean };
      const matrix = triangle(inputs.matrix as Tensor, lower);
      const pivots = sum(mul(matrix, eye(matrix.shape.at(-1)!)), -1, true); // [..., M, 1]
      const failed = add(nanUnlessFinite(matrix), nanUnlessFinite(reciprocal(pivots)));
      const system = [orIdentity(matrix, failed), inputs.rhs as Tensor];
      return add(execute(backend, 'MatrixTriangularSolve', system, { lower, adjoint }, 1)[0], failed);
    }),

  MatrixInverse: ({ inputs, backend }) =>
    tidy(() => {
      const failed = nanUnlessFinite(inputs.input as Tensor);
      return add(invertEach(backend, orIdentity(inputs.input as Tensor, failed)), failed);
    }),

  SelfAdjointEigV2: ({ inputs, backend }) =>
    tidy(() => {
      const matrix = triangle(inputs.input as Tensor, true);
      const failed = nanUnlessFinite(matrix);
      const attributes = { compute_v: true };
      const [values, vectors] = execute(
        backend,
        'SelfAdjointEigV2',
        [orIdentity(matrix, failed)],
        attributes,
        2,
      );
      return [add(values, squeeze(failed, [-1])), add(vectors, failed)];
    }),

  Svd: ({ inputs, backend }) =>
    tidy(() => {
      const failed = nanUnlessFinite(inputs.input as Tensor);
      const matrix = orIdentity(inputs.input as Tensor, failed);
      const attributes = { compute_uv: true, full_matrices: false };
      const [s, u, v] = execute(backend, 'Svd', [matrix], attributes, 3);
      return [add(s, squeeze(failed, [-1])), add(u, failed), add(v, failed)];
    }),
};

function execute(
  backend: object,
  op: string,
  inputs: Tensor[],
  flags: Record<string, boolean>,
  outputs: number,
): Tensor[] {
  const { binding } = backend as TensorFlowBackend;
  const attributes: Attribute[] = Object.entries(flags).map(([name, value]) => ({
    name,
    type: binding.TF_ATTR_BOOL,
    value,
  }));
  attributes.push({ name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT });
  return (backend as TensorFlowBackend).executeMultipleOutputs(op, attributes, inputs, outputs);
}

/** [..., 1, 1]: 0 for a matrix of finite numbers, NaN for any other. */
function nanUnlessFinite(x: Tensor): Tensor {
  return sum(mul(x, 0), [-2, -1], true);
}

/** Matrices that have failed are set aside: some of TensorFlow's ops stop at them, and the rest of the batch with them. */
function orIdentity(x: Tensor, failed: Tensor): Tensor {
  const [m, n] = x.shape.slice(-2);
  // Not `eye` alone: tfjs does not broadcast to a batch of none.
  return where(equal(failed, 0), x, add(zerosLike(x), eye(m, n)));
}

/** MatrixInverse stops at the first singular matrix of a batch; only then are they inverted one by one. */
function invertEach(backend: object, x: Tensor): Tensor {
  const attributes = { adjoint: false };
  try {
    return execute(backend, 'MatrixInverse', [x], attributes, 1)[0];
  } catch (error) {
    if (!String(error).includes('not invertible')) throw error;
  }
  const [m, n] = x.shape.slice(-2);
  const count = x.size / (m * n);
  if (count === 1) return fill(x.shape, NaN);
  const single = split(reshape(x, [count, m, n]), count);
  return reshape(concat(single.map((matrix) => invertEach(backend, matrix))), x.shape);
}
