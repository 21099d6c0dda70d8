import type { Graph, Port } from './graph.js';
import type { ModelRecord, Param } from './record.js';

const deviationsOf = (graph: Graph, deviations: Param | undefined): string | undefined =>
  deviations && graph.floats('deviations', deviations.values, deviations.shape);

/** PCA as a graph, step by step what the class computes: x [N, D] to coordinates [N, M]. */
export function pcaGraph(graph: Graph, { params, derived }: ModelRecord, x: string): Port[] {
  const { origin, mean, components } = params;
  const [m, d] = components.shape;
  const fromOrigin = graph.relative('fromOrigin', x, origin.values);
  const centered = graph.op('Sub', 'centered', fromOrigin, graph.floats('mean', mean.values, [d]));
  const directions = graph.floats('components', components.values, [m, d]);
  const deviations = deviationsOf(graph, derived?.deviations);
  const along = graph.matMulTransposed(deviations ? 'alongComponents' : 'coordinates', centered, directions);
  if (deviations) graph.op('RealDiv', 'coordinates', along, deviations);
  return [{ name: 'coordinates', dtype: 'DT_FLOAT', shape: [-1, m] }];
}

/** The way back, in the graph that `pcaGraph` was added to: z [N, M] to rows [N, D]. */
export function pcaInverse(graph: Graph, { params, derived }: ModelRecord, z: string, scope: string): string {
  const { origin, mean } = params;
  const scaled = derived?.deviations ? graph.op('Mul', 'scaled', z, `${scope}deviations`) : z;
  const around = graph.op('MatMul', 'aroundMean', scaled, `${scope}components`);
  const center = Float64Array.from(mean.values, (value, j) => value + origin.values[j]);
  return graph.op('AddV2', 'rows', around, graph.floats('center', center, [center.length]));
}
