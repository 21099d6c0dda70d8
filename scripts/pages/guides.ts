/** What the guides show and no job draws: flowers along two principal components, and digits of fewer and fewer of them. */
import * as tf from '@tensorflow/tfjs';
import { loadIris } from '../../src/datasets/iris.js';
import { PCA } from '../../src/decomposition/pca.js';
import { loadMnist } from '../../src/node/mnist.js';
import { Report } from '../../src/report/report.js';

const KEPT = [10, 40, 100, 261];
/** Test digits, of which each row of the picture shows one. */
const ROWS = 3;

async function addFlowers(report: Report): Promise<void> {
  const { x, labels, targetNames } = loadIris();
  const pca = await PCA.fit(x, { nComponents: 2 });
  const [first, second] = await pca.explainedVarianceRatio!.data();
  const say = (share: number) => `${(100 * share).toFixed(1)} %`;
  report.section('Flowers').scatter({
    title: 'Iris along two principal components',
    text: `Four measures as two coordinates, which keep ${say(first + second)} of the variance.`,
    x: `first component (${say(first)})`,
    y: `second component (${say(second)})`,
    points: await pca.transform(x).array(),
    labels,
    names: targetNames,
  });
}

async function addDigits(report: Report): Promise<void> {
  const pca = await PCA.load('models/mnist-pca');
  const { x, labels } = await loadMnist({ split: 'test', nRows: ROWS });
  const z = pca.transform(x);
  const rebuilt = KEPT.map((kept) => {
    const first = tf.tensor1d(Array.from({ length: pca.nComponents }, (_, j) => Number(j < kept)));
    return { kept, pixels: pca.inverseTransform(tf.mul(z, first)).arraySync() };
  });
  const items = Array.from({ length: ROWS }, (_, i) => [
    { pixels: x.values.subarray(784 * i, 784 * (i + 1)), caption: `a ${labels[i]}: 784 pixels` },
    ...rebuilt.map(({ kept, pixels }) => ({ pixels: pixels[i], caption: `of ${kept} components` })),
  ]);
  report.section('Digits').digits({
    title: 'Digits of some components',
    text: 'Each row: a test digit, then what its first coordinates make of it. 261 keep 98 % of the training digits’ variance.',
    items: items.flat(),
  });
}

/** Needs models/ and MNIST. */
export async function guidesPage(): Promise<Report> {
  const report = new Report('The guides', 'Pictures that no job draws.');
  await addFlowers(report);
  await addDigits(report);
  return report;
}
