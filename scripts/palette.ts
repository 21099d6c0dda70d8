/** Pictures in few colours, those that K-means finds: a screenshot takes a third of the bytes, and looks the same. */
import { crc32, deflateSync } from 'node:zlib';
import { PNG } from 'pngjs';
import { KMeans } from '../src/cluster/kmeans.js';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** Of a channel, in a PNG of one byte a pixel that is an index into its palette. */
const [BITS, INDEXED] = [8, 3];

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(data.length, 0);
  ends.writeUInt32BE(crc32(body), 4);
  return Buffer.concat([ends.subarray(0, 4), body, ends.subarray(4)]);
}

/** A PNG of one byte a pixel. */
function indexed(width: number, height: number, palette: Uint8Array, pixels: Int32Array): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([BITS, INDEXED], 8);
  const lines = Buffer.alloc(height * (width + 1)); // each begins with its filter, 0: none
  for (let i = 0; i < height; i++) {
    lines.set(pixels.subarray(i * width, (i + 1) * width), i * (width + 1) + 1);
  }
  const chunks = [
    chunk('IHDR', header),
    chunk('PLTE', palette),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ];
  return Buffer.concat([SIGNATURE, ...chunks]);
}

/** A PNG without transparency again, in at most as many colours. */
export async function inColours(png: Buffer, colours: number): Promise<Buffer> {
  const { width, height, data } = PNG.sync.read(png);
  const x = Uint8Array.from({ length: 3 * width * height }, (_, i) => data[4 * Math.floor(i / 3) + (i % 3)]);
  const rows = { values: x, shape: [width * height, 3] as const };
  const model = await KMeans.fit(rows, { nClusters: colours, seed: 42 });
  const palette = Uint8Array.from(await model.clusterCenters.data(), Math.round);
  const pixels = (await model.labels!.data()) as Int32Array;
  model.dispose();
  return indexed(width, height, palette, pixels);
}
