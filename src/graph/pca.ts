import type { Graph, Port } from './graph.js';
import type { ModelRecord } from './record.js';

/**
 * PCA as a graph: x [N, D] to coordinates [N, M]; and from z [N, M], by `execute({ z }, 'reconstruction')`, rows [N, D].
 * Step by step what the class computes.
 */
export function pcaGraph(graph: Graph, { params, derived }: ModelRecord): Port[] {
  const { origin, mean, components } = params;
  const [m, d] = components.shape;
  const w = components.values;
  const transposed = w.map((_, at) => w[(at % m) * d + Math.floor(at / m)]);
  const fromOrigin = graph.relative('fromOrigin', graph.rows('x', d), origin.values);
  const centered = graph.op('Sub', 'centered', fromOrigin, graph.floats('mean', mean.values, [d]));
  const directions = graph.floats('directions', transposed, [d, m]);
  const deviations = derived?.deviations && graph.floats('deviations', derived.deviations.values, [m]);
  if (deviations) {
    graph.op(
      'RealDiv',
      'coordinates',
      graph.op('MatMul', 'alongDirections', centered, directions),
      deviations,
    );
  } else graph.op('MatMul', 'coordinates', centered, directions);

  const z = graph.rows('z', m);
  const scaled = deviations ? graph.op('Mul', 'scaled', z, deviations) : z;
  const around = graph.op('MatMul', 'aroundMean', scaled, graph.floats('components', w, [m, d]));
  const center = Float64Array.from(mean.values, (value, j) => value + origin.values[j]);
  graph.op('AddV2', 'reconstruction', around, graph.floats('center', center, [d]));
  return [{ name: 'coordinates', dtype: 'DT_FLOAT', shape: [-1, m] }];
}
