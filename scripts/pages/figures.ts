import type { Section } from '../../src/report/section.js';
import type { Report } from '../../src/report/report.js';
import type { Saved } from '../job.js';

const mark = (ok?: boolean, reduced?: boolean): string =>
  reduced ? 'reduced' : ok === undefined ? '' : ok ? 'yes' : 'NO';

/** The last section of each page: every figure beside the notebook's and the best known, and what made them. */
export function addFigures(report: Report, { figures, machine, options, seconds }: Saved<unknown>): Section {
  const { backend, device, version, node } = machine;
  const where = `TensorFlow.js on ${backend} ${version} (${device}), Node ${node}`;
  const how = `seed ${options.seed}${options.quick ? ', a --quick run' : ''}, ${seconds.toFixed(1)} seconds`;
  return report.section('Figures', `${where}; ${how}.`).table({
    title: 'What was computed, beside scikit-learn',
    text: 'Best known: scikit-learn in float64 on the same data. Met: within the tolerance of the job; “reduced” is a figure of a --quick run.',
    headers: ['figure', 'here', 'notebook', 'best known', 'met'],
    rows: figures.map(({ what, here, notebook, best, ok, reduced }) => [
      what,
      here,
      notebook,
      best,
      mark(ok, reduced),
    ]),
    wide: true,
  });
}
