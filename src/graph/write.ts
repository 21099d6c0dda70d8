import type { io } from '@tensorflow/tfjs-core';
import { InputError } from '../core/errors.js';
import { VERSION } from '../core/version.js';
import { sealOf } from './checksum.js';
import { Graph, shapeProto, type Port } from './graph.js';
import { kMeansGraph } from './kMeans.js';
import { mixtureGraph } from './mixture.js';
import { pcaGraph, pcaInverse } from './pca.js';
import type { ModelRecord, Param } from './record.js';
import { concatBytes, paramWeight } from './weights.js';

/** Of the metadata and of what stands beside the graph; raised when an older reader could not follow. */
export const FORMAT_VERSION = 1;
/** Where in a file's metadata the model is told, and what the names of its weights begin with. */
export const KEY = 'tfjs-latent';

/** The graph of each kind of model: adds its nodes from its rows on, and says its outputs. */
const GRAPHS: Record<string, (graph: Graph, record: ModelRecord, x: string) => Port[]> = {
  KMeans: kMeansGraph,
  GaussianMixture: mixtureGraph,
  PCA: pcaGraph,
};

/** The graph of models one after the other, all but the last of them PCAs, and the way back through the PCAs. */
function addModels(graph: Graph, steps: readonly ModelRecord[]): Port[] {
  const scopes = steps.map((_, i) => (i === steps.length - 1 ? '' : `step${i}/`));
  let at = graph.rows('x', widthOf(steps[0]));
  let outputs: Port[] = [];
  steps.forEach((step, i) => {
    outputs = GRAPHS[step.kind](graph.scoped(scopes[i]), step, at);
    at = `${scopes[i]}coordinates`;
  });
  const last = steps.map(({ kind }) => kind).lastIndexOf('PCA');
  if (last < 0) return outputs;
  let back = graph.rows('z', steps[last].params.components.shape[0]);
  for (let i = last; i >= 0; i--) back = pcaInverse(graph.scoped(`back${i}/`), steps[i], back, scopes[i]);
  graph.op('Identity', 'reconstruction', back);
  return outputs;
}

const widthOf = ({ params }: ModelRecord): number => params.origin.shape[0];

/** All params; those of a step behind its number. */
const paramsOf = ({ params, steps }: ModelRecord): [string, Param][] =>
  steps
    ? steps.flatMap((step, i) =>
        paramsOf(step).map(([name, param]): [string, Param] => [`${i}/${name}`, param]),
      )
    : Object.entries(params);

const metaOf = ({ meta, steps }: ModelRecord): ModelRecord['meta'] =>
  steps ? { steps: steps.map((step) => ({ kind: step.kind, meta: step.meta })) } : meta;

const portInfo = ({ name, dtype, shape }: Port) => ({
  name: `${name}:0`,
  dtype,
  tensorShape: shapeProto(shape),
});

/**
 * A model as the artifacts that every tfjs IO handler stores: an ordinary GraphModel, whose metadata and further weights
 * tell the whole model.
 */
export function artifactsOf(record: ModelRecord): io.ModelArtifacts {
  const graph = new Graph();
  const steps = record.steps ?? [record];
  const outputs = addModels(graph, steps);
  const params = paramsOf(record);
  for (const [name, { values }] of params) {
    if (!values.every(Number.isFinite)) {
      throw new InputError(
        `${record.kind}.save: ${name} holds a number that is not finite; nothing was saved.`,
      );
    }
  }
  const weights = [...graph.weights, ...params.map(([name, param]) => paramWeight(`${KEY}/${name}`, param))];
  const bytes = concatBytes(weights.map((weight) => weight.bytes));
  const float64 = params.filter(([, { values }]) => values instanceof Float64Array).map(([name]) => name);
  const [kind, meta] = [record.kind, metaOf(record)];
  const weightSpecs = weights.map(({ spec }) => spec);
  const seal = sealOf({ kind, float64, meta, weightSpecs }, bytes);
  const model = { formatVersion: FORMAT_VERSION, version: VERSION, kind, checksum: seal, float64, meta };
  const x: Port = { name: 'x', dtype: 'DT_FLOAT', shape: [-1, widthOf(steps[0])] };
  return {
    format: 'graph-model',
    generatedBy: `tfjs-latent ${VERSION}`,
    convertedBy: null,
    modelTopology: { node: graph.nodes, library: {}, versions: { producer: 1 } },
    signature: {
      inputs: { x: portInfo(x) },
      outputs: Object.fromEntries(outputs.map((port) => [port.name, portInfo(port)])),
    },
    userDefinedMetadata: { structuredOutputKeys: outputs.map(({ name }) => name), [KEY]: model },
    weightSpecs,
    weightData: bytes.buffer as ArrayBuffer,
  };
}
