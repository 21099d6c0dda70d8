import type { io } from '@tensorflow/tfjs-core';
import { show } from '../core/checks.js';
import { ModelFormatError } from '../core/errors.js';
import { isRecord, own, readSpecs } from './specs.js';
import { concatBytes } from './weights.js';

/** Reads a file beside model.json; where it can tell beforehand that there are more bytes than `most`, it need not. */
export type ReadBeside = (name: string, most: number) => Promise<Uint8Array>;

/** A name below the folder of model.json: it does not climb, and names no drive, server or root. */
function checkPath(where: string, name: unknown): string {
  const inside =
    typeof name === 'string' &&
    /^[^\\:?#\0]+$/.test(name) &&
    !name.startsWith('/') &&
    !name.split('/').includes('..');
  if (inside) return name;
  throw new ModelFormatError(
    `${where}: model.json names its weights ${show(name)}; they must lie beside it.`,
  );
}

/**
 * The artifacts that the text of a model.json and the files beside it make.
 *
 * @throws ModelFormatError for text that is no model.json, and paths that lead elsewhere
 */
export async function artifactsOfJson(
  where: string,
  text: string,
  read: ReadBeside,
): Promise<io.ModelArtifacts> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new ModelFormatError(`${where}: model.json is no JSON: ${(cause as Error).message}.`, { cause });
  }
  const groups = isRecord(json) ? own(json, 'weightsManifest') : undefined;
  if (!Array.isArray(groups) || !groups.every(isRecord)) {
    throw new ModelFormatError(
      `${where}: model.json must have a weightsManifest, a list; got ${show(groups ?? json)}.`,
    );
  }
  const specs: unknown[] = [];
  const parts: Uint8Array[] = [];
  for (const group of groups as Record<string, unknown>[]) {
    const [paths, weights] = [own(group, 'paths'), own(group, 'weights')];
    if (!Array.isArray(paths))
      throw new ModelFormatError(
        `${where}: the paths of model.json's weights must be a list; got ${show(paths)}.`,
      );
    let left = readSpecs(where, weights).total;
    for (const name of paths.map((each) => checkPath(where, each))) {
      const bytes = await read(name, left);
      left -= bytes.length;
      if (left < 0) throw new ModelFormatError(`${where}: ${name} has more bytes than its weights ask for.`);
      parts.push(bytes);
    }
    specs.push(...(weights as unknown[]));
  }
  const { userDefinedMetadata } = json as { userDefinedMetadata?: Record<string, object> };
  const { modelTopology, signature, format } = json as io.ModelJSON;
  const weightData = concatBytes(parts).buffer as ArrayBuffer;
  return {
    modelTopology,
    signature,
    format,
    userDefinedMetadata,
    weightSpecs: specs as io.WeightsManifestEntry[],
    weightData,
  };
}
