/**
 * A TensorFlow graph in the making, node by node, as the JSON form of GraphDef that tf.loadGraphModel reads. A Const has
 * no value of its own: the weight of the same name is it. Only ops with kernels on cpu, wasm, webgl, webgpu and TensorFlow.
 */
import { float32Weight, int32Weight, type Weight } from './weights.js';

type Attribute = { type: string } | { b: boolean } | { shape: Shape };
interface Shape {
  readonly dim: readonly { readonly size: string }[];
}
export interface GraphNode {
  readonly name: string;
  readonly op: string;
  readonly input?: readonly string[];
  readonly attr: Readonly<Record<string, Attribute>>;
}
/** An input or output as the signature tells it; -1: any length. */
export interface Port {
  readonly name: string;
  readonly dtype: 'DT_FLOAT' | 'DT_INT32';
  readonly shape: readonly number[];
}

const FLOAT = { type: 'DT_FLOAT' };
const INT = { type: 'DT_INT32' };

export const shapeProto = (shape: readonly number[]): Shape => ({
  dim: shape.map((size) => ({ size: `${size}` })),
});

export class Graph {
  readonly nodes: GraphNode[] = [];
  readonly weights: Weight[] = [];
  #scope = '';

  /** The same graph, where every name gets a prefix. */
  scoped(prefix: string): Graph {
    const inner = new Graph();
    inner.#scope = prefix;
    return Object.assign(inner, { nodes: this.nodes, weights: this.weights });
  }

  /** Rows of a known width, float32. */
  rows(name: string, width: number): string {
    return this.#add({
      name,
      op: 'Placeholder',
      attr: { dtype: FLOAT, shape: { shape: shapeProto([-1, width]) } },
    });
  }

  floats(name: string, values: ArrayLike<number>, shape: readonly number[]): string {
    this.weights.push(float32Weight(this.#scope + name, values, shape));
    return this.#add({ name, op: 'Const', attr: { dtype: FLOAT } });
  }

  ints(name: string, values: ArrayLike<number>, shape: readonly number[]): string {
    this.weights.push(int32Weight(this.#scope + name, values, shape));
    return this.#add({ name, op: 'Const', attr: { dtype: INT } });
  }

  /** An op of float inputs. */
  op(op: string, name: string, ...input: string[]): string {
    return this.#add({ name, op, input, attr: { T: FLOAT } });
  }

  /** a bᵀ */
  matMulTransposed(name: string, a: string, b: string): string {
    const attr = { T: FLOAT, transpose_a: { b: false }, transpose_b: { b: true } };
    return this.#add({ name, op: 'MatMul', input: [a, b], attr });
  }

  /** Sum, Max or Min over axes; a shape of `input` with 1 for each of them where `keep`. */
  reduce(op: 'Sum' | 'Max' | 'Min', name: string, input: string, axis: number, keep = false): string {
    const axes = this.ints(`${name}/axis`, [axis], [1]);
    return this.#add({
      name,
      op,
      input: [input, axes],
      attr: { T: FLOAT, Tidx: INT, keep_dims: { b: keep } },
    });
  }

  /** ArgMin or ArgMax over the last axis of a matrix. */
  arg(op: 'ArgMin' | 'ArgMax', name: string, input: string): string {
    const axis = this.ints(`${name}/axis`, [1], []);
    return this.#add({ name, op, input: [input, axis], attr: { T: FLOAT, Tidx: INT, output_type: INT } });
  }

  /** Rows of a matrix by their numbers. */
  gather(name: string, matrix: string, indices: string): string {
    const axis = this.ints(`${name}/axis`, [0], []);
    const attr = { Tparams: FLOAT, Tindices: INT, Taxis: INT };
    return this.#add({ name, op: 'GatherV2', input: [matrix, indices, axis], attr });
  }

  /** Rows less their origin, as the classes take it: its float32 part, which is exact near it, then the rest of it. */
  relative(name: string, rows: string, origin: ArrayLike<number>): string {
    const near = Float32Array.from(origin);
    const rest = Float32Array.from(origin, (value, j) => value - near[j]);
    const exact = rest.every((value) => value === 0);
    const shape = [origin.length];
    const less = this.op('Sub', exact ? name : `${name}/exact`, rows, this.floats('origin', near, shape));
    return exact ? less : this.op('Sub', name, less, this.floats('origin/rest', rest, shape));
  }

  /** A matrix turned over. */
  transpose(name: string, input: string): string {
    return this.op('Transpose', name, input, this.ints(`${name}/order`, [1, 0], [2]));
  }

  reshape(name: string, input: string, shape: readonly number[]): string {
    return this.op('Reshape', name, input, this.ints(`${name}/shape`, shape, [shape.length]));
  }

  #add(node: GraphNode): string {
    const name = this.#scope + node.name;
    this.nodes.push({ ...node, name });
    return name;
  }
}
