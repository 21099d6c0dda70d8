/** A running fit as a report: its curve so far, and where its centres are. */
import type { FitEvents } from '../src/index.js';
import { Report } from '../src/report/report.js';
import type { Live } from './live.js';
import { rowsOf, type Rows } from './regions.js';

/** Milliseconds between two reports: more of them nobody sees. */
const PAUSE = 250;

interface State {
  what: string;
  init: number;
  curve: number[];
  centers: number[][];
  /** Each point is with its nearest centre, as K-means has it. */
  nearest: boolean;
}

/** The nearest centre of each point of the plane. */
const labelsOf = ({ values }: Rows, centers: number[][]): number[] =>
  Array.from({ length: values.length / 2 }, (_, i) => {
    const far = centers.map(([a, b]) => (values[2 * i] - a) ** 2 + (values[2 * i + 1] - b) ** 2);
    return far.indexOf(Math.min(...far));
  });

function reportOf({ what, init, curve, centers, nearest }: State, x: Rows, y: string): Report {
  const report = new Report(
    'A fit, as it goes on',
    'Blobs and odd shapes: the whole report comes when all is fitted.',
  );
  report
    .section(`${what}, restart ${init}`)
    .lines({
      title: y,
      text: `After ${curve.length} iterations: ${curve.at(-1)!.toPrecision(8)}.`,
      x: 'iteration',
      y,
      series: [{ name: `restart ${init}`, x: curve.map((_, i) => i + 1), y: curve }],
    })
    .scatter({
      title: 'The centres',
      text: 'Crosses on white: where they are now.',
      x: 'x₁',
      y: 'x₂',
      points: x,
      labels: nearest ? labelsOf(x, centers) : undefined,
      centers,
    });
  return report;
}

/** The events of a fit on two features, sent to the pages that are open. */
export function watch(live: Live, what: string, x: Rows): FitEvents {
  let curve: number[] = [];
  let last = -Infinity;
  return {
    onIteration: ({ init, iteration, objective, params }) => {
      if (iteration === 1) curve = [];
      curve.push(objective);
      if (performance.now() - last < PAUSE) return;
      last = performance.now();
      const { clusterCenters, means } = params();
      const centers = rowsOf(Array.from(clusterCenters ?? means), 2);
      const y = clusterCenters ? 'inertia' : 'mean log-likelihood (nats a point)';
      live.send(reportOf({ what, init, curve, centers, nearest: !!clusterCenters }, x, y));
    },
  };
}
