import { cp, mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../../core/errors.js';
import { findHeaders, type Tools } from './needs.js';
import { lastWords, run, type Environment, type Ran } from './run.js';
import type { NodePackage } from './link.js';

/** N-API's version, which Node 20 and all later ones serve with one binding. */
const NAPI = 8;

/** The binding's folder inside the package, which tfjs-node looks in. */
export const BINDING_FOLDER = `napi-v${NAPI}`;
export const BINDING = `${BINDING_FOLDER}/tfjs_binding.node`;

export interface Build {
  /** The folder with include and lib. */
  deps: string;
  target: NodePackage;
  tools: Tools;
  env: Environment;
  signal?: AbortSignal;
  say: (line: string) => void;
}

/**
 * Builds tfjs-node's binding against the libraries, from a copy of its sources, into `whole`.
 *
 * @throws InputError with the compiler's last words
 */
export async function buildBinding(whole: string, scratch: string, build: Build): Promise<void> {
  const { deps, target, tools, signal, say } = build;
  say(`Building the binding of ${target.name} ${target.version} with node-gyp`);
  const sources = join(scratch, 'sources');
  await mkdir(sources);
  await cp(join(target.folder, 'binding.gyp'), join(sources, 'binding.gyp'));
  await cp(join(target.folder, 'binding'), join(sources, 'binding'), { recursive: true });
  await symlink(deps, join(sources, 'deps'));

  const made = join(scratch, 'made', BINDING_FOLDER);
  const names = ['--module_name=tfjs_binding', `--napi_build_version=${NAPI}`, `--module_path=${made}`];
  const prefix = findHeaders(build.env);
  const args = [tools.nodeGyp, 'rebuild', ...names, ...(prefix ? [`--nodedir=${prefix}`] : [])];
  const env = { ...build.env, CXX: build.env.CXX ?? tools.compiler };
  const ran = await run(process.execPath, args, { env, cwd: sources, signal });
  if (ran.code !== 0) throw new InputError(buildMessage(cause(ran), prefix));
  await rename(made, join(whole, BINDING_FOLDER));
}

/** What the compiler or make complained of; node-gyp's own account, which is long, only where neither did. */
function cause(ran: Ran): string {
  const lines = ran.stderr.split('\n').map((line) => line.trim());
  const errors = lines.filter((line) => /\berror\b|\*\*\*/i.test(line) && !line.startsWith('gyp '));
  const stack = lines.flatMap((line) => /^gyp ERR! stack (.*)$/.exec(line)?.[1] ?? []);
  const said = errors.length > 0 ? errors : stack;
  return said.length > 0 ? said.slice(0, 3).join(' | ') : lastWords(ran);
}

function buildMessage(words: string, prefix: string | null): string {
  const headers = prefix
    ? ''
    : " Node's headers were not found beside it; where they cannot be fetched, npm_config_nodedir names a prefix with include/node/node_api.h.";
  return `The binding could not be built (${words}).${headers} Mend that and run the set-up again; the libraries are kept.`;
}
