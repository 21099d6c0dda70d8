/** What the public operations share at their boundary: checks of their arguments, and one batch axis instead of several. */
import {
  add,
  concat,
  mul,
  reshape,
  Tensor,
  transpose,
  util,
  zeros,
  type Tensor3D,
} from '@tensorflow/tfjs-core';
import { show } from '../core/checks.js';
import { InputError } from '../core/errors.js';

/**
 * Checks that `x` is a float32 tensor of matrices, [..., M, N].
 *
 * @throws InputError that names the operation, the argument and what was given
 */
export function checkMatrices(where: string, name: string, x: Tensor): void {
  if (!(x instanceof Tensor)) {
    throw new InputError(
      `linalg.${where}: ${name} must be a tensor; got ${show(x)}. Make one with tf.tensor().`,
    );
  }
  if (x.isDisposed) {
    throw new InputError(
      `linalg.${where}: ${name} was disposed (it was ${show(x)}); pass one that is still alive.`,
    );
  }
  if (x.dtype !== 'float32') {
    throw new InputError(
      `linalg.${where}: ${name} must be a float32 tensor; got ${show(x)}. Cast it with tf.cast(x, 'float32').`,
    );
  }
  if (x.rank < 2) {
    throw new InputError(`linalg.${where}: ${name} must have shape [..., M, N]; got ${show(x)}.`);
  }
}

/**
 * Checks that `x` is a float32 tensor of square matrices, [..., M, M].
 *
 * @throws InputError that names the operation, the argument and what was given
 */
export function checkSquare(where: string, name: string, x: Tensor): void {
  checkMatrices(where, name, x);
  if (x.shape.at(-1) !== x.shape.at(-2)) {
    throw new InputError(
      `linalg.${where}: ${name} must hold square matrices, shape [..., M, M]; got ${show(x)}.`,
    );
  }
}

/** The leading dimensions, without the matrix's two. */
export function batchShape(x: Tensor): number[] {
  return x.shape.slice(0, -2);
}

/** [..., M, N] as [B, M, N]. */
export function flatten(x: Tensor): Tensor3D {
  const [m, n] = x.shape.slice(-2);
  return reshape(x, [util.sizeFromShape(batchShape(x)), m, n]);
}

/** [B, ...] with the leading dimensions of `like` in place of B. */
export function unflatten(x: Tensor, like: Tensor): Tensor {
  return reshape(x, [...batchShape(like), ...x.shape.slice(1)]);
}

/** The parts of a factorisation as one tensor, as a custom gradient returns one: [B, R1, K], [B, R2, K], ... along axis 1. */
export function pack(parts: Tensor[]): Tensor {
  const [b, , k] = parts[0].shape;
  const rows = parts.reduce((sum, part) => sum + part.shape[1]!, 0);
  // The cpu backend concatenates nothing to nothing that it can slice.
  return b * rows * k === 0 ? zeros([b, rows, k]) : concat(parts, 1);
}

/** The transpose of each matrix of a batch [B, M, N]. */
export function transposeEach(x: Tensor): Tensor {
  return transpose(x, [0, 2, 1]);
}

/** (x + xᵀ) / 2 for a batch [B, M, M]: the gradient of a function that reads one triangle of a symmetric x. */
export function symmetrised(x: Tensor): Tensor {
  return mul(add(x, transposeEach(x)), 0.5);
}
