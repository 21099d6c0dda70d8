import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { InputError } from '../../src/core/errors.js';
import { loadImage } from '../../src/node/index.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'tfjs-latent-image-'))));
afterAll(() => rmSync(folder, { recursive: true }));

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function chunk(type: string, data: number[] | Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data)]);
  const out = Buffer.alloc(body.length + 8);
  out.writeUInt32BE(body.length - 4, 0);
  body.copy(out, 4);
  out.writeUInt32BE(crc32(body), out.length - 4);
  return out;
}

/** A PNG written by hand, each line with filter 0: kinds that pngjs does not write. */
function png(depth: number, colorType: number, width: number, lines: number[][], ...extra: Buffer[]): Buffer {
  const header = [0, 0, 0, width, 0, 0, 0, lines.length, depth, colorType, 0, 0, 0];
  const data = deflateSync(Uint8Array.from(lines.flatMap((line) => [0, ...line])));
  const begin = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
  return Buffer.concat([
    Buffer.from(begin),
    chunk('IHDR', header),
    ...extra,
    chunk('IDAT', data),
    chunk('IEND', []),
  ]);
}

const palette = chunk('PLTE', [255, 0, 0, 0, 0, 255]);

test.each([
  ['RGB', png(8, 2, 2, [[1, 2, 3, 4, 5, 6]]), [1, 2, 3, 4, 5, 6]],
  ['grey', png(8, 0, 2, [[7, 200]]), [7, 7, 7, 200, 200, 200]],
  ['black and white', png(1, 0, 2, [[0b01000000]]), [0, 0, 0, 255, 255, 255]],
  ['palette', png(8, 3, 2, [[1, 0]], palette), [0, 0, 255, 255, 0, 0]],
  ['16 bit', png(16, 2, 1, [[0xff, 0xff, 0x80, 0x80, 0, 0]]), [255, 128, 0]],
  ['transparent red, half seen on white', png(8, 6, 1, [[255, 0, 0, 51]]), [255, 204, 204]],
  ['nothing seen, so white', png(8, 4, 1, [[0, 0]]), [255, 255, 255]],
])('%s pixels become RGB bytes', async (name, bytes, expected) => {
  const { x } = await loadImage(write(`${name}.png`, bytes));
  expect(Array.from(x.values)).toEqual(expected);
  expect(x.shape).toEqual([expected.length / 3, 3]);
});

test('rows go along the lines from the top left corner', async () => {
  const path = write('lines.png', png(8, 0, 3, [[1, 2, 3], [4, 5, 6]])); // prettier-ignore
  const { x, height, width } = await loadImage(path);
  expect([height, width]).toEqual([2, 3]);
  expect(Array.from(x.values).filter((_, i) => i % 3 === 0)).toEqual([1, 2, 3, 4, 5, 6]);
});

test('the ladybug is 533 x 800, its pixels those that pngjs decodes', async () => {
  const { x, height, width } = await loadImage('data/ladybug.png');
  const decoded = PNG.sync.read(readFileSync('data/ladybug.png')).data;
  expect([height, width, ...x.shape]).toEqual([533, 800, 426400, 3]);
  for (const i of [0, 1, 799, 800, 213_000, 426_399]) {
    expect(Array.from(x.values.slice(3 * i, 3 * i + 3))).toEqual(
      Array.from(decoded.subarray(4 * i, 4 * i + 3)),
    );
  }
});

const whole = png(8, 2, 2, [[1, 2, 3, 4, 5, 6]]);
const damaged = Buffer.from(whole);
damaged[45] ^= 1;

test.each([
  ['a JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), /is a JPEG; save the picture as a PNG/],
  ['a GIF', 'GIF89a', /is a GIF/],
  ['a WebP', 'RIFF....WEBPVP8 ', /is a WebP/],
  ['an SVG', '<svg xmlns="">', /is an SVG/],
  ['text', 'hello, world', /begins with the bytes 68656c6c6f2c2077/],
  ['an empty file', '', /is empty/],
  ['a PNG cut off in its header', whole.subarray(0, 20), /is a broken PNG/],
  ['a PNG cut off in its pixels', whole.subarray(0, whole.length - 20), /is a broken PNG/],
  ['a PNG with a damaged byte', damaged, /is a broken PNG/],
  ['a PNG without pixels', Buffer.concat([whole.subarray(0, 33), chunk('IEND', [])]), /is a broken PNG/],
])('%s is refused by name', async (name, bytes, message) => {
  const reading = loadImage(write(name, bytes));
  await expect(reading).rejects.toThrow(InputError);
  await expect(reading).rejects.toThrow(message);
});

test('a file that is not there is told with its path', async () => {
  await expect(loadImage(join(folder, 'none.png'))).rejects.toThrow(InputError);
  await expect(loadImage(join(folder, 'none.png'))).rejects.toThrow(/none\.png' cannot be read \(ENOENT/);
});
