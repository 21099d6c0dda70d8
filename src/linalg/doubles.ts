/** Products in float64 on TensorFlow's own backend, which tfjs has no tensors for: the numbers go in and come out as pairs of int32. */
import { backend } from '@tensorflow/tfjs-core';

interface Attribute {
  name: string;
  type: number;
  value: boolean | number;
}

/** What is used of tfjs-node's binding; nothing is imported from it. Its tensors are numbers, to be deleted by hand. */
interface Binding {
  TF_ATTR_TYPE: number;
  TF_ATTR_BOOL: number;
  TF_INT32: number;
  createTensor(shape: number[], type: number, values: Int32Array): number;
  executeOp(op: string, attributes: Attribute[], inputs: number[], outputs: number): { id: number }[];
  tensorDataSync(id: number): Int32Array;
  deleteTensor(id: number): void;
}

/** TensorFlow's name of float64. */
const TF_DOUBLE = 2;

/**
 * A Bᵀ in float64; TensorFlow's backend only.
 *
 * @param a [m, k] row-major
 * @param b [n, k]
 * @returns [m, n]
 */
export function multiplyDoubles(a: Float64Array, b: Float64Array, k: number): Float64Array {
  const { binding } = backend() as unknown as { binding: Binding };
  const type = (name: string, value: number) => ({ name, type: binding.TF_ATTR_TYPE, value });
  const flag = (name: string, value: boolean) => ({ name, type: binding.TF_ATTR_BOOL, value });
  const made: number[] = [];
  const run = (op: string, attributes: Attribute[], ...inputs: number[]): number => {
    const [{ id }] = binding.executeOp(op, attributes, inputs, 1);
    made.push(id);
    return id;
  };
  const doubles = (values: Float64Array): number => {
    const pairs = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    const id = binding.createTensor([values.length / k, k, 2], binding.TF_INT32, pairs);
    made.push(id);
    return run('Bitcast', [type('T', binding.TF_INT32), type('type', TF_DOUBLE)], id);
  };
  try {
    const form = [flag('transpose_a', false), flag('transpose_b', true), type('T', TF_DOUBLE)];
    const product = run('MatMul', form, doubles(a), doubles(b));
    const pairs = run('Bitcast', [type('T', TF_DOUBLE), type('type', binding.TF_INT32)], product);
    return new Float64Array(binding.tensorDataSync(pairs).slice().buffer);
  } finally {
    for (const id of made) binding.deleteTensor(id);
  }
}
