import type { Graph, Port } from './graph.js';
import type { ModelRecord, Param } from './record.js';

/** (x - μ_k) P_k of every component: P a matrix for each [K, D, D], one for all [D, D], or scales [K, 1, 1 or D]. */
function whiten(graph: Graph, centered: string, factor: Param, k: number, d: number): string {
  const p = graph.floats('factor', factor.values, factor.shape);
  if (factor.shape.length === 2) {
    const rows = graph.op('MatMul', 'whitenedRows', graph.reshape('rows', centered, [-1, d]), p);
    return graph.reshape('whitened', rows, [k, -1, d]);
  }
  return graph.op(factor.shape[1] === 1 ? 'Mul' : 'BatchMatMulV2', 'whitened', centered, p);
}

/** log Σ exp over the components, about the largest. */
function logSumExp(graph: Graph, name: string, joint: string): string {
  const largest = graph.reduce('Max', 'largest', joint, 1, true); // [N, 1]
  const shares = graph.op('Exp', 'shares', graph.op('Sub', 'belowLargest', joint, largest));
  const total = graph.op('Log', 'logTotal', graph.reduce('Sum', 'total', shares, 1)); // [N]
  return graph.op('AddV2', name, total, graph.reshape('largestOfRow', largest, [-1]));
}

/**
 * A Gaussian mixture as a graph: x [N, D] to labels [N], probabilities [N, K] and log densities [N]. Step by step what the
 * class computes: log p_k(x) = c_k - |(x - μ_k) P_k|² / 2, with the constants c_k beforehand.
 */
export function mixtureGraph(graph: Graph, { params, derived }: ModelRecord, x: string): Port[] {
  const { origin, means } = params;
  const { factor, logConstants } = derived!;
  const [k, d] = means.shape;
  const fromOrigin = graph.relative('fromOrigin', x, origin.values);
  const centered = graph.op('Sub', 'centered', fromOrigin, graph.floats('means', means.values, [k, 1, d])); // [K, N, D]
  const squares = graph.op('Square', 'squares', whiten(graph, centered, factor, k, d));
  const half = graph.op(
    'Mul',
    'halfSquared',
    graph.reduce('Sum', 'squared', squares, 2),
    graph.floats('half', [0.5], []),
  );
  const constants = graph.floats('logConstants', logConstants.values, [k, 1]);
  const joint = graph.transpose('logJoint', graph.op('Sub', 'logJointByComponent', constants, half)); // [N, K]
  graph.arg('ArgMax', 'labels', joint);
  graph.op('Softmax', 'probabilities', joint);
  logSumExp(graph, 'logDensity', joint);
  return [
    { name: 'labels', dtype: 'DT_INT32', shape: [-1] },
    { name: 'probabilities', dtype: 'DT_FLOAT', shape: [-1, k] },
    { name: 'logDensity', dtype: 'DT_FLOAT', shape: [-1] },
  ];
}
