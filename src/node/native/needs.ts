import { existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InputError } from '../../core/errors.js';
import { thisLevel, type Level } from './levels.js';
import { findProgram, lastWords, run, type Environment } from './run.js';

/** The machine, as far as the recipe depends on it. */
export interface Host {
  platform: string;
  arch: string;
  /** The C library's version, e.g. '2.36'; null where it is not glibc (Alpine). */
  glibc: string | null;
  /** Whether commands that install system packages need sudo. */
  root: boolean;
  /** The running Node's program. */
  node: string;
  /** The widest set of instructions that kernels are built for and the processor has. */
  level: Level | null;
}

/** The programs that the recipe calls, as absolute paths. */
export interface Tools {
  python: string;
  compiler: string;
  nodeGyp: string;
}

/** The oldest glibc that TensorFlow's wheels run on. */
const GLIBC = '2.27';

export function thisHost(): Host {
  const report = process.report as unknown as { excludeNetwork: boolean; getReport(): unknown };
  const before = report.excludeNetwork;
  report.excludeNetwork = true; // else it looks names up, which can take seconds
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = before;
  return {
    platform: process.platform,
    arch: process.arch,
    glibc: header.glibcVersionRuntime ?? null,
    root: process.getuid?.() === 0,
    node: process.execPath,
    level: thisLevel(),
  };
}

/** @throws InputError in one line where the recipe does not work at all */
export function checkHost({ platform, arch, glibc }: Host): void {
  const goOn = 'here the wasm backend goes on: npm install @tensorflow/tfjs-backend-wasm.';
  if (platform !== 'linux' || arch !== 'x64') {
    throw new InputError(`The native set-up works on Linux x86-64 only, not on ${platform} ${arch}; ${goOn}`);
  }
  if (glibc === null || minor(glibc) < minor(GLIBC)) {
    const seen = glibc === null ? 'this system has another C library' : `this system has ${glibc}`;
    throw new InputError(`The native set-up needs glibc ${GLIBC} or later, and ${seen}; ${goOn}`);
  }
}

const minor = (glibc: string): number => Number(glibc.split('.')[1]);

/** Every wheel tag that this C library satisfies, the newest first; pip itself matches a named tag exactly. */
export function wheelPlatforms(glibc: string): string[] {
  const tags = ['manylinux2014_x86_64', 'manylinux2010_x86_64', 'manylinux1_x86_64'];
  for (let n = 5; n <= minor(glibc); n++) tags.unshift(`manylinux_2_${n}_x86_64`);
  return tags;
}

type Need = 'python3' | 'pip' | 'make' | 'compiler';
const MEANT: Record<Need, string> = {
  python3: 'python3',
  pip: 'pip for python3',
  make: 'make',
  compiler: 'a C++ compiler',
};
const MANAGERS: [program: string, install: string, packages: Record<Need, string>][] = [
  [
    'apt-get',
    'apt-get install -y',
    { python3: 'python3', pip: 'python3-pip', make: 'make', compiler: 'g++' },
  ],
  ['dnf', 'dnf install -y', { python3: 'python3', pip: 'python3-pip', make: 'make', compiler: 'gcc-c++' }],
  ['yum', 'yum install -y', { python3: 'python3', pip: 'python3-pip', make: 'make', compiler: 'gcc-c++' }],
  [
    'zypper',
    'zypper install -y',
    { python3: 'python3', pip: 'python3-pip', make: 'make', compiler: 'gcc-c++' },
  ],
  ['pacman', 'pacman -S --needed', { python3: 'python', pip: 'python-pip', make: 'make', compiler: 'gcc' }],
];

/**
 * Looks for everything that a download and a build need, before either begins.
 *
 * @throws InputError that names all that is missing and the command that installs it
 */
export async function findTools(cwd: string, env: Environment, host: Host): Promise<Tools> {
  const python = findProgram('python3', env);
  const compiler = findCompiler(env);
  const missing: Need[] = [];
  if (python === null) missing.push('python3', 'pip');
  else if (!(await hasPip(python, env))) missing.push('pip');
  if (findProgram('make', env) === null) missing.push('make');
  if (compiler === null) missing.push('compiler');
  const nodeGyp = findNodeGyp(cwd, env, host.node);
  if (missing.length > 0 || nodeGyp === null) {
    throw new InputError(missingMessage(missing, nodeGyp === null, env, host));
  }
  return { python: python!, compiler: compiler!, nodeGyp };
}

async function hasPip(python: string, env: Environment): Promise<boolean> {
  const ran = await run(python, ['-m', 'pip', '--version'], { env });
  if (ran.code === 0 || /No module named/.test(ran.stderr)) return ran.code === 0;
  throw new InputError(
    `${python} does not run (${lastWords(ran)}). Mend it, or put another python3 first on the PATH.`,
  );
}

function missingMessage(missing: Need[], noNodeGyp: boolean, env: Environment, host: Host): string {
  const names = missing.map((need) => MEANT[need]);
  if (noNodeGyp) names.push('node-gyp (npm carries one, and none was found beside this Node)');
  const list = names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const commands: string[] = [];
  if (missing.length > 0) {
    const found = MANAGERS.find(([program]) => findProgram(program, env) !== null);
    const [, install, packages] = found ?? MANAGERS[0];
    const command = `${host.root ? '' : 'sudo '}${install} ${missing.map((need) => packages[need]).join(' ')}`;
    commands.push(found ? `'${command}'` : `your system's package manager (on Debian: '${command}')`);
  }
  if (noNodeGyp) commands.push("'npm install --save-dev node-gyp'");
  return `The native set-up misses ${list}. Install with ${commands.join(' and ')}, then run it again.`;
}

/** The refusal where {@link findCompiler} finds none. */
export const missingCompiler = (env: Environment, host: Host): string =>
  missingMessage(['compiler'], false, env, host);

/** The C++ compiler that CXX names, else the first of the usual ones; null where there is none. */
export function findCompiler(env: Environment): string | null {
  const asked = env.CXX?.trim().split(/\s+/)[0];
  for (const name of asked ? [asked] : ['g++', 'c++', 'clang++']) {
    const found = findProgram(name, env);
    if (found) return found;
  }
  return null;
}

/** node-gyp as npm names it, else the one inside the npm that runs, lies beside this Node or on the PATH, else a local one. */
export function findNodeGyp(cwd: string, env: Environment, execPath: string): string | null {
  if (env.npm_config_node_gyp && existsSync(env.npm_config_node_gyp)) return env.npm_config_node_gyp;
  const besideNode = join(dirname(dirname(realpathSync(execPath))), 'lib/node_modules/npm/bin/npm-cli.js');
  const npms = [env.npm_execpath, besideNode, findProgram('npm', env)];
  const present = npms.filter((npm): npm is string => !!npm && existsSync(npm));
  // npm on the PATH is a link into its package.
  for (const from of [...present.map((npm) => realpathSync(npm)), join(cwd, 'package.json')]) {
    try {
      return createRequire(from).resolve('node-gyp/bin/node-gyp.js');
    } catch {
      // Not there: the next place.
    }
  }
  return null;
}

/** A prefix with Node's headers, for node-gyp's --nodedir; null when node-gyp has to fetch them. */
export function findHeaders(env: Environment, execPath = process.execPath): string | null {
  const own = dirname(dirname(realpathSync(execPath)));
  for (const prefix of [env.npm_config_nodedir, own]) {
    if (prefix && existsSync(join(prefix, 'include/node/node_api.h'))) return prefix;
  }
  return null;
}
