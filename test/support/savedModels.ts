/** Saved models to be broken: one of each class, as the text of its model.json and the bytes of its weights. */
import { memory, type io } from '@tensorflow/tfjs-core';
import { GaussianMixture, KMeans, ModelFormatError, PCA } from '../../src/index.js';
import { sealOf } from '../../src/graph/checksum.js';
import { artifactsOfJson } from '../../src/graph/manifest.js';
import { firstWrong } from './honest.js';
import { contents, inMemory } from './models.js';

type Model = KMeans | GaussianMixture | PCA;
/** Parsed JSON, where every key may be there. */
export type Tree = { [key: string]: Tree };

export interface Saved {
  name: string;
  load: (source: io.IOHandler) => Promise<Model>;
  json: string;
  bytes: Uint8Array;
  contents: Record<string, unknown>;
}

const ROWS = [[0, 1], [0.5, 2], [8, 7], [9, 9], [7.5, 8], [1, 0.25]]; // prettier-ignore

async function savedOf(model: Model, load: Saved['load']): Promise<Saved> {
  const store = inMemory();
  await model.save(store);
  const { weightSpecs, weightData, ...rest } = store.artifacts;
  const json = JSON.stringify({ ...rest, weightsManifest: [{ paths: ['w.bin'], weights: weightSpecs }] });
  const bytes = new Uint8Array(weightData as ArrayBuffer);
  const saved = { name: model.constructor.name, load, json, bytes, contents: await contents(model) };
  model.dispose();
  return saved;
}

export const saveEach = async (): Promise<Saved[]> => [
  await savedOf(await KMeans.fit(ROWS, { nClusters: 2, seed: 1 }), (source) => KMeans.load(source)),
  await savedOf(await GaussianMixture.fit(ROWS, { nComponents: 2, seed: 1 }), (source) =>
    GaussianMixture.load(source),
  ),
  await savedOf(await PCA.fit(ROWS, { nComponents: 1, whiten: true, seed: 1 }), (source) => PCA.load(source)),
];

export const handlerOf = (json: string, bytes: Uint8Array): io.IOHandler => ({
  load: () => artifactsOfJson('here', json, async () => bytes),
});

export interface Outcome {
  /** Of the ModelFormatError. */
  message?: string;
  /** Of the model. */
  contents?: Record<string, unknown>;
}

async function loadHonestly({ name, load }: Saved, source: io.IOHandler): Promise<Outcome> {
  try {
    const model = await load(source);
    // Wherever the model says it lies.
    const x = [model.origin];
    const answer = model instanceof PCA ? model.transform(x) : model.predict(x);
    const found = await contents(model);
    const wrong = firstWrong({ found, answer }, 'finite');
    answer.dispose();
    model.dispose();
    if (wrong) throw new Error(wrong);
    return { contents: found };
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    // Where, and at least one sentence.
    if (!new RegExp(`^${name}.load: .{15,}\\.$`, 's').test(error.message)) throw error;
    return { message: error.message };
  }
}

/** Loads, and fails unless that ends in a model of finite numbers or in a ModelFormatError, and leaves nothing behind. */
export async function attempt(saved: Saved, source: io.IOHandler): Promise<Outcome> {
  const before = memory().numTensors;
  const outcome = await loadHonestly(saved, source);
  if (memory().numTensors !== before) throw new Error(`${memory().numTensors - before} tensors left behind`);
  if ('polluted' in {}) throw new Error('every object has a new property');
  return outcome;
}

export const ours = (json: Tree): Tree => json.userDefinedMetadata['tfjs-latent'];
export const specs = (json: Tree): Tree => json.weightsManifest[0 as never].weights;
export const specOf = (json: Tree, name: string): Tree =>
  Object.values(specs(json)).find((spec) => (spec.name as unknown) === `tfjs-latent/${name}`)!;

/** Sets a key of what is found in the JSON. */
export const put =
  (at: (json: Tree) => Tree, key: string, value: unknown) =>
  (json: Tree): void =>
    void ((at(json) as Record<string, unknown>)[key] = value);

/** Makes the checksum right again, so that what it guards is looked at too. */
export function reseal(json: Tree, bytes: Uint8Array): void {
  const { kind, float64, meta } = ours(json);
  put(ours, 'checksum', sealOf({ kind, float64, meta, weightSpecs: specs(json) }, bytes))(json);
}
