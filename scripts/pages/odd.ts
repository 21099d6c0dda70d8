/** The odd shapes: what K-means makes of them, and what mixtures do. */
import type { Report } from '../../src/report/report.js';
import { regionsInput, type Regions } from './regions.js';

const AXES = { x: 'x₁', y: 'x₂' };
const TYPES = ['full', 'tied', 'diag', 'spherical'] as const;

const SAY: Record<(typeof TYPES)[number], string> = {
  full: 'Each component has its own shape: long ones fit long clusters.',
  tied: 'One shape for all components.',
  diag: 'Ellipses along the axes only.',
  spherical: 'Circles only: the closest to K-means.',
};

interface Mixture {
  weights: number[];
  means: number[][];
  mean: number;
  bic: number;
  regions: Regions;
  logDensity: number[];
}
interface Shaped {
  inertia: number;
  centers: number[][];
  regions: Regions;
}

export type OddPictures = Record<'oddGood' | 'oddFree', Shaped> &
  Record<`mixture_${(typeof TYPES)[number]}`, Mixture> & {
    odd: { x: number[][] };
    anomalies: { threshold: number; rows: number[]; densities: number[] };
    sample: { x: number[][]; labels: number[] };
  };

export function addOddKMeans(report: Report, { odd, oddGood, oddFree }: OddPictures): void {
  report
    .section('Odd shapes, K-means', '1,250 points: two long clusters and a round one of half their size.')
    .regions({
      title: `A good start: inertia ${oddGood.inertia.toFixed(2)}`,
      text: 'Started in the three clusters. The regions still cut off the ends of the long ones.',
      ...AXES,
      ...regionsInput(oddGood.regions, odd.x, oddGood.centers),
    })
    .regions({
      title: `Free starts: inertia ${oddFree.inertia.toFixed(2)}`,
      text: 'The best of ten starts has the lower inertia, and the worse clusters: K-means looks for round ones.',
      ...AXES,
      ...regionsInput(oddFree.regions, odd.x, oddFree.centers),
    });
}

const densityInput = ({ regions, logDensity, means }: Mixture, points: number[][]) => {
  const { extent, width, height, labels: cells } = regions;
  return { ...AXES, grid: { extent, width, height }, logDensity, cells, points, centers: means };
};

export function addMixtures(report: Report, pictures: OddPictures): void {
  const { odd, anomalies, sample } = pictures;
  const section = report.section(
    'Odd shapes, Gaussian mixtures',
    'Contours of the log density, darker where it is denser; dashed, the borders between the components; crosses, their means.',
  );
  for (const type of TYPES) {
    const mixture = pictures[`mixture_${type}`];
    section.density({
      title: `Covariance ${type}: ${mixture.mean.toFixed(3)} nats a point`,
      text: `${SAY[type]} BIC ${mixture.bic.toFixed(1)} (less is better).`,
      ...densityInput(mixture, odd.x),
    });
  }
  const { threshold, rows, densities } = anomalies;
  section
    .density({
      title: 'Anomalies',
      text: `The ${rows.length} points of the lowest density, below the 4th percentile (log density ${threshold.toFixed(3)}): at the rims and between the clusters.`,
      ...densityInput(pictures.mixture_full, odd.x),
      cells: undefined,
      stars: { name: 'below the 4th percentile', points: rows.map((row) => odd.x[row]) },
    })
    .histogram({
      title: 'Log densities of the points',
      text: `Most points lie where it is dense; the ${rows.length} anomalies are the tail to the left of the rule.`,
      x: 'log density (nats)',
      y: 'points',
      values: densities,
      marks: [{ x: threshold, label: '4th percentile' }],
    })
    .scatter({
      title: 'The data',
      text: 'The points that the mixture was fitted on.',
      ...AXES,
      points: odd.x,
    })
    .scatter({
      title: 'A sample of the mixture',
      text: 'As many new points, each drawn from a component: the same shapes.',
      ...AXES,
      points: sample.x,
      labels: sample.labels,
      names: pictures.mixture_full.weights.map((_, k) => `component ${k}`),
    });
}
