import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { InputError } from '../../src/core/errors.js';
import { loadMnist } from '../../src/node/index.js';
import { readMnist, type Origin } from '../../src/node/mnist.js';

const DIGITS = 3;
const words = (...values: number[]): Buffer => {
  const out = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => out.writeUInt32BE(value, 4 * i));
  return out;
};
const pixels = Uint8Array.from({ length: DIGITS * 784 }, (_, i) => (i * 7) % 256);
const IMAGES = Buffer.concat([words(0x803, DIGITS, 28, 28), pixels]);
const LABELS = Buffer.concat([words(0x801, DIGITS), Buffer.from([5, 0, 4])]);

const file = (name: string, rank: 1 | 3, content: Buffer) => ({
  name,
  rank,
  sha256: createHash('sha256').update(content).digest('hex'),
});
const files = (images = IMAGES, labels = LABELS) => {
  const split = { images: file('images', 3, images), labels: file('labels', 1, labels) };
  return { train: split, test: split };
};

let folder: string;
let server: Server;
let requests: string[];
/** What the server does with the n-th request for a file, else it serves it whole. */
let answers: Record<string, ((response: ServerResponse, packed: Buffer) => void)[]>;

function answer(name: string, response: ServerResponse): void {
  const packed = { '/images.gz': gzipSync(IMAGES), '/labels.gz': gzipSync(LABELS) }[name]!;
  const special = (answers[name] ?? []).shift();
  if (special) special(response, packed);
  else response.end(packed);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tfjs-latent-mnist-'));
  [requests, answers] = [[], {}];
  server = createServer((request, response) => {
    requests.push(request.url!);
    answer(request.url!, response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true, force: true });
});

const cache = () => join(folder, 'cache', 'tfjs-latent', 'mnist');

function origin(changes: Partial<Origin> = {}): Origin {
  const { port } = server.address() as AddressInfo;
  const env = { XDG_CACHE_HOME: join(folder, 'cache') };
  return {
    mirror: `http://127.0.0.1:${port}/`,
    files: files(),
    cwd: folder,
    env,
    patience: 20_000,
    ...changes,
  };
}

function put(where: string, contents: Record<string, Buffer>): string {
  mkdirSync(where, { recursive: true });
  for (const [name, bytes] of Object.entries(contents)) writeFileSync(join(where, name), bytes);
  return where;
}

async function expectRefused(reading: Promise<unknown>, ...messages: (RegExp | string)[]): Promise<void> {
  const error: unknown = await reading.then(
    () => 'nothing was thrown',
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(InputError);
  for (const message of messages) expect((error as Error).message).toMatch(message);
}

describe('the real digits', () => {
  test('are 60,000 to learn from, with their known labels', async () => {
    const { x, labels } = await loadMnist({ dir: 'data/mnist' });
    expect(x.shape).toEqual([60_000, 784]);
    expect(x.values).toHaveLength(60_000 * 784);
    expect(Array.from(labels.subarray(0, 5))).toEqual([5, 0, 4, 1, 9]);
    const counts = new Array<number>(10).fill(0);
    labels.subarray(0, 50_000).forEach((digit) => counts[digit]++);
    expect(counts).toEqual([4932, 5678, 4968, 5101, 4859, 4506, 4951, 5175, 4842, 4988]);
  });

  test('are 10,000 to test with; nRows reads the first of them', async () => {
    const all = await loadMnist({ split: 'test' });
    const some = await loadMnist({ split: 'test', nRows: 7 });
    expect(all.labels).toHaveLength(10_000);
    expect(some.x.shape).toEqual([7, 784]);
    expect(Array.from(some.labels)).toEqual([7, 2, 1, 0, 4, 1, 4]);
    expect(Buffer.compare(some.x.values, all.x.values.subarray(0, 7 * 784))).toBe(0);
  });
});

describe('a folder', () => {
  test('may hold packed or unpacked files; nothing is asked of the network', async () => {
    const dir = put(join(folder, 'own'), { 'images.gz': gzipSync(IMAGES, { level: 1 }), labels: LABELS });
    const { x, labels } = await readMnist({ dir: 'own' }, origin());
    expect(Array.from(x.values)).toEqual(Array.from(pixels));
    expect(Array.from(labels)).toEqual([5, 0, 4]);
    expect(requests).toEqual([]);
    expect(readdirSync(dir).sort()).toEqual(['images.gz', 'labels']);
  });

  test('data/mnist under the working directory comes before the cache', async () => {
    put(join(folder, 'data', 'mnist'), { images: IMAGES, labels: LABELS });
    await readMnist({}, origin());
    expect(requests).toEqual([]);
    expect(existsSync(cache())).toBe(false);
  });

  const other = Buffer.concat([IMAGES.subarray(0, -1), Buffer.from([1])]);
  test.each([
    ['another content', gzipSync(other), /SHA-256 [0-9a-f]{64}, not [0-9a-f]{64}; get the file anew/],
    ['a truncated gzip', gzipSync(IMAGES).subarray(0, -30), /not a whole gzip file/],
    [
      'too few pixels',
      IMAGES.subarray(0, -100),
      /has 2268 bytes where its header \[3, 28, 28\] promises 2368/,
    ],
    ['too many', Buffer.concat([IMAGES, words(0)]), /has 2372 bytes/],
    ['other sizes', Buffer.concat([words(0x803, 3, 14, 56), pixels]), /14 x 56, not 28 x 28/],
    [
      'another magic number',
      Buffer.concat([words(0x903, 3, 28, 28), pixels]),
      /begins with the bytes 00000903/,
    ],
    ['a cut header', IMAGES.subarray(0, 10), /begins with the bytes 00000803/],
    ['nothing', Buffer.alloc(0), /is empty/],
  ])('with %s is refused, and what is wrong is told', async (_, bytes, message) => {
    put(folder, { images: bytes, labels: LABELS });
    await expectRefused(readMnist({ dir: folder }, origin()), message, join(folder, 'images'));
  });

  test('without the file is told by name, and nothing is downloaded in its place', async () => {
    put(folder, { images: IMAGES });
    await expectRefused(readMnist({ dir: folder }, origin()), 'no labels.gz in', folder);
    expect(requests).toEqual([]);
  });

  test('with fewer labels than pictures is refused', async () => {
    const labels = Buffer.concat([words(0x801, 2), Buffer.from([5, 0])]);
    put(folder, { images: IMAGES, labels });
    const changed = origin({ files: files(IMAGES, labels) });
    await expectRefused(readMnist({ dir: folder }, changed), '3 pictures and 2 labels');
  });

  test('with labels in the place of pictures is refused', async () => {
    put(folder, { images: LABELS, labels: LABELS });
    await expectRefused(readMnist({ dir: folder }, origin({ files: files(LABELS) })), 'bytes 00000801');
  });
});

describe('the download', () => {
  test('is kept in the cache, and done once', async () => {
    const first = await readMnist({}, origin());
    expect(requests).toEqual(['/images.gz', '/labels.gz']);
    expect(readdirSync(cache()).sort()).toEqual(['images.gz', 'labels.gz']);
    const again = await readMnist({ nRows: 2 }, origin());
    expect(requests).toHaveLength(2);
    expect(again.x.shape).toEqual([2, 784]);
    expect(Array.from(first.x.values)).toEqual(Array.from(pixels));
  });

  const cutOff = (response: ServerResponse, packed: Buffer) => {
    response.writeHead(200, { 'content-length': packed.length });
    response.write(packed.subarray(0, 50), () => response.destroy());
  };
  const wrong = (response: ServerResponse) => void response.end(gzipSync(Buffer.from('<html>')));
  const error = (response: ServerResponse) => void response.writeHead(503).end();

  test.each([
    ['cut off', cutOff],
    ['of wrong bytes', wrong],
    ['refused', error],
  ])('starts over after a transfer %s', async (_, broken) => {
    answers['/images.gz'] = [broken, broken];
    const { labels } = await readMnist({}, origin());
    expect(labels).toHaveLength(DIGITS);
    expect(requests.filter((url) => url === '/images.gz')).toHaveLength(3);
    expect(readdirSync(cache()).sort()).toEqual(['images.gz', 'labels.gz']);
  });

  test('does not wait for ever on a server that stalls', async () => {
    const stall = (response: ServerResponse, packed: Buffer) => void response.write(packed.subarray(0, 50));
    answers['/images.gz'] = [stall, stall, stall];
    await expectRefused(readMnist({}, origin({ patience: 100 })), 'nothing came for 0.1 s');
    expect(requests).toHaveLength(3);
    expect(existsSync(cache())).toBe(false);
  });

  test('gives up after three attempts, telling why, and keeps nothing', async () => {
    answers['/images.gz'] = [wrong, error, wrong];
    await expectRefused(readMnist({}, origin()), '3 attempts', 'bytes 3c68746d', '/images.gz');
    expect(existsSync(cache())).toBe(false);
  });

  test('replaces a damaged file of the cache', async () => {
    put(cache(), { 'images.gz': gzipSync(IMAGES).subarray(0, 40), 'labels.gz': gzipSync(LABELS) });
    await readMnist({}, origin());
    expect(requests).toEqual(['/images.gz']);
    expect(readFileSync(join(cache(), 'images.gz'))).toEqual(gzipSync(IMAGES));
  });

  test('that cannot be, offline, says where it looked', async () => {
    const offline = origin({ mirror: 'http://127.0.0.1:1/' });
    const looked = [join(folder, 'data', 'mnist'), cache(), 'http://127.0.0.1:1/images.gz', 'give dir'];
    await expectRefused(readMnist({}, offline), ...looked);
  });

  test('into a cache that cannot be written is told', async () => {
    put(folder, { cache: Buffer.from('a file where the folder should be') });
    await expectRefused(readMnist({}, origin()), 'the cache cannot be written', 'XDG_CACHE_HOME');
  });
});

test.each([
  [{ split: 'valid' }, /split must be one of 'train', 'test'; got "valid"/],
  [{ nRows: 0 }, /nRows must be an integer of at least 1; got 0/],
  [{ nRows: 4 }, /nRows is 4, and 'train' has 3 rows/],
  [{ dir: 7 }, /dir must be the path of a folder; got 7/],
  [{ rows: 3 }, /rows/],
])('the options %j are refused', async (options, message) => {
  await expectRefused(readMnist(options as object, origin()), message);
});
