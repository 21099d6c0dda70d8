/** reports/ladybug.html: the photograph, and what is left of it in ten colours and fewer. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Report } from '../../src/report/report.js';
import type { Saved } from '../job.js';
import { addFigures } from './figures.js';

export interface LadybugPictures {
  original: { file: string; shape: number[]; bytes: number; distinct: number };
  segmented: { colours: number; palette: number[]; inertia: number; file: string; bytes: number }[];
}

const inKb = (bytes: number): string => `${(bytes / 1000).toFixed(0)} kB`;

export function ladybugPage(saved: Saved<LadybugPictures>, folder: string): Report {
  const { original, segmented } = saved.pictures;
  const [height, width] = original.shape;
  const read = (file: string) => readFileSync(path.join(folder, file));
  const report = new Report(
    'A ladybug in a few colours',
    `K-means on the colours of ${(width * height).toLocaleString('en')} pixels: each pixel is painted in the colour of its centre.`,
  );
  report.section('The photograph and its colours').images({
    title: `${original.distinct.toLocaleString('en')} colours, then ${segmented.map(({ colours }) => colours).join(', ')}`,
    text: 'With fewer colours the small and rare go first: the ladybug’s red survives as long as its difference from green and yellow outweighs its few pixels.',
    wide: true,
    items: [
      {
        file: read(original.file),
        caption: `The photograph, ${width} by ${height} pixels: ${original.distinct.toLocaleString('en')} colours, ${inKb(original.bytes)} as PNG`,
      },
      ...segmented.map(({ colours, palette, inertia, file, bytes }) => ({
        file: read(file),
        palette,
        caption: `${colours} colours: inertia ${inertia.toFixed(1)}, ${inKb(bytes)} as PNG`,
      })),
    ],
  });
  const rising = [...segmented].sort((a, b) => a.colours - b.colours);
  const x = rising.map(({ colours }) => colours);
  report
    .section('What a colour is worth')
    .lines({
      title: 'Inertia by number of colours',
      text: 'The sum of the squared differences that the pixels have from their new colours.',
      x: 'colours',
      y: 'inertia (squared, channels from 0 to 1)',
      series: [{ name: 'inertia', x, y: rising.map(({ inertia }) => inertia) }],
      dots: true,
    })
    .lines({
      title: 'Size by number of colours',
      text: 'A picture of few colours has long runs of one colour, and PNG writes those shortly.',
      x: 'colours',
      y: 'size as PNG (kB)',
      series: [{ name: 'size', x, y: rising.map(({ bytes }) => bytes / 1000) }],
      dots: true,
    });
  addFigures(report, saved);
  return report;
}
