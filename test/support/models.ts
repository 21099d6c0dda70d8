import type { io } from '@tensorflow/tfjs-core';

export interface Memory extends io.IOHandler {
  /** What was saved last. */
  artifacts: io.ModelArtifacts;
  load: () => Promise<io.ModelArtifacts>;
}

/** An IO handler that keeps what it is given. */
export function inMemory(artifacts: io.ModelArtifacts = {}): Memory {
  const handler: Memory = {
    artifacts,
    load: async () => handler.artifacts,
    save: async (given) => {
      handler.artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    },
  };
  return handler;
}

/** The tensors and plain fields of a model, to the last bit; functions left out. */
export async function contents(model: object): Promise<Record<string, unknown>> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(model)) {
    const isTensor = typeof value === 'object' && value !== null && 'dataId' in value;
    const { dtype, shape } = (value ?? {}) as { dtype?: string; shape?: number[] };
    out[name] = isTensor ? { dtype, shape, values: Array.from(await value.data()) } : value;
  }
  return out;
}
