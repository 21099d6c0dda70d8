/** reports/blobs.html: the notebook's pictures of K-means on round blobs, then of both methods on odd shapes. */
import { Report } from '../../src/report/report.js';
import type { Section } from '../../src/report/section.js';
import type { Saved } from '../job.js';
import { addFigures } from './figures.js';
import { addMixtures, addOddKMeans, type OddPictures } from './odd.js';
import { elbow, regionsInput, type Regions } from './regions.js';

const AXES = { x: 'x₁', y: 'x₂' };
const ITERATIONS = [1, 2, 3] as const;
const STARTS = [11, 10] as const;
const DIAGRAMS = [3, 4, 5, 6] as const;

interface Clustered {
  centers: number[][];
  inertia: number;
}
type Drawn = Clustered & { regions: Regions };
interface Silhouettes {
  samples: number[];
  labels: number[];
  mean: number;
}

export type BlobsPictures = OddPictures &
  Record<`regions${3 | 4 | 8}`, Clustered & Regions> &
  Record<`iteration${(typeof ITERATIONS)[number]}` | `randomStart${(typeof STARTS)[number]}`, Drawn> &
  Record<`silhouettes${(typeof DIAGRAMS)[number]}`, Silhouettes> & {
    blobs: { x: number[][]; labels: number[] };
    k5: { centers: number[][]; score: number; regions: Regions };
    byK: { k: number[]; inertias: number[]; silhouettes: number[] };
  };

function addData(report: Report, { blobs, k5, silhouettes5 }: BlobsPictures): void {
  const { x: points, labels } = blobs;
  report
    .section('Five blobs', '2,000 points in the plane, drawn from five round Gaussians of different spread.')
    .scatter({
      title: 'The data',
      text: 'What K-means is given. Three of the blobs lie close together.',
      ...AXES,
      points,
    })
    .scatter({
      title: 'The clusters, k = 5',
      text: `Each point with its nearest centre: inertia ${(-k5.score).toFixed(2)}.`,
      ...AXES,
      points,
      labels: silhouettes5.labels,
      centers: k5.centers,
    })
    .scatter({
      title: 'The blobs as they were made',
      text: 'The truth, which K-means did not see; its clusters are close to it where blobs do not touch.',
      ...AXES,
      points,
      labels,
      names: [...Array(5).keys()].map((k) => `blob ${k}`),
    })
    .regions({
      title: 'The plane by nearest centre, k = 5',
      text: 'Voronoi regions: a new point gets the cluster of the region that it falls into.',
      ...AXES,
      ...regionsInput(k5.regions, points, k5.centers),
    });
}

function addChoice(report: Report, pictures: BlobsPictures): void {
  const { blobs, byK } = pictures;
  const best = elbow(byK.k, byK.inertias);
  const scores = byK.silhouettes;
  const top = byK.k[1 + scores.indexOf(Math.max(...scores))];
  const few = report.section('How many clusters?', 'The same points in 3, 4 and 8 of them.');
  for (const k of [3, 4, 8] as const) {
    const { centers, inertia } = pictures[`regions${k}`];
    few.regions({
      title: `k = ${k}: inertia ${inertia.toFixed(2)}`,
      text: {
        3: 'Too few: one region holds several blobs.',
        8: 'Too many: blobs are cut.',
        4: 'Two of the close blobs share a cluster.',
      }[k],
      ...AXES,
      ...regionsInput(pictures[`regions${k}`], blobs.x, centers),
    });
  }
  report
    .section('Choosing k', 'Inertia falls with every cluster more; the silhouette does not.')
    .lines({
      title: 'Inertia by k',
      text: `Up to k = ${best} each cluster more pays; from there on the curve is flat: the elbow.`,
      x: 'clusters k',
      y: 'inertia (squared units of x)',
      series: [{ name: 'inertia', x: byK.k, y: byK.inertias }],
      marks: [{ x: best, label: `elbow, k = ${best}` }],
      dots: true,
    })
    .lines({
      title: 'Silhouette by k',
      text: `Highest at k = ${top}: there points lie closest to their own cluster, compared with the next.`,
      x: 'clusters k',
      y: 'mean silhouette (-1 to 1)',
      series: [{ name: 'silhouette', x: byK.k.slice(1), y: scores }],
      marks: [{ x: top, label: `best, k = ${top}` }],
      dots: true,
    })
    .silhouettes({
      title: 'Silhouette diagrams',
      text: 'Each point is a line as long as its silhouette, by cluster, longest first. Good clusters are of like width and reach beyond the dashed mean.',
      wide: true,
      panels: DIAGRAMS.map((k) => ({ title: `k = ${k}`, ...pictures[`silhouettes${k}`] })),
    });
}

function addStarts(report: Report, pictures: BlobsPictures): void {
  const draw = (section: Section, drawn: Drawn, title: string, text: string) =>
    section.regions({
      title: `${title}: inertia ${drawn.inertia.toFixed(2)}`,
      text,
      ...AXES,
      ...regionsInput(drawn.regions, pictures.blobs.x, drawn.centers),
    });
  const iterations = report.section(
    'Iteration by iteration',
    'From a random start the centres move to the means of their regions, and the regions follow.',
  );
  for (const i of ITERATIONS) {
    const say = i === 1 ? 'The centres have moved once.' : 'The borders still move, by less.';
    draw(iterations, pictures[`iteration${i}`], `After iteration ${i}`, say);
  }
  const starts = report.section(
    'Two random starts',
    'A single start ends in a local optimum: which one is chance.',
  );
  for (const seed of STARTS) {
    const say = 'The clusters where this start came to rest, k = 5.';
    draw(starts, pictures[`randomStart${seed}`], `Seed ${seed}`, say);
  }
}

export function blobsPage(saved: Saved<BlobsPictures>): Report {
  const report = new Report(
    'Blobs and odd shapes',
    'K-means on round blobs; K-means and Gaussian mixtures on shapes that are not round.',
  );
  addData(report, saved.pictures);
  addChoice(report, saved.pictures);
  addStarts(report, saved.pictures);
  addOddKMeans(report, saved.pictures);
  addMixtures(report, saved.pictures);
  addFigures(report, saved);
  return report;
}
