import { readFile } from 'node:fs/promises';
import { PNG } from 'pngjs';
import { InputError } from '../core/errors.js';

/** A picture as rows of colours, from its top left corner along each line. */
export interface Picture {
  /** RGB, 0 to 255 [height * width, 3] */
  x: { values: Uint8Array; shape: [number, 3] };
  height: number;
  width: number;
}

const PNG_BEGINS = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** How other formats begin, as text of one byte a character. */
const OTHERS: readonly [RegExp, string][] = [
  [/^\xff\xd8\xff/, 'a JPEG'],
  [/^GIF8/, 'a GIF'],
  [/^BM/, 'a BMP'],
  [/^(II\*\0|MM\0\*)/, 'a TIFF'],
  [/^RIFF.{4}WEBP/s, 'a WebP'],
  [/^.{4}ftypavi[fs]/s, 'an AVIF'],
  [/^\s*<(\?xml|svg)/, 'an SVG'],
];

function kindOf(bytes: Uint8Array): string {
  if (bytes.length === 0) return 'empty';
  const begins = String.fromCharCode(...bytes.subarray(0, 32));
  const hex = Buffer.from(bytes.subarray(0, 8)).toString('hex');
  return OTHERS.find(([begin]) => begin.test(begins))?.[1] ?? `something that begins with the bytes ${hex}`;
}

async function readBytes(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new InputError(`loadImage: '${path}' cannot be read (${(error as Error).message}).`);
  }
}

/** pngjs takes whatever lies in memory for the pixels of a file that has none. */
function hasPixels(bytes: Buffer): boolean {
  for (let at = PNG_BEGINS.length; at + 8 <= bytes.length; at += 12 + bytes.readUInt32BE(at)) {
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT' && bytes.readUInt32BE(at) > 0) return true;
  }
  return false;
}

function decode(path: string, bytes: Buffer): PNG {
  try {
    if (!hasPixels(bytes)) throw new Error('it has no pixels');
    return PNG.sync.read(bytes);
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new InputError(`loadImage: '${path}' is a broken PNG (${cause}); get the file anew.`);
  }
}

/**
 * Reads a PNG as rows of RGB colours. Grey, palette and 16 bit pictures become 8 bit RGB; where a picture is
 * transparent, its colours are those seen on white.
 *
 * @param path of the file
 * @returns x [height * width, 3], 0 to 255
 * @throws InputError for a file that is missing, broken, or no PNG
 * @example
 * const { x, height, width } = await loadImage('data/ladybug.png'); // x.shape: [426400, 3]
 */
export async function loadImage(path: string): Promise<Picture> {
  const bytes = await readBytes(path);
  if (!PNG_BEGINS.every((byte, i) => bytes[i] === byte)) {
    throw new InputError(`loadImage: '${path}' is ${kindOf(bytes)}; save the picture as a PNG.`);
  }
  const { data, height, width } = decode(path, bytes);
  const n = height * width;
  const values = new Uint8Array(n * 3);
  for (let i = 0; i < n; i++) {
    const alpha = data[4 * i + 3] / 255;
    for (let c = 0; c < 3; c++) values[3 * i + c] = Math.round(alpha * data[4 * i + c] + (1 - alpha) * 255);
  }
  return { x: { values, shape: [n, 3] }, height, width };
}
