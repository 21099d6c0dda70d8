import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setUpNative, type NativeOptions } from '../../src/node/native.js';
import type { Host } from '../../src/node/native/needs.js';
import { findProgram, type Environment } from '../../src/node/native/run.js';

/**
 * A machine to set the native backend up on without a network, a compiler or TensorFlow: a project with a stand-in for
 * tfjs-node, and a python3, make, g++ and node-gyp that do what a test tells them to. Unpacking is real (it is python3's
 * own), so are the cache, the links and the fresh process.
 */
export interface FakeMachine {
  folder: string;
  project: string;
  cache: string;
  env: Environment;
  /** What the stand-ins were called for, in order: 'pip tensorflow-cpu==2.21.0', 'node-gyp', 'g++ -march=x86-64-v4'. */
  calls: () => string[];
  /** The paths below a folder, sorted; links are listed, not followed. */
  tree: (below: string) => string[];
}

/** How the stand-ins behave. */
export interface Behaviour {
  /** cut: part of the file arrives, then pip fails. hang: part arrives, then nothing. broken: bytes that are no wheel. bare: no library in it. */
  pip?: 'works' | 'cut' | 'hang' | 'broken' | 'bare' | 'no pip';
  /** gpu: it finds one. */
  gyp?: 'works' | 'fails' | 'wrong' | 'crash' | 'gpu';
  /** The compiler of kernels, and what it makes. nothing: it writes none and says nothing. crash: they end the process. */
  gxx?: 'works' | 'fails' | 'nothing' | 'hang' | 'wrong' | 'crash';
}

export const linux: Host = {
  platform: 'linux',
  arch: 'x64',
  glibc: '2.36',
  root: true,
  node: process.execPath,
  level: 'x86-64-v4',
};

/** What the wheel of TensorFlow 2.21.0 says about its extras, in short. */
export const METADATA = readFileSync(join(__dirname, '../fixtures/tensorflow-2.21.0.METADATA.txt'), 'utf8');

const python = (() => {
  const found = findProgram('python3', process.env);
  // A shim (pyenv's) runs only with the PATH that it was found on, so the interpreter itself is asked for.
  return (
    found && execFileSync(found, ['-c', 'import sys; print(sys.executable)'], { encoding: 'utf8' }).trim()
  );
})();

/** These tests unpack wheels, which python3 does; the set-up itself needs one too. */
export const describeWithPython = python ? describe : describe.skip;

const PYTHON = `#!${process.execPath}
const fs = require('fs'), path = require('path'), { spawnSync } = require('child_process');
const { FAKE_PIP: how = 'works', FAKE_LOG, REAL_PYTHON } = process.env;
const args = process.argv.slice(2);
if (args[0] !== '-m') process.exit(spawnSync(REAL_PYTHON, args, { stdio: 'inherit' }).status);
if (how === 'no pip') { console.error('python3: No module named pip'); process.exit(1); }
if (args[2] === '--version') process.exit(0);
const into = args[args.indexOf('--dest') + 1];
const wanted = args.filter((arg) => /^[a-z][a-z0-9-]*[=<>]/.test(arg));
fs.appendFileSync(FAKE_LOG, 'pip ' + wanted.join(' ') + '\\n');
fs.mkdirSync(into, { recursive: true });
for (const requirement of wanted) {
  const name = /^[a-z0-9-]+/.exec(requirement)[0].replaceAll('-', '_');
  const file = path.join(into, name + '-1-none.whl');
  if (how === 'cut' || how === 'hang') fs.writeFileSync(file, 'PK half a wheel');
  if (how === 'cut') { console.error('ERROR: Connection broken: IncompleteRead'); process.exit(1); }
  if (how === 'hang') { fs.appendFileSync(FAKE_LOG, 'hangs\\n'); setInterval(() => {}, 1000); return; }
  if (how === 'broken') { fs.writeFileSync(file, 'these bytes are no wheel'); continue; }
  const library = name.startsWith('tensorflow');
  const part = name.replace(/^nvidia_|_cu12$/g, '');
  const entries = !library
    ? { ['nvidia/' + part + '/lib/lib' + part + '.so.12']: part, [name + '-1.dist-info/METADATA']: 'Name: ' + name + '\\n\\n' }
    : {
        'tensorflow/include/tensorflow/c/c_api.h': 'header',
        'tensorflow/python/other.py': 'not wanted',
        [name + '-1.dist-info/METADATA']: fs.readFileSync(process.env.FAKE_METADATA, 'utf8'),
        ...(how === 'bare' ? {} : { 'tensorflow/libtensorflow_cc.so.2': 'library' }),
        'tensorflow/libtensorflow_framework.so.2': 'framework',
      };
  const code = 'import sys, json, zipfile\\nz = zipfile.ZipFile(sys.argv[1], "w")\\nfor k, v in json.loads(sys.argv[2]).items(): z.writestr(k, v)\\nz.close()';
  spawnSync(REAL_PYTHON, ['-c', code, file, JSON.stringify(entries)], { stdio: 'inherit' });
}
`;

const NODE_GYP = `
const fs = require('fs'), path = require('path');
const { FAKE_GYP: how = 'works', FAKE_LOG } = process.env;
fs.appendFileSync(FAKE_LOG, 'node-gyp\\n');
if (how === 'fails') {
  console.error('gyp info it worked if it ends with ok');
  console.error('binding.cc:1:10: fatal error: no such header');
  console.error('gyp ERR! stack Error: make failed with exit code: 2');
  process.exit(1);
}
const into = process.argv.find((arg) => arg.startsWith('--module_path=')).slice('--module_path='.length);
// As the real one: its sources and the libraries lie in the working folder.
for (const needed of ['binding.gyp', 'binding/binding.cc', 'deps/lib/libtensorflow.so']) fs.readFileSync(needed);
fs.mkdirSync(into, { recursive: true });
fs.writeFileSync(path.join(into, 'tfjs_binding.node'), how);
`;

const GXX = `#!${process.execPath}
const fs = require('fs');
const { FAKE_GXX: how = 'works', FAKE_LOG } = process.env;
const args = process.argv.slice(2);
fs.appendFileSync(FAKE_LOG, 'g++ ' + args.find((arg) => arg.startsWith('-march=')) + '\\n');
if (how === 'fails') { console.error("kernel.h:3:1: error: bad value 'x86-64-v4' for '-march='"); process.exit(1); }
if (how === 'hang') { fs.appendFileSync(FAKE_LOG, 'hangs\\n'); setInterval(() => {}, 1000); return; }
// As the real one: its sources and the library are read.
for (const needed of args.filter((arg) => /^[^-].*\\.(cc|so\\.2)$/.test(arg))) fs.readFileSync(needed);
if (how !== 'nothing') fs.writeFileSync(args[args.indexOf('-o') + 1], how);
`;

/** Enough of tfjs-node for the checks: it computes only if its binding and the library are there, and as they say. */
const TFJS_NODE = `
const fs = require('fs'), path = require('path');
if (!require('util').isNullOrUndefined) throw new TypeError('isNullOrUndefined is not a function');
const how = fs.readFileSync(path.join(__dirname, 'lib/napi-v8/tfjs_binding.node'), 'utf8');
fs.readFileSync(fs.realpathSync(path.join(__dirname, 'lib/napi-v8')) + '/../../deps/lib/libtensorflow_framework.so.2');
if (how === 'crash') throw new Error('libtensorflow_cc.so.2: undefined symbol');
exports.getBackend = () => 'tensorflow';
exports.backend = () => ({ isUsingGpuDevice: how === 'gpu', binding: { TF_Version: how === 'stock' ? '2.9.1' : '2.21.0' } });
exports.tensor1d = (values) => values;
let kernels;
process.dlopen = (module, file) => {
  kernels = fs.readFileSync(file, 'utf8');
  if (kernels === 'crash') process.kill(process.pid, 'SIGILL');
};
const backend = exports.backend();
exports.backend = () => ({
  ...backend,
  executeMultipleOutputs: (op, attributes, [x]) => {
    if (!/^LatentCheck_[0-9a-f]{12}$/.test(op) || kernels === undefined) throw new Error('no op ' + op);
    const sum = x.reduce((total, value) => total + value * value, kernels === 'wrong' ? 1 : 0);
    const high = Math.fround(sum);
    return [[high, sum - high], [x.length]].map((values) => ({ dataSync: () => values }));
  },
});
exports.tensor2d = (values, [n]) => ({ values, n });
exports.matMul = ({ values: a, n }, { values: b }) => {
  const c = new Float32Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) for (let k = 0; k < n; k++) c[i * n + j] += a[i * n + k] * b[k * n + j];
  if (how === 'wrong') c[0] += 1;
  return { dataSync: () => c };
};
`;

const folders: string[] = [];
afterEach(() => folders.splice(0).forEach((folder) => rmSync(folder, { recursive: true, force: true })));

/** Makes one, which goes after the test. */
export function fakeMachine(behaviour: Behaviour = {}, packageName = '@tensorflow/tfjs-node'): FakeMachine {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-latent-'));
  folders.push(folder);
  const write = (path: string, text: string, mode?: number) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
    if (mode) chmodSync(join(folder, path), mode);
  };
  const inPackage = `project/node_modules/${packageName}`;
  write(
    `${inPackage}/package.json`,
    JSON.stringify({ name: packageName, version: '4.22.0', main: 'index.js' }),
  );
  write(`${inPackage}/index.js`, TFJS_NODE);
  write(`${inPackage}/binding.gyp`, '{}');
  write(`${inPackage}/binding/binding.cc`, '// source');
  write('project/package.json', '{}');
  write('bin/python3', PYTHON, 0o755);
  write('bin/make', '', 0o755);
  write('bin/g++', GXX, 0o755);
  write('node-gyp.js', NODE_GYP);
  write('METADATA', METADATA);
  write('log', '');
  const env = {
    PATH: join(folder, 'bin'),
    HOME: join(folder, 'home'),
    npm_config_node_gyp: join(folder, 'node-gyp.js'),
    REAL_PYTHON: python ?? '',
    FAKE_LOG: join(folder, 'log'),
    FAKE_METADATA: join(folder, 'METADATA'),
    FAKE_PIP: behaviour.pip ?? 'works',
    FAKE_GYP: behaviour.gyp ?? 'works',
    FAKE_GXX: behaviour.gxx ?? 'works',
  };
  return {
    folder,
    project: join(folder, 'project'),
    cache: join(folder, 'home/.cache/tfjs-latent'),
    env,
    calls: () => readFileSync(join(folder, 'log'), 'utf8').split('\n').filter(Boolean),
    tree: (below) => tree(below),
  };
}

/** The set-up on such a machine. */
export const setUp = (on: FakeMachine, options: NativeOptions = {}) =>
  setUpNative({ cwd: on.project, env: on.env, host: linux, ...options });

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function tree(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .flatMap((entry) =>
      entry.isDirectory()
        ? tree(join(folder, entry.name)).map((path) => `${entry.name}/${path}`)
        : [entry.name],
    )
    .sort();
}
