/**
 * `linalg`: what tf.linalg lacks. Batched over leading dimensions, with gradients, on every backend; a matrix that cannot be
 * factored is NaN, and no other one of its batch is touched. Tensors are float32: cast others.
 */
export { cholesky } from './cholesky.js';
export { eigh } from './eigh.js';
export { inverse } from './inverse.js';
export { logDet } from './logDet.js';
export { svd } from './svd.js';
export { triangularSolve } from './triangularSolve.js';
