import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setUpNative, TENSORFLOW } from '../../src/node/native.js';
import { cacheRoot } from '../../src/node/native/cache.js';

const installed = dirname(require.resolve('@tensorflow/tfjs-node/package.json'));
const home = join(cacheRoot(process.env), `${TENSORFLOW}-cpu`);

/** Only what a set-up has left on this machine: nothing here reaches for a network. */
const cached = existsSync(join(home, 'deps')) && existsSync(join(home, 'tfjs-node-4.22.0'));

(cached ? describe : describe.skip)('the TensorFlow that a set-up has kept', () => {
  let project: string;
  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'tfjs-latent-'));
    const into = join(project, 'node_modules/@tensorflow');
    mkdirSync(into, { recursive: true });
    cpSync(installed, join(into, 'tfjs-node'), {
      recursive: true,
      filter: (path) => !/tfjs-node\/(deps|lib)$/.test(path),
    });
    const modules = join(installed, '../..');
    for (const name of readdirSync(modules).filter((name) => !/^\.|^@tensorflow$/.test(name))) {
      symlinkSync(join(modules, name), join(project, 'node_modules', name));
    }
    for (const name of readdirSync(join(modules, '@tensorflow')).filter((name) => name !== 'tfjs-node')) {
      symlinkSync(join(modules, '@tensorflow', name), join(into, name));
    }
  });
  afterEach(() => rmSync(project, { recursive: true, force: true }));

  it('is linked into a fresh tfjs-node, and again after the links were removed, and multiplies in a fresh process', async () => {
    const fresh = join(project, 'node_modules/@tensorflow/tfjs-node');
    for (let time = 0; time < 2; time++) {
      expect(existsSync(join(fresh, 'lib'))).toBe(false);
      const done = await setUpNative({ cwd: project });
      expect(done).toMatchObject({ version: TENSORFLOW, device: 'cpu', fetched: false, built: false });
      if (process.env.TFJS_LATENT_KERNELS !== 'none') expect(done.lost).toBeNull();
      expect(existsSync(join(fresh, 'lib/napi-v8/tfjs_binding.node'))).toBe(true);
      rmSync(join(fresh, 'lib'), { recursive: true });
      rmSync(join(fresh, 'deps'), { recursive: true });
    }
  });
});
