/**
 * Where models go and come from: tfjs's IO handlers, and what a string names. Folders are `tfjs-latent/node`'s, which
 * registers a handler for the scheme below; http is read here, so that nothing is fetched by a name in the file unseen.
 */
import { io } from '@tensorflow/tfjs-core';
import { show } from '../core/checks.js';
import { InputError, ModelFormatError } from '../core/errors.js';
import { artifactsOfJson } from './manifest.js';
import { ModelFile, readArtifacts } from './read.js';
import type { ModelRecord } from './record.js';
import { artifactsOf } from './write.js';

/** A folder path in Node, a URL (file, http, https, indexeddb, localstorage, downloads) or an IO handler of tfjs. */
export type ModelTarget = string | io.IOHandler;

/** In front of a folder's path: asks for the handler of `tfjs-latent/node`. */
export const FOLDER_SCHEME = 'tfjs-latent-folder://';

const FILE = 'file://';
const hasScheme = (target: string): boolean => /^[a-z][a-z0-9+.-]*:\/\//i.test(target);

const inPage = (): string | undefined => (globalThis as { location?: { href?: string } }).location?.href;

function handlerFor(target: string, kind: 'save' | 'load'): io.IOHandler {
  const find = (url: string) => (kind === 'save' ? io.getSaveHandlers(url) : io.getLoadHandlers(url));
  const isPath = !hasScheme(target) || target.startsWith(FILE);
  const path = target.startsWith(FILE) ? target.slice(FILE.length) : target;
  const [handler] = [...(isPath ? find(`${FOLDER_SCHEME}${path}`) : []), ...find(target)];
  if (handler) return handler;
  throw new InputError(
    isPath
      ? `${show(target)} is a path, which needs Node and import 'tfjs-latent/node' once before; in a browser give a URL.`
      : `no IO handler of TensorFlow.js knows ${show(target)}; give a path, a URL or a handler.`,
  );
}

async function fetched(url: string): Promise<Response> {
  const response = await fetch(url).catch((cause: Error) => {
    throw new InputError(`${url} could not be fetched: ${cause.message}.`, { cause });
  });
  if (response.ok) return response;
  throw new InputError(`${url} could not be fetched: status ${response.status}.`);
}

/** model.json and its weights over http; a query of the first is one of the others too. */
async function loadHttp(url: string): Promise<io.ModelArtifacts> {
  const { search } = new URL(url);
  return artifactsOfJson(url, await (await fetched(url)).text(), async (name) => {
    const beside = new URL(name, url);
    beside.search = search;
    return new Uint8Array(await (await fetched(beside.href)).arrayBuffer());
  });
}

async function artifactsFrom(source: ModelTarget): Promise<unknown> {
  if (typeof source === 'string') {
    const relative = !hasScheme(source) && inPage();
    const url = relative ? new URL(source, relative).href : source;
    return /^https?:/i.test(url) ? loadHttp(url) : handlerFor(source, 'load').load!();
  }
  if (typeof source?.load !== 'function') {
    throw new InputError(
      `the source must be a path, a URL or an IO handler that loads; got ${show(source)}.`,
    );
  }
  return source.load();
}

/** The error of a handler, as that of the call. */
function failure(where: string, cause: unknown): Error {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof InputError) return new InputError(`${where}: ${message}`, { cause });
  if (cause instanceof ModelFormatError) return new ModelFormatError(`${where}: ${message}`, { cause });
  return new ModelFormatError(`${where}: the model could not be read: ${message}`, { cause });
}

function saverOf(where: string, target: ModelTarget): io.IOHandler {
  try {
    const handler = typeof target === 'string' ? handlerFor(target, 'save') : target;
    if (typeof handler?.save === 'function') return handler;
    throw new InputError(
      `the target must be a path, a URL or an IO handler that saves; got ${show(target)}.`,
    );
  } catch (error) {
    throw failure(where, error);
  }
}

/**
 * Writes a model.
 *
 * @throws InputError for a target that is none; the handler's own error where it fails
 */
export async function saveModel(
  where: string,
  target: ModelTarget,
  record: ModelRecord,
): Promise<io.SaveResult> {
  return saverOf(where, target).save!(artifactsOf(record));
}

/**
 * Opens a model.
 *
 * @param kind the estimator's name
 * @throws InputError for a source that is none, or where nothing lies; ModelFormatError for what is no model of this kind
 */
export async function openModel(
  where: string,
  source: ModelTarget | ModelFile,
  kind: string,
): Promise<ModelFile> {
  // A step of a pipeline, which was opened already.
  if (source instanceof ModelFile && source.kind === kind) return source;
  const artifacts = await artifactsFrom(source as ModelTarget).catch((error: unknown) => {
    throw failure(where, error);
  });
  return readArtifacts(where, kind, artifacts);
}
