/**
 * Models in folders, on any backend. A save is whole or did not happen: weights-<sha256>.bin is written and synced first,
 * then model.json is renamed over the old one, then the old weights go.
 */
import { createHash, randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { io } from '@tensorflow/tfjs-core';
import { InputError, ModelFormatError } from '../core/errors.js';
import { artifactsOfJson, type ReadBeside } from '../graph/manifest.js';
import { FOLDER_SCHEME } from '../graph/stores.js';

const JSON_NAME = 'model.json';
const WEIGHTS_NAME = /^weights-([0-9a-f]{64})\.bin$/;
/** What a save that was killed may leave behind. */
const LEFTOVER = /^(weights-[0-9a-f]{64}\.bin|model\.json)\.[0-9a-f-]{36}\.part$/;
/** Milliseconds after which no save is at work on a file any more. */
const ABANDONED = 3_600_000;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

/** The folder of a path that may name its model.json. */
const folderOf = (given: string): string =>
  path.resolve(path.basename(given) === JSON_NAME ? path.dirname(given) : given);

/** Waits until what lies in a folder is on the disk; Windows cannot. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Written beside, synced and renamed: under its name a file is whole, or the old one. */
async function writeSynced(file: string, content: string | Uint8Array): Promise<void> {
  const beside = `${file}.${randomUUID()}.part`;
  try {
    const handle = await fs.open(beside, 'wx');
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await fs.rename(beside, file);
  } catch (error) {
    await fs.rm(beside, { force: true }).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(file));
}

/** The weights that the folder's model.json names now, as far as a save of ours wrote them. */
async function weightsInUse(folder: string): Promise<string[]> {
  try {
    const json = JSON.parse(await fs.readFile(path.join(folder, JSON_NAME), 'utf8')) as io.ModelJSON;
    return json.weightsManifest.flatMap(({ paths }) => paths).filter((name) => WEIGHTS_NAME.test(name));
  } catch (error) {
    if (codeOf(error) !== undefined && codeOf(error) !== 'ENOENT') throw error;
    return []; // none, or no model of ours: what it names is not ours to remove
  }
}

/** Frees what model.json does not name: of the weights `old`, and of what killed saves left long ago. */
async function tidyUp(folder: string, old: string[]): Promise<void> {
  const inUse = await weightsInUse(folder);
  for (const name of await fs.readdir(folder)) {
    if (inUse.includes(name) || !(WEIGHTS_NAME.test(name) || LEFTOVER.test(name))) continue;
    const file = path.join(folder, name);
    const age = Date.now() - (await fs.stat(file)).mtimeMs;
    if (old.includes(name) || age > ABANDONED) await fs.rm(file, { force: true });
  }
}

async function save(folder: string, artifacts: io.ModelArtifacts): Promise<io.SaveResult> {
  const { weightSpecs = [], weightData, ...rest } = artifacts;
  const bytes = new Uint8Array(io.CompositeArrayBuffer.join(weightData));
  const name = `weights-${sha256(bytes)}.bin`;
  const weightsManifest = [{ paths: [name], weights: weightSpecs }];
  await fs.mkdir(folder, { recursive: true });
  const before = await weightsInUse(folder);
  try {
    await writeSynced(path.join(folder, name), bytes);
    await writeSynced(path.join(folder, JSON_NAME), `${JSON.stringify({ ...rest, weightsManifest })}\n`);
  } catch (error) {
    await tidyUp(folder, [name]).catch(() => undefined);
    throw error;
  }
  await tidyUp(folder, before).catch(() => undefined); // the model is saved, whatever stays beside it
  return { modelArtifactsInfo: io.getModelArtifactsInfoForJSON(artifacts) };
}

const besideOf =
  (folder: string): ReadBeside =>
  async (name, most) => {
    const file = path.join(folder, name);
    const { size } = await fs.stat(file);
    if (size > most) {
      throw new ModelFormatError(`${file} has ${size} bytes where its weights ask for ${most}.`);
    }
    const bytes = await fs.readFile(file);
    const expected = WEIGHTS_NAME.exec(name)?.[1];
    if (expected !== undefined && sha256(bytes) !== expected) {
      throw new ModelFormatError(
        `${file} does not hold the bytes that its name tells: it was damaged or cut short.`,
      );
    }
    return bytes;
  };

async function readJson(folder: string): Promise<string> {
  try {
    return await fs.readFile(path.join(folder, JSON_NAME), 'utf8');
  } catch (cause) {
    throw new InputError(`no model can be read in ${folder}: ${(cause as Error).message}.`, { cause });
  }
}

async function load(folder: string): Promise<io.ModelArtifacts> {
  for (let text = await readJson(folder); ;) {
    try {
      return await artifactsOfJson(folder, text, besideOf(folder));
    } catch (cause) {
      if (codeOf(cause) === undefined) throw cause;
      // Between the two reads another save may have ended, and taken the weights along.
      const again = await readJson(folder);
      if (again === text) {
        throw new ModelFormatError(`${folder}: its weights cannot be read: ${(cause as Error).message}.`, {
          cause,
        });
      }
      text = again;
    }
  }
}

/** A handler of tfjs's kind for a folder. */
function folderHandler(given: string): io.IOHandler {
  const folder = folderOf(given);
  return { save: (artifacts) => save(folder, artifacts), load: () => load(folder) };
}

let asking = false;

/** Whether tfjs-node (or anyone else) answers for file://: two handlers of one URL are an error of tfjs's. */
function othersAnswer(url: string, find: (url: string) => io.IOHandler[]): boolean {
  asking = true;
  try {
    return find(url).length > 0;
  } finally {
    asking = false;
  }
}

const router =
  (find: (url: string) => io.IOHandler[]) =>
  (url: string | string[]): io.IOHandler => {
    const none = null as unknown as io.IOHandler;
    if (typeof url !== 'string' || asking) return none;
    if (url.startsWith(FOLDER_SCHEME)) return folderHandler(url.slice(FOLDER_SCHEME.length));
    return url.startsWith('file://') && !othersAnswer(url, find) ? folderHandler(url.slice(7)) : none;
  };

io.registerSaveRouter(router(io.getSaveHandlers));
io.registerLoadRouter(router(io.getLoadHandlers));
