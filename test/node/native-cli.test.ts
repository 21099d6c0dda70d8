import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describeWithPython, fakeMachine, type Behaviour, type FakeMachine } from '../support/fakeMachine.js';

/** The program in a process of its own, on a machine that a file loaded before it describes. */
interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

function machine(behaviour: Behaviour = {}, platform = 'linux', arch = 'x64'): FakeMachine {
  const made = fakeMachine(behaviour);
  writeFileSync(
    join(made.folder, 'host.cjs'),
    `Object.defineProperty(process, 'platform', { value: '${platform}' });
     Object.defineProperty(process, 'arch', { value: '${arch}' });
     process.report.getReport = () => ({ header: { glibcVersionRuntime: '2.36' } });
     const fs = require('fs'), { readFileSync } = fs;
     fs.readFileSync = (path, ...rest) =>
       path === '/proc/cpuinfo' ? 'flags\t: avx avx2 bmi1 bmi2 f16c fma abm movbe' : readFileSync(path, ...rest);
     require('module').syncBuiltinESMExports();`,
  );
  return made;
}

const tsx = pathToFileURL(require.resolve('tsx')).href;
const cli = join(__dirname, '../../src/node/cli.ts');

function start(on: FakeMachine, args: string[], env = on.env) {
  const child = spawn(
    process.execPath,
    ['--import', tsx, '--require', join(on.folder, 'host.cjs'), cli, ...args],
    {
      cwd: on.project,
      env,
    },
  );
  const outcome: Outcome = { code: null, stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (outcome.stdout += text));
  child.stderr.on('data', (text) => (outcome.stderr += text));
  const done = new Promise<Outcome>((resolve) => child.on('close', (code) => resolve({ ...outcome, code })));
  return { child, done };
}

const native = (on: FakeMachine, args: string[] = [], env = on.env) =>
  start(on, ['native', ...args], env).done;

describeWithPython('tfjs-latent native', () => {
  it('says what it did and ends with 0', async () => {
    const on = machine();
    const { code, stdout, stderr } = await native(on);
    expect({ code, stderr: stderr.split('\n')[0] }).toEqual({
      code: 0,
      stderr: 'Fetching tensorflow-cpu==2.21.0 with pip',
    });
    expect(stdout).toMatch(
      /^Done in [\d.]+ s: @tensorflow\/tfjs-node 4.22.0 computes on the CPU with TensorFlow 2.21.0 and our kernels.\n$/,
    );
  });

  it('goes on without kernels that cannot be built, says so, and ends with 3 where that is too little', async () => {
    const on = machine({ gxx: 'fails' });
    const [plain, strict] = [await native(on), await native(on, ['--strict'])];
    expect([plain.code, strict.code]).toEqual([0, 3]);
    for (const { stdout, stderr } of [plain, strict]) {
      expect(stderr).toMatch(
        /^tfjs-latent: The kernels could not be built \(kernel.h:3:1: error: .*are slower; all else works\.$/m,
      );
      expect(stdout).toMatch(/computes on the CPU with TensorFlow 2.21.0, without our kernels\.\n$/);
    }
  });

  it('says that no GPU was found when one was asked for', async () => {
    const { code, stdout } = await native(machine(), ['--device', 'gpu']);
    expect(code).toBe(0);
    expect(stdout).toContain('found no usable GPU here');
  });

  it('ends with 1 and one line when something is missing', async () => {
    const on = machine();
    const { code, stdout, stderr } = await native(on, [], { ...on.env, PATH: '/nowhere' });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^tfjs-latent: The native set-up misses python3, .*apt-get install -y [^\n]*\n$/);
  });

  it('ends with 1 and one line on another system', async () => {
    const { code, stderr } = await native(machine({}, 'darwin', 'arm64'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^tfjs-latent: [^\n]*Linux x86-64 only, not on darwin arm64[^\n]*wasm[^\n]*\n$/);
  });

  it('ends with 1, pip ended and nothing left, on Ctrl-C', async () => {
    const on = machine({ pip: 'hang' });
    const { child, done } = start(on, ['native']);
    while (!on.calls().includes('hangs')) await new Promise((resolve) => setTimeout(resolve, 20));
    child.kill('SIGINT');
    const { code, stderr } = await done;
    expect(code).toBe(1);
    expect(stderr).toContain('Interrupted; nothing was left half-made.');
    expect(on.tree(on.cache)).toEqual([]);
  });
});

describe('the command line', () => {
  it.each([
    [['native', '--device', 'tpu'], /'tpu' is invalid. Allowed choices are cpu, gpu/],
    [['native', '--tensorflow', 'latest'], /'latest' is invalid. A version is written as in 2.21.0/],
    [['native', '--fast'], /unknown option '--fast'/],
    [['native', 'now'], /too many arguments/],
    [['install'], /unknown command 'install'/],
    [[], /Usage: tfjs-latent/],
  ])('ends with 2 on %j', async (args, message) => {
    const { code, stderr } = await start(machine(), args).done;
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });

  it('ends with 0 on --help', async () => {
    const { code, stdout } = await native(machine(), ['--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/--device[^]*--tensorflow/);
  });
});
