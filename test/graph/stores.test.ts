/** Where models go and come from: folders, file://, http, handlers. */
import { createServer, type Server } from 'node:http';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import '../../src/node/index.js';
import { InputError, KMeans, ModelFormatError } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { contents, inMemory } from '../support/models.js';

const CENTERS = [[0.1, 1 / 3], [7, -2], [1, 1]]; // prettier-ignore

let folder: string;
let model: KMeans;
beforeAll(async () => {
  await useBackend(backends[backends.length - 1]);
  folder = await mkdtemp(path.join(tmpdir(), 'models-'));
  model = await KMeans.fromParams({ clusterCenters: CENTERS });
});
afterAll(async () => {
  model.dispose();
  await rm(folder, { recursive: true });
});

async function expectSame(source: string | tf.io.IOHandler): Promise<void> {
  const loaded = await KMeans.load(source);
  expect(await contents(loaded)).toEqual(await contents(model));
  loaded.dispose();
}

it('a folder that is made, by its path or by that of its model.json', async () => {
  const target = path.join(folder, 'a/b');
  const { modelArtifactsInfo } = await model.save(target);
  expect(modelArtifactsInfo.weightDataBytes).toBeGreaterThan(0);
  await expectSame(target);
  await expectSame(path.join(target, 'model.json'));
  await expectSame(path.relative(process.cwd(), target));
  await model.save(path.join(target, 'model.json'));
  expect((await readdir(target)).sort()).toEqual([
    'model.json',
    expect.stringMatching(/^weights-[0-9a-f]{64}\.bin$/),
  ]);
});

it('file://, read by tf.loadGraphModel too', async () => {
  const url = `file://${folder}/plain`;
  await model.save(url);
  await expectSame(url);
  const graph = await tf.loadGraphModel(`${url}/model.json`);
  const x = tf.tensor2d([[6.5, -2]]);
  const { labels } = graph.predict(x) as unknown as { labels: tf.Tensor };
  expect(Array.from(labels.dataSync())).toEqual([1]);
  graph.dispose();
});

it('another model in the same place replaces it, and leaves no weights behind', async () => {
  const target = path.join(folder, 'twice');
  const other = await KMeans.fromParams({ clusterCenters: [[1], [2]] }); // prettier-ignore
  await writeFile(path.join(folder, 'keep.txt'), 'kept');
  await other.save(target);
  const [, old] = (await readdir(target)).sort();
  await writeFile(path.join(target, 'notes.txt'), 'kept');
  await model.save(target);
  await expectSame(target);
  expect(await readdir(target)).toHaveLength(3);
  expect(await readdir(target)).not.toContain(old);
  other.dispose();
});

describe('http', () => {
  let server: Server;
  let base: string;
  beforeAll(async () => {
    server = createServer(async (request, response) => {
      const { pathname, search } = new URL(request.url!, base);
      const content =
        search === '?key=1' ? await readFile(path.join(folder, pathname)).catch(() => null) : null;
      response.writeHead(content ? 200 : 404).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await model.save(path.join(folder, 'served'));
  });
  afterAll(() => server.close());

  it('a URL, its query kept for the weights', () => expectSame(`${base}/served/model.json?key=1`));
  it("a handler of tfjs's", async () => {
    const target = path.join(folder, 'served');
    await expectSame(tf.io.http(`${base}/served/model.json?key=1`));
    expect(await readdir(target)).toHaveLength(2);
  });
  it('nothing there is an InputError with the status', async () => {
    await expect(KMeans.load(`${base}/served/model.json`)).rejects.toThrow(
      /^KMeans.load: http.*model.json could not be fetched: status 404/,
    );
    await expect(KMeans.load('http://127.0.0.1:1/model.json')).rejects.toThrow(InputError);
  });
});

it('what is no target or source is told', async () => {
  await expect(KMeans.load(path.join(folder, 'none'))).rejects.toThrow(InputError);
  await expect(KMeans.load(path.join(folder, 'none'))).rejects.toThrow(
    /^KMeans.load: no model can be read in .*none: ENOENT/,
  );
  await expect(KMeans.load('nowhere://x')).rejects.toThrow(/no IO handler of TensorFlow.js knows "nowhere:/);
  await expect(model.save('nowhere://x')).rejects.toThrow(/^KMeans.save: no IO handler/);
  for (const junk of [undefined, null, 3, {}, { save: 1, load: 2 }]) {
    await expect(model.save(junk as never)).rejects.toThrow(/^KMeans.save: the target must be/);
    await expect(KMeans.load(junk as never)).rejects.toThrow(/^KMeans.load: the source must be/);
  }
  await expect(model.save(inMemory(), { label: true } as never)).rejects.toThrow(/unknown option "label"/);
});

it("a handler's failure: its own error where it saves, a ModelFormatError that holds it where it loads", async () => {
  const full = new Error('full');
  const broken = { save: () => Promise.reject(full), load: () => Promise.reject(full) };
  await expect(model.save(broken)).rejects.toBe(full);
  const error = await KMeans.load(broken).catch((each: unknown) => each);
  expect(error).toBeInstanceOf(ModelFormatError);
  expect((error as Error).cause).toBe(full);
});
