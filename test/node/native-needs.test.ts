import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InputError } from '../../src/core/errors.js';
import {
  checkHost,
  findHeaders,
  findNodeGyp,
  findTools,
  thisHost,
  wheelPlatforms,
} from '../../src/node/native/needs.js';
import { extraRequirements } from '../../src/node/native/wheels.js';
import { linux, METADATA } from '../support/fakeMachine.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-latent-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, text = ''): string {
  const file = join(folder, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

/** Programs on a PATH of their own; python3 answers `-m pip --version` as told. */
function programs(names: string[], pip = 'exit 0') {
  for (const name of names) write(`bin/${name}`, `#!/bin/sh\n${pip}\n`);
  return { PATH: join(folder, 'bin'), npm_config_node_gyp: write('node-gyp.js') };
}

const find = (env: Record<string, string>, root = true) => findTools(folder, env, { ...linux, root });

describe('the machine', () => {
  it.each([
    [{ platform: 'darwin', arch: 'arm64', glibc: null }, /Linux x86-64 only, not on darwin arm64/],
    [{ platform: 'win32', arch: 'x64', glibc: null }, /not on win32 x64/],
    [{ platform: 'linux', arch: 'arm64', glibc: '2.36' }, /not on linux arm64/],
    [{ platform: 'linux', arch: 'x64', glibc: null }, /needs glibc 2.27 or later.*another C library/],
    [{ platform: 'linux', arch: 'x64', glibc: '2.17' }, /needs glibc 2.27 or later.*has 2.17/],
  ])('is refused in one line that leads to wasm: %j', (host, message) => {
    const check = () => checkHost({ ...linux, ...host });
    expect(check).toThrow(InputError);
    expect(check).toThrow(message);
    expect(check).toThrow(/^[^\n]*wasm backend goes on[^\n]*tfjs-backend-wasm\.$/);
  });

  it('is taken on Linux x86-64', () => {
    expect(() => checkHost(linux)).not.toThrow();
    expect(thisHost()).toMatchObject({ platform: process.platform, arch: process.arch });
  });
});

describe('what a set-up needs', () => {
  it('is found on the PATH', async () => {
    const env = programs(['python3', 'make', 'g++']);
    expect(await find(env)).toEqual({
      python: join(folder, 'bin/python3'),
      compiler: join(folder, 'bin/g++'),
      nodeGyp: env.npm_config_node_gyp,
    });
  });

  it('is named all at once with the one command that installs it', async () => {
    await expect(find(programs(['python3', 'apt-get']))).rejects.toThrow(
      "misses make and a C++ compiler. Install with 'apt-get install -y make g++', then run it again.",
    );
    rmSync(join(folder, 'bin'), { recursive: true });
    await expect(find(programs(['apt-get', 'make']))).rejects.toThrow(
      "misses python3, pip for python3 and a C++ compiler. Install with 'apt-get install -y python3 python3-pip g++'",
    );
  });

  it("comes from the system's own package manager, with sudo for who needs it", async () => {
    await expect(find(programs(['python3', 'make', 'dnf']), false)).rejects.toThrow(
      "'sudo dnf install -y gcc-c++'",
    );
    rmSync(join(folder, 'bin'), { recursive: true });
    await expect(find(programs(['python3', 'make']))).rejects.toThrow(
      "your system's package manager (on Debian: 'apt-get install -y g++')",
    );
  });

  it('includes pip, and tells its absence from a python3 that does not run', async () => {
    const all = ['python3', 'make', 'g++', 'apt-get'];
    await expect(find(programs(all, 'echo No module named pip >&2; exit 1'))).rejects.toThrow(
      "misses pip for python3. Install with 'apt-get install -y python3-pip'",
    );
    await expect(find(programs(all, 'echo bad interpreter >&2; exit 127'))).rejects.toThrow(
      /python3 does not run \(exit code 127: bad interpreter\)/,
    );
  });

  it('takes the compiler that CXX names, or another than g++', async () => {
    expect((await find(programs(['python3', 'make', 'clang++']))).compiler).toBe(join(folder, 'bin/clang++'));
    const env = { ...programs(['python3', 'make', 'g++', 'mycc']), CXX: 'mycc -O2' };
    expect((await find(env)).compiler).toBe(join(folder, 'bin/mycc'));
    await expect(find({ ...env, CXX: 'nowhere' })).rejects.toThrow('misses a C++ compiler');
  });
});

describe('node-gyp', () => {
  const execPath = () => write('prefix/bin/node');
  const npmOwn = (npm: string) => {
    write(`${npm}/bin/npm-cli.js`);
    return write(`${npm}/node_modules/node-gyp/bin/node-gyp.js`);
  };

  it('is what npm_config_node_gyp names', () => {
    const named = write('named.js');
    expect(findNodeGyp(folder, { npm_config_node_gyp: named }, execPath())).toBe(named);
  });

  // All is laid out before the first look, since jest remembers where it has found no file.
  it("is the running npm's, else the one beside this Node, behind npm on the PATH, or a local one", () => {
    const node = execPath();
    const alone = write('alone/bin/node');
    const running = npmOwn('running/npm');
    const beside = npmOwn('prefix/lib/node_modules/npm');
    const behind = npmOwn('elsewhere/npm');
    const local = write('project/node_modules/node-gyp/bin/node-gyp.js');
    const PATH = join(folder, 'bin');
    mkdirSync(PATH);
    symlinkSync(join(folder, 'elsewhere/npm/bin/npm-cli.js'), join(PATH, 'npm'));
    const npm_execpath = join(folder, 'running/npm/bin/npm-cli.js');
    const project = join(folder, 'project');
    expect(findNodeGyp(project, { npm_execpath, PATH }, node)).toBe(running);
    expect(findNodeGyp(project, { PATH }, node)).toBe(beside);
    expect(findNodeGyp(project, { PATH }, alone)).toBe(behind);
    expect(findNodeGyp(project, {}, alone)).toBe(local);
    expect(findNodeGyp(join(folder, 'nowhere'), {}, alone)).toBeNull();
  });

  it('is missed by name when there is none, beside what the system misses', async () => {
    const env = { ...programs(['python3', 'make', 'apt-get']), npm_config_node_gyp: '/not/there.js' };
    await expect(findTools(folder, env, { ...linux, node: execPath() })).rejects.toThrow(
      /misses a C\+\+ compiler and node-gyp .*Install with 'apt-get install -y g\+\+' and 'npm install --save-dev node-gyp'/,
    );
  });

  it("takes headers from npm_config_nodedir or this Node's own prefix, else fetches them", () => {
    const node = execPath();
    expect(findHeaders({}, node)).toBeNull();
    write('prefix/include/node/node_api.h');
    expect(findHeaders({}, node)).toBe(join(folder, 'prefix'));
    write('given/include/node/node_api.h');
    expect(findHeaders({ npm_config_nodedir: join(folder, 'given') }, node)).toBe(join(folder, 'given'));
    expect(findHeaders({ npm_config_nodedir: join(folder, 'empty') }, node)).toBe(join(folder, 'prefix'));
  });
});

describe('the wheels', () => {
  it('may carry every tag that this C library satisfies, and no later one', () => {
    const tags = wheelPlatforms('2.28');
    expect(tags[0]).toBe('manylinux_2_28_x86_64');
    expect(tags).toEqual(
      expect.arrayContaining(['manylinux_2_27_x86_64', 'manylinux_2_17_x86_64', 'manylinux2014_x86_64']),
    );
    expect(tags).not.toContain('manylinux_2_29_x86_64');
  });

  it("names CUDA's wheels in its METADATA, as pip is to be asked for them", () => {
    expect(extraRequirements(METADATA, 'and-cuda')).toEqual([
      'nvidia-cublas-cu12<13.0,>=12.5.3.2',
      'nvidia-cuda-cupti-cu12<13.0,>=12.5.82',
      'nvidia-cuda-nvcc-cu12<13.0,>=12.5.82',
      'nvidia-cuda-nvrtc-cu12<13.0,>=12.5.82',
      'nvidia-cuda-runtime-cu12<13.0,>=12.5.82',
      'nvidia-cudnn-cu12<10.0,>=9.3.0.75',
      'nvidia-cufft-cu12<12.0,>=11.2.3.61',
      'nvidia-curand-cu12<11.0,>=10.3.6.82',
      'nvidia-cusolver-cu12<12.0,>=11.6.3.83',
      'nvidia-cusparse-cu12<13.0,>=12.5.1.3',
      'nvidia-nccl-cu12<3.0,>=2.27.7',
      'nvidia-nvjitlink-cu12<13.0,>=12.5.82',
    ]);
  });

  it('reads the older way of writing it, and Windows line ends', () => {
    const metadata =
      "Name: tensorflow\r\nRequires-Dist: nvidia-cublas-cu12 (==12.3.4.1) ; extra == 'and-cuda'\r\n\r\ntext";
    expect(extraRequirements(metadata, 'and-cuda')).toEqual(['nvidia-cublas-cu12==12.3.4.1']);
  });

  it('has no requirements for an extra that it does not know, and says which line it cannot read', () => {
    expect(extraRequirements(METADATA, 'and-rocm')).toEqual([]);
    expect(() => extraRequirements(METADATA, 'gcs-filesystem')).toThrow(
      /Cannot read the requirement 'Requires-Dist: tensorflow-io-gcs-filesystem/,
    );
  });
});
