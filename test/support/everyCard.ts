import { PNG } from 'pngjs';
import { Report } from '../../src/report/index.js';

/** A report with a card of each kind, and `word` wherever text is taken. */
export function everyCard(word: string): Report {
  const words = { title: word, text: word, alt: word };
  const axes = { x: word, y: word };
  const names = [word, `${word}2`, 'plain'];
  const points = [
    [0, 0],
    [1, 2],
    [2, 1],
  ];
  const labels = [0, 1, 2];
  const grid = { extent: [-1, 3, -1, 3], width: 4, height: 3 };
  const cells = [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2];
  const stars = { name: word, points: [[0, 1]] };
  const unit = [
    [1, 0],
    [0, 1],
  ];
  const png = new PNG({ width: 2, height: 2 });
  const report = new Report(word, word);
  report
    .section(word, word)
    .table({ ...words, headers: [word, word], rows: [[word, 1]] })
    .lines({ ...words, ...axes, series: [{ name: word, y: [1, 3, 2] }] })
    .lines({ ...words, ...axes, series: names.map((name, k) => ({ name, y: [1, 3 + k, 2] })) })
    .lines({
      ...words,
      ...axes,
      series: names.map((name) => ({ name, x: [2, 4], y: [1, 3] })),
      marks: [
        { x: 3, label: word },
        { y: 2, label: word },
      ],
      dots: true,
    })
    .scatter({ ...words, ...axes, points, labels, names })
    .scatter({ ...words, ...axes, points, labels, names, centers: points, stars })
    .bars({ ...words, ...axes, names, values: [1, 2, 3] })
    .histogram({ ...words, ...axes, values: [1, 2, 2, 3], marks: [{ x: 2, label: word }] })
    .confusion({ ...words, ...axes, names, values: [...points.map((row) => [...row, 1])] })
    .heatmap({ ...words, ...axes, values: points, rowNames: names, columnNames: names.slice(0, 2) })
    .ellipses({ ...words, ...axes, points, labels, names, means: points, covariances: [unit, unit, unit] })
    .regions({ ...words, ...axes, grid, cells, points, centers: points, voronoi: true })
    .density({ ...words, ...axes, grid, cells, logDensity: cells.map((v) => v - 0.5), points, stars })
    .silhouettes({
      ...words,
      x: word,
      panels: [{ title: word, samples: [0.5, 0.1, -0.2], labels, names }],
    })
    .images({ ...words, items: [{ file: PNG.sync.write(png), caption: word, palette: [1, 2, 3] }] })
    .digits({ ...words, items: [{ pixels: [0, 255, 127, 3], caption: word }] });
  return report;
}
