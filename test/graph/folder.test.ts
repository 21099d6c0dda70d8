/** Folders at every step at which a save may end: the process killed there, the disk full, files cut short. */
import { spawn } from 'node:child_process';
import * as real from 'node:fs';
import {
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import '../../src/node/index.js';
import { KMeans, ModelFormatError } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';

/** At which operation on the disk something happens, counted from 0; every one after a kill fails too. */
const disk = { at: Infinity, count: 0, kind: 'killed' as 'killed' | 'full' };
const mockDisk = disk;

class Stopped extends Error {
  constructor(readonly code?: string) {
    super(code ?? 'the process was killed');
  }
}

/** Before an operation: lets it pass, or says how much of it still happens. */
function mockStep(torn: () => void = () => undefined): void {
  const { at, kind } = mockDisk;
  const now = mockDisk.count++;
  if (now < at || (kind === 'full' && now > at)) return;
  if (now === at) torn();
  throw new Stopped(kind === 'full' ? 'ENOSPC' : undefined);
}

jest.mock('node:fs/promises', () => {
  const actual = jest.requireActual<typeof import('node:fs/promises')>('node:fs/promises');
  const counted = (name: 'mkdir' | 'rename' | 'rm' | 'readFile' | 'readdir' | 'stat') => ({
    [name]: async (...args: never[]) => {
      mockStep();
      return (actual[name] as (...each: never[]) => unknown)(...args);
    },
  });
  const open = async (...args: Parameters<typeof actual.open>) => {
    mockStep();
    const handle = await actual.open(...args);
    return {
      writeFile: async (content: string | Uint8Array) => {
        // Half of it is written before the end.
        mockStep(() =>
          real.writeSync(handle.fd, Buffer.from(content as string).subarray(0, content.length / 2)),
        );
        return handle.writeFile(content);
      },
      sync: async () => {
        mockStep();
        return handle.sync();
      },
      close: () => handle.close(),
    };
  };
  const names = ['mkdir', 'rename', 'rm', 'readFile', 'readdir', 'stat'] as const;
  return Object.assign({ ...actual, open }, ...names.map(counted));
});

const CENTERS = { a: [[1], [2]], b: [[5, 6], [7, 8], [9, 10]] }; // prettier-ignore

let folder: string;
const models: KMeans[] = [];
beforeAll(async () => {
  await useBackend(backends[backends.length - 1]);
  for (const clusterCenters of Object.values(CENTERS))
    models.push(await KMeans.fromParams({ clusterCenters }));
});
beforeEach(() => (folder = mkdtempSync(path.join(tmpdir(), 'folder-'))));
afterEach(() => {
  disk.at = Infinity;
  rmSync(folder, { recursive: true });
});
afterAll(() => models.forEach((model) => model.dispose()));

/** How many clusters the model in the folder has: 2 is the first, 3 the second. */
async function found(): Promise<number> {
  Object.assign(disk, { at: Infinity, count: 0 });
  const model = await KMeans.load(folder);
  model.dispose();
  return model.nClusters;
}

/** Saves the second model over the first, which ends at one step: how many steps a whole save has, at the end. */
async function endAt(at: number, kind: 'killed' | 'full'): Promise<'saved' | unknown> {
  Object.assign(disk, { at: Infinity, count: 0, kind });
  await models[0].save(folder);
  Object.assign(disk, { at, count: 0 });
  try {
    await models[1].save(folder);
    return disk.count <= at ? 'untouched' : 'saved';
  } catch (error) {
    return error;
  }
}

it.each(['killed', 'full'] as const)('%s at any step: the old model or the new one, whole', async (kind) => {
  const seen: number[] = [];
  for (let at = 0; ; at++) {
    const end = await endAt(at, kind);
    const clusters = await found();
    if (end === 'untouched') break;
    seen.push(clusters);
    if (end !== 'saved')
      expect(end).toMatchObject(kind === 'full' ? { code: 'ENOSPC' } : { message: /killed/ });
    if (kind === 'full' && end !== 'saved' && clusters === 2) expect(readdirSync(folder)).toHaveLength(2);
    await models[1].save(folder);
    expect(await found()).toBe(3);
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(path.join(tmpdir(), 'folder-'));
  }
  // First the old one, from the renaming on the new one.
  expect(seen.length).toBeGreaterThan(12);
  expect(seen).toEqual(seen.slice().sort());
  expect(new Set(seen)).toEqual(new Set([2, 3]));
});

it('killed for real, while it saves one model after the other', async () => {
  await models[0].save(folder);
  const script = `
    import '@tensorflow/tfjs';
    import './src/node/index.ts';
    import { KMeans } from './src/index.ts';
    const rows = (k) => Array.from({ length: k }, (_, i) => Array.from({ length: 3000 }, (_, j) => i + j));
    const models = [await KMeans.fromParams({ clusterCenters: rows(40) }), await KMeans.fromParams({ clusterCenters: rows(60) })];
    for (let i = 0; ; i++) {
      await models[i % 2].save(process.argv[1]);
      process.stdout.write('.');
    }`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script, folder];
  for (let saves = 2; saves <= 3; saves++) {
    const child = spawn(process.execPath, args);
    let said = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.length >= saves) child.kill('SIGKILL');
      });
      child.on('exit', () => resolve());
    });
    expect(child.signalCode).toBe('SIGKILL');
    expect([40, 60]).toContain(await found());
  }
});

it('what killed saves left goes with a save an hour later; what is not ours stays', async () => {
  await models[0].save(folder);
  const [, weights] = readdirSync(folder).sort();
  const orphan = `weights-${'0'.repeat(64)}.bin`;
  const part = `model.json.${'0'.repeat(8)}-0000-4000-8000-${'0'.repeat(12)}.part`;
  for (const name of [orphan, part, 'weights.bin', 'other.part']) writeFileSync(path.join(folder, name), 'x');
  await models[1].save(folder);
  expect(readdirSync(folder)).toEqual(expect.arrayContaining([orphan, part]));
  for (const name of readdirSync(folder)) utimesSync(path.join(folder, name), 1, 1);
  await models[0].save(folder);
  expect(readdirSync(folder).sort()).toEqual(['model.json', 'other.part', weights, 'weights.bin'].sort());
});

it('saves at the same time leave one of the models, whole', async () => {
  await Promise.all(Array.from({ length: 6 }, (_, i) => models[i % 2].save(folder)));
  expect([2, 3]).toContain(await found());
});

describe('broken on the disk', () => {
  const file = (at: number) => path.join(folder, readdirSync(folder).sort()[at]);
  const failing = async (): Promise<string> => {
    const error = await KMeans.load(folder).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(ModelFormatError);
    return (error as Error).message;
  };
  beforeEach(() => models[1].save(folder));

  it('model.json cut short at any length', async () => {
    const { length } = readFileSync(file(0));
    for (let size = 0; size < length - 2; size += 97) {
      await models[1].save(folder);
      truncateSync(file(0), size);
      expect(await failing()).toMatch(/^KMeans.load: .*: model.json is no JSON: /);
    }
  });

  it('weights cut short, lengthened, changed, and gone', async () => {
    const whole = readFileSync(file(1));
    truncateSync(file(1), whole.length - 1);
    expect(await failing()).toMatch(/damaged or cut short/);
    writeFileSync(file(1), Buffer.concat([whole, Buffer.alloc(1)]));
    expect(await failing()).toMatch(/has \d+ bytes where its weights ask for \d+/);
    writeFileSync(
      file(1),
      whole.map((byte, at) => (at === 40 ? byte ^ 1 : byte)),
    );
    expect(await failing()).toMatch(/damaged or cut short/);
    rmSync(file(1));
    expect(await failing()).toMatch(/its weights cannot be read: ENOENT/);
  });

  it.each([
    '../w.bin',
    'a/../../w.bin',
    '/etc/hostname',
    'C:\\w.bin',
    '..\\w.bin',
    'http://x/w.bin',
    'w.bin?x',
    '',
    'a\0b',
    7,
    null,
  ])('weights named %j', async (name) => {
    const text = readFileSync(file(0), 'utf8').replace(
      JSON.stringify(path.basename(file(1))),
      JSON.stringify(name),
    );
    writeFileSync(file(0), text);
    expect(await failing()).toMatch(/names its weights .*; they must lie beside it/);
  });
});
