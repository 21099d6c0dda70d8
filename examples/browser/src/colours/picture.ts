/** A file as pixels, or a sentence that says why not. */

/** Pixels of the longer side, at most: a picture for a page, not for print. */
const LONGEST = 1000;
/** Of 255. What is less opaque is left out. */
export const OPAQUE = 128;

export interface Picture {
  name: string;
  pixels: ImageData;
  /** Which pixels are opaque: the points that are clustered. */
  opaque: Uint32Array;
  /** [3 * opaque.length] red, green, blue from 0 to 1 */
  rows: Float32Array;
  /** What was done to it that its owner may not expect. */
  note: string;
}

export class NoPicture extends Error {}

const thousands = (count: number): string => count.toLocaleString('en');

/** @throws NoPicture for what the browser cannot open, and a picture without an opaque pixel */
export async function readPicture(file: Blob, name: string): Promise<Picture> {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
  } catch {
    throw new NoPicture(
      `“${name}” is not a picture that this browser can open. Try a PNG, JPEG, WebP or GIF file.`,
    );
  } finally {
    URL.revokeObjectURL(image.src);
  }
  const { naturalWidth, naturalHeight } = image;
  if (naturalWidth === 0 || naturalHeight === 0) throw new NoPicture(`“${name}” says no width and height.`);
  const scale = Math.min(1, LONGEST / Math.max(naturalWidth, naturalHeight));
  const [width, height] = [naturalWidth, naturalHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const pixels = drawn(image, width, height);
  const opaque = opaquePixels(pixels);
  if (opaque.length === 0)
    throw new NoPicture(`“${name}” is wholly transparent: there is no colour to find.`);
  const size = `${name}: ${width} × ${height}, ${thousands(width * height)} pixels.`;
  const scaled = scale < 1 ? ` Scaled down from ${naturalWidth} × ${naturalHeight}.` : '';
  const hidden = width * height - opaque.length;
  const left =
    hidden > 0 ? ` ${thousands(hidden)} transparent pixels are left out and stay transparent.` : '';
  return { name, pixels, opaque, rows: rowsOf(pixels, opaque), note: size + scaled + left };
}

function drawn(image: HTMLImageElement, width: number, height: number): ImageData {
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true })!;
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function opaquePixels({ data }: ImageData): Uint32Array {
  const found = new Uint32Array(data.length / 4);
  let n = 0;
  for (let i = 0; i < found.length; i++) if (data[4 * i + 3] >= OPAQUE) found[n++] = i;
  return found.slice(0, n);
}

function rowsOf({ data }: ImageData, opaque: Uint32Array): Float32Array {
  const rows = new Float32Array(3 * opaque.length);
  opaque.forEach((pixel, i) => {
    for (let c = 0; c < 3; c++) rows[3 * i + c] = data[4 * pixel + c] / 255;
  });
  return rows;
}
