/** The notebook's picture of a ladybug, segmented: K-means on its colours, 10 to 2 of them. */
import path from 'node:path';
import { PNG } from 'pngjs';
import { KMeans } from '../src/index.js';
import { loadImage, type Picture } from '../src/node/index.js';
import { readFigures, runJob, writeWhole, type Job } from './job.js';
import { keepModel } from './models.js';

interface Known {
  ladybug: { shape: number[]; best_known_inertia: Record<string, number> };
}

const COLOURS = [10, 8, 6, 4, 2];
const QUICK_COLOURS = [8, 2];
/** --quick takes every 100th pixel: 4,264 of them. */
const QUICK_EVERY = 100;
/** With swaps: three starts of k-means++ alone end 1 % higher with some seeds. */
const N_INIT = 3;
/** The number of colours whose model is kept. */
const KEPT = 8;

/** Pixels in the notebook's units, 0 to 1. */
function unitRows({ x }: Picture, every: number) {
  const n = Math.ceil(x.shape[0] / every);
  const values = Float32Array.from({ length: 3 * n }, (_, at) => {
    const [i, c] = [Math.floor(at / 3), at % 3];
    return x.values[3 * every * i + c] / 255;
  });
  return { values, shape: [n, 3] as [number, number] };
}

/** RGB bytes as a PNG. */
function encode(values: ArrayLike<number>, { height, width }: Picture): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) png.data[4 * i + c] = values[3 * i + c];
    png.data[4 * i + 3] = 255;
  }
  return PNG.sync.write(png, { colorType: 2 });
}

/** The picture in the colours of the centres. */
async function segment(model: KMeans, picture: Picture, palette: readonly number[]): Promise<Uint8Array> {
  const labels = model.predict(unitRows(picture, 1));
  const found = await labels.data();
  labels.dispose();
  return Uint8Array.from(
    { length: 3 * found.length },
    (_, at) => palette[3 * found[Math.floor(at / 3)] + (at % 3)],
  );
}

async function fitColours({ options, progress }: Job, x: ReturnType<typeof unitRows>, nClusters: number) {
  const nInit = options.nInit ?? N_INIT;
  return progress(`ladybug, ${nClusters} colours, ${nInit} starts`, nInit, (step) =>
    KMeans.fit(x, { nClusters, init: 'random-swap', nInit, seed: options.seed, onInit: () => step() }),
  );
}

/** One number of colours: fitted, drawn, told. */
async function paint(job: Job, picture: Picture, x: ReturnType<typeof unitRows>, k: number, best: number) {
  const model = await fitColours(job, x, k);
  const palette = Array.from(await model.clusterCenters.data(), (value) => Math.round(value * 255));
  const file = `ladybug-${k}.png`;
  const png = encode(await segment(model, picture, palette), picture);
  await writeWhole(path.join(job.options.out, file), png);
  const { inertia, nIter, converged } = model;
  if (k === KEPT) {
    await keepModel(job, 'ladybug-kmeans', model, {
      job: 'ladybug',
      title: `The ${k} colours of a photograph of a ladybug, found by K-means.`,
      data: `${x.shape[0].toLocaleString('en')} pixels of data/ladybug.png: red, green and blue from 0 to 1.`,
      licence: 'Apache-2.0 (repository ageron/handson-ml2)',
      ports: {
        x: '[N, 3] red, green, blue, from 0 to 1',
        labels: '[N] int32, the nearest colour',
        distances: `[N, ${k}] Euclidean distances to the colours`,
      },
      figures: { inertia: inertia!, palette: palette.map(String).join(' '), iterations: nIter! },
    });
  }
  model.dispose();
  job.figure({
    what: `${k} colours: inertia`,
    here: inertia!,
    best: job.options.quick ? undefined : best, // that of all pixels
    ok: inertia! <= best * 1.005,
    reduced: job.options.quick,
  });
  return { colours: k, palette, inertia, nIter, converged, file, bytes: png.length };
}

async function ladybug(job: Job): Promise<void> {
  const { quick, dataDir, out } = job.options;
  const { ladybug: known } = await readFigures<Known>('figures.json');
  const picture = await loadImage(path.join(dataDir, 'ladybug.png'));
  const shape = [picture.height, picture.width, 3];
  job.figure({
    what: 'height, width, channels',
    here: shape.join(' x '),
    notebook: known.shape.join(' x '),
    ok: shape.join() === known.shape.join(),
  });
  const original = encode(picture.x.values, picture);
  await writeWhole(path.join(out, 'ladybug.png'), original);
  const x = unitRows(picture, quick ? QUICK_EVERY : 1);
  const segmented: Awaited<ReturnType<typeof paint>>[] = [];
  for (const k of quick ? QUICK_COLOURS : COLOURS) {
    segmented.push(await paint(job, picture, x, k, known.best_known_inertia[k]));
  }
  job.picture('original', {
    file: 'ladybug.png',
    shape,
    bytes: original.length,
    distinct: distinct(picture),
  });
  job.picture('segmented', segmented);
}

/** How many colours the picture has. */
function distinct({ x: { values, shape } }: Picture): number {
  const seen = new Set<number>();
  for (let i = 0; i < 3 * shape[0]; i += 3)
    seen.add((values[i] << 16) | (values[i + 1] << 8) | values[i + 2]);
  return seen.size;
}

const description = {
  name: 'ladybug',
  description: 'K-means on the colours of a picture: 10, 8, 6, 4 and 2 of them.',
  flags: ['nInit', 'dataDir'],
  page: async () => (await import('./pages/ladybug.js')).ladybugPage,
} as const;

void runJob(description, ladybug);
