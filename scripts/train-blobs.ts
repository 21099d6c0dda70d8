/** The notebook's parts on made data: K-means on round blobs and odd shapes, mixtures on the odd shapes. */
import { runJob, readFigures } from './job.js';
import { kMeansOnBlobs, type KnownBlobs, type NotebookBlobs } from './blobs/kmeans.js';
import { farAway } from './blobs/offset.js';
import { kMeansOnOddShapes, mixturesOnOddShapes } from './blobs/odd.js';
import type { KnownOdd, NotebookOdd } from './blobs/odd.js';
import { notebookBlobs, oddShapes } from './shapes.js';

const description = {
  name: 'blobs',
  description: 'K-means on blobs and odd shapes, mixtures on the odd shapes.',
  flags: ['nInit', 'live'],
  page: async () => (await import('./pages/blobs.js')).blobsPage,
} as const;

void runJob(description, async (job) => {
  const known = await readFigures<{ blobs: KnownBlobs; odd: KnownOdd }>('figures.json');
  const notebook = await readFigures<{ blobs: NotebookBlobs; odd: NotebookOdd }>('notebook.json');
  await kMeansOnBlobs(job, notebookBlobs(), known.blobs, notebook.blobs);
  await kMeansOnOddShapes(job, oddShapes().x, known.odd);
  await mixturesOnOddShapes(job, oddShapes().x, known.odd, notebook.odd);
  await farAway(job, 'blobs', notebookBlobs().x, 5);
  await farAway(job, 'odd shapes', oddShapes().x, 3);
});
