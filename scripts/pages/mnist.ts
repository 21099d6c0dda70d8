/** reports/mnist.html: components, clusters, the mixture's restarts, and the digits that it draws. */
import { Report } from '../../src/report/report.js';
import type { Saved } from '../job.js';
import { addFigures } from './figures.js';

const DIGITS = [...Array(10).keys()].map(String);
const SPLITS = ['training', 'validation', 'test'] as const;
/** The notebook's. */
const KEPT = 0.98;

interface Restart {
  iterations: number;
  converged: boolean;
  logLikelihood: number;
  history: number[];
}

export interface MnistPictures {
  classes: { rows: number[]; bySplit: number[][] };
  explainedVarianceRatio: number[];
  kMeans: { nClusters: number; inertia: number; bySplit: number[]; silhouette: number }[];
  centers: { pixels: number[][]; byDigit: number[][] };
  mixture: { rows: number; restarts: Restart[]; bySplit: Record<(typeof SPLITS)[number], number> };
  samples: { components: number[]; pixels: number[][] };
  means: { weights: number[]; pixels: number[][] };
  byDigit: number[][];
  lowestDensity: { row: number; digit: number; logDensity: number; pixels: number[] }[];
}

/** The digit that most rows of column k have, and its share of them. */
function mostly(byDigit: number[][], k: number): string {
  const column = byDigit.map((row) => row[k]);
  const all = column.reduce((a, b) => a + b, 0);
  if (all === 0) return 'no rows';
  const most = Math.max(...column);
  return `${Math.round((100 * most) / all)}\u00a0%\u00a0are\u00a0${column.indexOf(most)}`;
}

function addData(report: Report, { classes, explainedVarianceRatio: ratios }: MnistPictures): void {
  let sum = 0;
  const kept = ratios.map((ratio) => (sum += ratio));
  const enough = kept.findIndex((share) => share >= KEPT - 1e-9);
  const marks = enough < 0 ? [] : [{ x: enough + 1, label: `${KEPT} at ${enough + 1}` }];
  report
    .section(
      'The digits',
      `${classes.rows.map((n) => n.toLocaleString('en')).join(' + ')} handwritten digits of 28 by 28 pixels: training, validation, test.`,
    )
    .bars({
      title: 'Training digits of each class',
      text: 'The classes are about equally large.',
      x: 'digit',
      y: 'rows',
      names: DIGITS,
      values: classes.bySplit[0],
    })
    .lines({
      title: 'Explained variance by component',
      text: `The first ${ratios.length} of 784 components keep ${(100 * sum).toFixed(1)}\u00a0% of the variance.`,
      x: 'components',
      y: 'share of the variance kept',
      series: [{ name: 'kept', y: kept }],
      marks: [...marks, { y: KEPT, label: String(KEPT) }],
    })
    .table({
      title: 'Rows of each class in each split',
      text: 'Nearly the same shares in all three.',
      headers: ['digit', ...SPLITS],
      rows: DIGITS.map((digit, d) => [digit, ...classes.bySplit.map((counts) => counts[d])]),
    });
}

function addClusters(report: Report, { classes, kMeans, centers }: MnistPictures): void {
  const x = kMeans.map(({ nClusters }) => nClusters);
  report
    .section('K-means')
    .lines({
      title: 'Inertia by k',
      text: 'A row of each split lies about as far from its centre: the clusters hold for digits not seen.',
      x: 'clusters k',
      y: 'inertia a row (squared grey levels)',
      series: SPLITS.map((name, i) => ({
        name,
        x,
        y: kMeans.map(({ bySplit }) => bySplit[i] / classes.rows[i]),
      })),
    })
    .lines({
      title: 'Silhouette by k',
      text: 'Low for every k: digits are no round clusters.',
      x: 'clusters k',
      y: 'mean silhouette (-1 to 1)',
      series: [{ name: 'silhouette', x, y: kMeans.map(({ silhouette }) => silhouette) }],
      dots: true,
    })
    .digits({
      title: 'The ten centres as digits',
      text: 'Each is the mean of its cluster. Digits that look alike share one; a digit written in two ways has two.',
      items: centers.pixels.map((pixels, k) => ({ pixels, caption: mostly(centers.byDigit, k) })),
      wide: true,
    });
}

function addMixture(report: Report, pictures: MnistPictures): void {
  const { classes, kMeans, mixture, means, byDigit } = pictures;
  const ten = kMeans.find(({ nClusters }) => nClusters === 10)!;
  const best = mixture.restarts.reduce((a, b) => (b.logLikelihood > a.logLikelihood ? b : a));
  report
    .section(
      'The mixture',
      `Ten Gaussians with full covariances, on ${mixture.rows.toLocaleString('en')} rows.`,
    )
    .lines({
      title: 'Log-likelihood of each restart',
      text: `Restarts end in different optima; the best is restart ${mixture.restarts.indexOf(best)}, at ${best.logLikelihood.toFixed(2)} nats.`,
      x: 'iteration',
      y: 'mean log-likelihood (nats a row)',
      series: mixture.restarts.map(({ history }, i) => ({ name: `restart ${i}`, y: history })),
      wide: true,
    })
    .table({
      title: 'Inertia and log-likelihood by split',
      text: 'What was fitted on the training rows, on the others.',
      headers: ['split', 'rows', 'inertia a row, k = 10', 'mean log-likelihood (nats)'],
      rows: SPLITS.map((name, i) => [
        name,
        classes.rows[i],
        Math.round(ten.bySplit[i] / classes.rows[i]),
        mixture.bySplit[name].toFixed(2),
      ]),
    })
    .heatmap({
      title: 'True digit by component',
      text: 'The value of a cell: how many training rows of the digit the component holds. A component is not a digit: some hold several.',
      x: 'component',
      y: 'true digit',
      values: byDigit,
      rowNames: DIGITS,
      columnNames: means.weights.map((_, k) => String(k)),
    });
}

function addDigits(report: Report, { means, samples, byDigit, lowestDensity }: MnistPictures): void {
  report
    .section('Digits of the mixture')
    .digits({
      title: 'The mean of each component',
      text: 'What each Gaussian is centred on, its weight, and the digit that it holds most of.',
      items: means.pixels.map((pixels, k) => ({
        pixels,
        caption: `${k}: ${(100 * means.weights[k]).toFixed(1)}\u00a0%, ${mostly(byDigit, k)}`,
      })),
      wide: true,
    })
    .digits({
      title: 'New digits, drawn from the mixture',
      text: 'Nobody wrote these.',
      items: samples.pixels.map((pixels, i) => ({
        pixels,
        caption: `component\u00a0${samples.components[i]}`,
      })),
    })
    .digits({
      title: 'The strangest test digits',
      text: 'Those of the lowest density under the mixture: smudges, flourishes, odd strokes.',
      items: lowestDensity.map(({ digit, logDensity, pixels }) => ({
        pixels,
        caption: `a\u00a0${digit}, ${Math.round(logDensity)}\u00a0nats`,
      })),
    });
}

export function mnistPage(saved: Saved<MnistPictures>): Report {
  const report = new Report(
    'MNIST',
    'PCA, K-means and a mixture of ten Gaussians on handwritten digits, without their labels.',
  );
  addData(report, saved.pictures);
  addClusters(report, saved.pictures);
  addMixture(report, saved.pictures);
  addDigits(report, saved.pictures);
  addFigures(report, saved);
  return report;
}
