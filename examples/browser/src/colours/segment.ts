/** A picture in the colours of its clusters, while they are found. */
import { KMeans, type KMeansOptions } from 'tfjs-latent';
import { OPAQUE, type Picture } from './picture';

export interface Colour {
  rgb: [number, number, number];
  /** Of the opaque pixels. */
  share: number;
}

/** Blocks that a preview is drawn in, about: a few milliseconds a frame. */
const BLOCKS = 120_000;

export interface Progress {
  iteration: number;
  inertia: number;
  colours: Colour[];
  image: ImageData;
}

export interface Segmented extends Progress {
  converged: boolean;
  /** Milliseconds, those of drawing not among them. */
  fitting: number;
}

/** A frame of the page; a page that is not seen has none. */
const frame = (): Promise<void> =>
  new Promise((resolve) => (document.hidden ? setTimeout(resolve) : requestAnimationFrame(() => resolve())));

/**
 * Fits K-means to the pixels, a frame of the page after each iteration.
 *
 * @throws the signal's reason when it is aborted
 */
export async function segment(
  picture: Picture,
  options: Pick<KMeansOptions, 'nClusters' | 'init' | 'signal'>,
  show: (progress: Progress) => void,
): Promise<Segmented> {
  const began = performance.now();
  let drawing = 0;
  const model = await KMeans.fit(
    { values: picture.rows, shape: [picture.opaque.length, 3] },
    {
      ...options,
      nInit: 1,
      seed: 42,
      onIteration: async ({ iteration, objective, params }) => {
        const from = performance.now();
        const { image, colours } = preview(picture, params().clusterCenters);
        show({ iteration, inertia: objective, image, colours });
        await frame();
        drawing += performance.now() - from;
      },
    },
  );
  const labels = await model.labels!.data<'int32'>();
  const centers = await model.clusterCenters.data<'float32'>();
  const { nIter, inertia, converged } = model;
  model.dispose();
  const fitting = performance.now() - began - drawing;
  const { image, colours } = painted(picture, labels, centers);
  return { iteration: nIter!, inertia: inertia!, converged: converged!, fitting, image, colours };
}

/** A colour as the four bytes of a pixel. */
const inkOf = ({ rgb }: Colour): number => new Uint32Array(Uint8Array.of(...rgb, 255).buffer)[0];

function coloursOf(centers: Float32Array, counts: Float64Array): Colour[] {
  const total = counts.reduce((a, b) => a + b, 0);
  return Array.from(counts, (count, k) => ({
    rgb: [0, 1, 2].map((c) => Math.round(255 * centers[3 * k + c])) as Colour['rgb'],
    share: count / total,
  }));
}

/** Every opaque pixel in the colour of its label. */
function painted({ pixels, opaque }: Picture, labels: Int32Array, centers: Float32Array) {
  const image = new ImageData(pixels.width, pixels.height);
  const out = new Uint32Array(image.data.buffer);
  const counts = new Float64Array(centers.length / 3);
  for (const k of labels) counts[k]++;
  const colours = coloursOf(centers, counts);
  const inks = colours.map(inkOf);
  opaque.forEach((pixel, i) => (out[pixel] = inks[labels[i]]));
  return { image, colours };
}

/** As {@link painted}, by one pixel of each block. */
function preview({ pixels: { width, height, data } }: Picture, centers: Float32Array) {
  const image = new ImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  const side = Math.ceil(Math.sqrt((width * height) / BLOCKS));
  const counts = new Float64Array(centers.length / 3);
  const inks = coloursOf(centers, counts).map(inkOf);
  for (let top = 0; top < height; top += side) {
    const row = Math.min(height - 1, top + (side >> 1)) * width;
    for (let left = 0; left < width; left += side) {
      const at = 4 * (row + Math.min(width - 1, left + (side >> 1)));
      if (data[at + 3] < OPAQUE) continue;
      const k = nearest(data, at, centers);
      counts[k]++;
      const [bottom, right] = [Math.min(height, top + side), Math.min(width, left + side)];
      for (let y = top; y < bottom; y++) out.fill(inks[k], y * width + left, y * width + right);
    }
  }
  return { image, colours: coloursOf(centers, counts) };
}

function nearest(data: Uint8ClampedArray, at: number, centers: Float32Array): number {
  let [best, least] = [0, Infinity];
  for (let c = 0; c < centers.length; c += 3) {
    const r = data[at] / 255 - centers[c];
    const g = data[at + 1] / 255 - centers[c + 1];
    const b = data[at + 2] / 255 - centers[c + 2];
    const distance = r * r + g * g + b * b;
    if (distance < least) [best, least] = [c / 3, distance];
  }
  return best;
}
