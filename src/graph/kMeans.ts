import type { Graph, Port } from './graph.js';
import type { ModelRecord } from './record.js';

/**
 * K-means as a graph: x [N, D] to labels [N] and Euclidean distances [N, K].
 *
 * Distances by one product, |x|² - 2 x·c + |c|² about the origin, which are off by about 1e-3 of the rows' size where they are
 * near 0; the nearest centre's is taken from differences, right to float32's last digits.
 */
export function kMeansGraph(graph: Graph, { params }: ModelRecord, x: string): Port[] {
  const { origin, clusterCenters } = params;
  const [k, d] = clusterCenters.shape;
  const c = Float32Array.from(clusterCenters.values);
  const centered = graph.relative('centered', x, origin.values);
  const centers = graph.floats('centers', c, [k, d]);
  const products = graph.floats(
    'minusTwoCenters',
    Array.from({ length: d * k }, (_, at) => -2 * c[(at % k) * d + Math.floor(at / k)]),
    [d, k],
  );
  const norms = graph.floats(
    'squaredNorms',
    Array.from({ length: k }, (_, i) => c.subarray(i * d, (i + 1) * d).reduce((a, b) => a + b * b, 0)),
    [k],
  );
  const scores = graph.op('AddV2', 'scores', graph.op('MatMul', 'products', centered, products), norms); // [N, K]
  const labels = graph.arg('ArgMin', 'labels', scores);
  const own = graph.op('Sub', 'differences', centered, graph.gather('nearestCenters', centers, labels));
  const least = graph.reduce('Sum', 'nearestSquared', graph.op('Square', 'squaredDifferences', own), 1, true); // [N, 1]
  const size = graph.reduce('Sum', 'squaredSizes', graph.op('Square', 'squares', centered), 1, true); // [N, 1]
  const all = graph.op('Maximum', 'allSquared', graph.op('AddV2', 'sums', scores, size), least); // [N, K]
  const isNearest = graph.op(
    'Equal',
    'isNearest',
    scores,
    graph.reduce('Min', 'leastScores', scores, 1, true),
  );
  graph.op('Sqrt', 'distances', graph.op('SelectV2', 'squaredDistances', isNearest, least, all));
  return [
    { name: 'labels', dtype: 'DT_INT32', shape: [-1] },
    { name: 'distances', dtype: 'DT_FLOAT', shape: [-1, k] },
  ];
}
