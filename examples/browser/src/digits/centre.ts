/**
 * A drawing as MNIST has digits: the ink's box scaled to 20 pixels on its longer side, then moved by whole pixels so that the
 * ink's centre of mass lies at pixel 14 of 28 (http://yann.lecun.com/exdb/mnist describes it; in the test digits the centre
 * lies between 13.5 and 14.5).
 */

export const SIDE = 28;
const BOX = 20;
const MIDDLE = 14;

/** Ink from 0 to 255, row by row. */
export interface Ink {
  values: ArrayLike<number>;
  width: number;
  height: number;
}

/** @returns [784] or null where there is no ink */
export function centred(ink: Ink): Uint8Array<ArrayBuffer> | null {
  const box = boxOf(ink);
  if (!box) return null;
  const scale = BOX / Math.max(box.width, box.height);
  const width = Math.max(1, Math.round(box.width * scale));
  const height = Math.max(1, Math.round(box.height * scale));
  const small = shrunk(ink, box, width, height);
  const middle = massCentre(small, width);
  const left = place(middle.x, width);
  const top = place(middle.y, height);
  const out = new Uint8Array(SIDE * SIDE);
  small.forEach((value, i) => {
    out[(top + Math.floor(i / width)) * SIDE + left + (i % width)] = Math.round(value);
  });
  return out;
}

/** Where a side begins, so that its centre of mass lies in the middle and no ink outside. */
const place = (centre: number, side: number): number =>
  Math.min(SIDE - side, Math.max(0, MIDDLE - Math.round(centre)));

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

function boxOf({ values, width, height }: Ink): Box | null {
  let [left, right, top, bottom] = [width, -1, height, -1];
  for (let i = 0; i < width * height; i++) {
    if (values[i] === 0) continue;
    const [x, y] = [i % width, Math.floor(i / width)];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** Each pixel the mean of the area that it covers, which smooths as MNIST was smoothed. */
function shrunk(ink: Ink, box: Box, width: number, height: number): Float64Array {
  const columns = areas(box.width, width);
  const rows = areas(box.height, height);
  const out = new Float64Array(width * height);
  rows.forEach((row, y) =>
    columns.forEach((column, x) => {
      for (const [j, high] of row) {
        const at = (box.top + j) * ink.width + box.left;
        for (const [i, wide] of column) out[y * width + x] += ink.values[at + i] * high * wide;
      }
    }),
  );
  return out;
}

/** For each of `to` equal parts of a side of `from` pixels: which pixels lie in it, each with its share of the part. */
function areas(from: number, to: number): [number, number][][] {
  const part = from / to;
  return Array.from({ length: to }, (_, p) => {
    const shares: [number, number][] = [];
    for (let i = Math.floor(p * part); i < Math.min(from, (p + 1) * part); i++) {
      const share = (Math.min(i + 1, (p + 1) * part) - Math.max(i, p * part)) / part;
      if (share > 0) shares.push([i, share]);
    }
    return shares;
  });
}

function massCentre(values: Float64Array, width: number): { x: number; y: number } {
  let [mass, x, y] = [0, 0, 0];
  values.forEach((value, i) => {
    mass += value;
    x += value * (i % width);
    y += value * Math.floor(i / width);
  });
  return { x: x / mass, y: y / mass };
}
