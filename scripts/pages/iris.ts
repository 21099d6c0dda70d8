/** reports/iris.html: the flowers, and what a mixture finds in them without being told the species. */
import { Report } from '../../src/report/report.js';
import type { Saved } from '../job.js';
import { addFigures } from './figures.js';

export interface IrisPictures {
  classes: { x: number[][]; labels: number[]; featureNames: string[]; targetNames: string[] };
  clusters: {
    seed: number;
    labels: number[];
    correct: number;
    means: number[][];
    covariances: number[][][];
    history: number[];
    /** Component k holds the flowers of class order[k]. */
    order: number[];
  };
}

/** Petal length and width: the plane that shows the species best. */
const PLANE = [2, 3];

const inPlane = (rows: number[][]): number[][] => rows.map((row) => PLANE.map((j) => row[j]));

function confusion(truth: number[], found: number[], n: number): number[][] {
  const counts = Array.from({ length: n }, () => new Array<number>(n).fill(0));
  truth.forEach((label, i) => counts[label][found[i]]++);
  return counts;
}

export function irisPage(saved: Saved<IrisPictures>): Report {
  const { classes, clusters } = saved.pictures;
  const { featureNames, targetNames: names, labels } = classes;
  const [x, y] = PLANE.map((j) => featureNames[j]);
  const points = inPlane(classes.x);
  // From component to class: the renaming that the job found to match best.
  const byClass = <T>(list: T[]) => names.map((_, label) => list[clusters.order.indexOf(label)]);
  const report = new Report(
    'Iris: three species, found without their names',
    'A mixture of three Gaussians on 150 flowers with four measures each. Petals are drawn; sepals were used too.',
  );
  report
    .section('The flowers', 'What a botanist knows, and what the mixture is given.')
    .scatter({
      title: 'The species',
      text: 'Setosa stands apart; versicolor and virginica touch.',
      ...{ x, y, points, labels, names },
    })
    .scatter({
      title: 'The same flowers without their names',
      text: 'All that the mixture sees: two groups are plain, the border in the larger one is not.',
      ...{ x, y, points },
    });
  report
    .section('What the mixture finds')
    .ellipses({
      title: 'The clusters and their Gaussians',
      text: `Ellipses at one (full) and two (dashed) standard deviations. ${clusters.correct} of ${labels.length} flowers are with their own species.`,
      ...{ x, y, points, names, labels: clusters.labels },
      means: inPlane(byClass(clusters.means)),
      covariances: byClass(clusters.covariances).map((each) => inPlane(PLANE.map((i) => each[i]))),
    })
    .confusion({
      title: 'Species and clusters',
      text: 'Each cluster is named after the species that it holds most of. Off the diagonal: flowers with another species.',
      values: confusion(labels, clusters.labels, names.length),
      names,
      x: 'cluster',
      y: 'species',
    })
    .lines({
      title: 'Log-likelihood by iteration',
      text: `It never falls, and the fit ends when it rises by less than 0.001 (seed ${clusters.seed}, the best restart).`,
      x: 'iteration',
      y: 'mean log-likelihood (nats a flower)',
      series: [{ name: 'best restart', y: clusters.history }],
    });
  addFigures(report, saved);
  return report;
}
