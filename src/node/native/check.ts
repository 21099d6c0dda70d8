import { InputError } from '../../core/errors.js';
import { lastWords, run, type Environment, type Ran, type RunOptions } from './run.js';
import type { NodePackage } from './link.js';

export interface Checked {
  /** TensorFlow's version, as the library itself says. */
  version: string;
  device: 'cpu' | 'gpu';
}

// Integers this small are exact in float32 in whatever order they are added, so the product must match exactly.
const CHECK = `
const util = require('util');
util.isNullOrUndefined ??= (value) => value == null;
const tf = require(process.argv[1]);
const n = 64;
const entry = (i, j) => ((i * 7 + j * 3) % 11) - 5;
const matrix = (f) => Float32Array.from({ length: n * n }, (_, k) => f(Math.floor(k / n), k % n));
const product = tf.matMul(tf.tensor2d(matrix(entry), [n, n]), tf.tensor2d(matrix((i, j) => entry(j, i)), [n, n]));
const expected = matrix((i, j) => {
  let sum = 0;
  for (let k = 0; k < n; k++) sum += entry(i, k) * entry(j, k);
  return sum;
});
const right = tf.getBackend() === 'tensorflow' && product.dataSync().every((value, k) => value === expected[k]);
const { binding, isUsingGpuDevice } = tf.backend();
console.log('native:' + JSON.stringify({ right, version: binding.TF_Version, device: isUsingGpuDevice ? 'gpu' : 'cpu' }));
`;

// Squares below 2^24 are exact in float32, and their sum, which is not, in two of them. No vector has 10007 as a multiple.
const CHECK_KERNELS = `
const util = require('util');
util.isNullOrUndefined ??= (value) => value == null;
const [, folder, file, op] = process.argv;
const tf = require(folder);
process.dlopen({ exports: {} }, file);
const x = Float32Array.from({ length: 10007 }, (_, i) => (i * 37) % 4093);
const [sum, n] = tf.backend().executeMultipleOutputs(op, [], [tf.tensor1d(x)], 2);
const [high, low] = sum.dataSync();
const right = high + low === x.reduce((total, value) => total + value * value, 0) && n.dataSync()[0] === x.length;
console.log('kernels:' + right);
`;

/**
 * Loads an installed tfjs-node in a fresh Node process and multiplies two matrices whose product is known.
 *
 * @throws InputError when it does not load, ends, or computes something else
 */
export async function checkNative(
  target: NodePackage,
  env: Environment,
  signal?: AbortSignal,
): Promise<Checked> {
  const ran = await fresh(CHECK, [target.folder], { env, signal });
  const answer = /^native:(.*)$/m.exec(ran.stdout);
  if (ran.code !== 0 || !answer) {
    throw new InputError(`TensorFlow does not load in ${target.name} ${target.version} (${loadWords(ran)}).`);
  }
  const { right, ...checked } = JSON.parse(answer[1]) as Checked & { right: boolean };
  if (!right)
    throw new InputError(`TensorFlow ${checked.version} loads, but multiplied two matrices wrongly here.`);
  return checked;
}

/**
 * Loads a file of kernels in a fresh Node process and runs one whose answer is known.
 *
 * @param op what TensorFlow calls LatentCheck there
 * @throws InputError when they do not load, end the process, or compute something else
 */
export async function checkKernels(
  target: NodePackage,
  file: string,
  op: string,
  { env, signal }: RunOptions,
): Promise<void> {
  const ran = await fresh(CHECK_KERNELS, [target.folder, file, op], { env, signal });
  const answer = /^kernels:(.*)$/m.exec(ran.stdout);
  if (ran.code !== 0 || !answer)
    throw new InputError(`The kernels were built, but do not load (${loadWords(ran)}).`);
  if (answer[1] !== 'true') throw new InputError('The kernels were built, but compute wrongly here.');
}

const fresh = (code: string, args: string[], { env, signal }: RunOptions): Promise<Ran> =>
  run(process.execPath, ['-e', code, ...args], {
    env: { ...env, TF_CPP_MIN_LOG_LEVEL: env.TF_CPP_MIN_LOG_LEVEL ?? '2' },
    signal,
  });

/** Node prints the error, then a stack; the error's own line says more than the last ones. */
function loadWords(ran: Ran): string {
  return /^\w*Error: .*$/m.exec(ran.stderr)?.[0] ?? lastWords(ran);
}
