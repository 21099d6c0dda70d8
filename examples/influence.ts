/**
 * Which rows a fitted mixture rests on: what one mean would be without a row, by the gradient of the fit in the row's weight,
 * against fitting again without it.
 *
 *     npx tsx examples/influence.ts
 *
 * One adjoint solve stands for N fits. To first order a row that is left out moves the mean by minus its slope in the row's
 * weight (the infinitesimal jackknife; Cook and Weisberg, Residuals and influence in regression, 1982; Giordano et al., A Swiss
 * army infinitesimal jackknife, 2019).
 */
import { GaussianMixture, implicitGrads, makeBlobs } from 'tfjs-latent';
import { useBestBackend } from 'tfjs-latent/node';

/** Over all rows, of the first coordinate of the first mean. */
export interface Figures {
  nRows: number;
  /** Between the two, over the rows. */
  correlation: number;
  /** The largest difference of the two, and the largest move of all. */
  maxError: number;
  maxMove: number;
  /** Wall time in ms: of the gradient, and of the N fits. */
  gradientMs: number;
  refitMs: number;
}

export async function influence({ nRows = 300, seed = 4 } = {}): Promise<Figures> {
  // Near enough to overlap: then a row moves also the means that it does not belong to.
  const centers = [[0, 0], [3, 1], [1, 3.5]]; // prettier-ignore
  const { x } = makeBlobs({ nSamples: nRows, centers, clusterStd: 1, seed });
  const options = { nComponents: 3, tol: 0, maxIter: 1500, seed };
  const model = await GaussianMixture.fit(x, options);
  const { weights, means, precisionsCholesky } = model;
  const first = means.dataSync()[0];

  const before = performance.now();
  const grads = await implicitGrads(model, x, { means: [[1, 0], [0, 0], [0, 0]] }); // prettier-ignore
  const predicted = Array.from(grads.sampleWeight.dataSync(), (slope) => -slope);
  const between = performance.now();

  const left: number[] = [];
  for (let i = 0; i < nRows; i++) {
    const sampleWeight = new Float64Array(nRows).fill(1);
    sampleWeight[i] = 0;
    const init = { weights, means, precisionsCholesky };
    const without = await GaussianMixture.fit(x, { ...options, init, sampleWeight, tol: 1e-11 });
    left.push(without.means.dataSync()[0] - first);
    without.dispose();
  }
  const after = performance.now();

  [model, grads.x, grads.sampleWeight].forEach((each) => each.dispose());
  const errors = predicted.map((value, i) => Math.abs(value - left[i]));
  return {
    nRows,
    correlation: correlation(predicted, left),
    maxError: Math.max(...errors),
    maxMove: Math.max(...left.map(Math.abs)),
    gradientMs: between - before,
    refitMs: after - between,
  };
}

function correlation(a: number[], b: number[]): number {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = mean(a.map((value, i) => (value - ma) * (b[i] - mb)));
  return covariance / Math.sqrt(mean(a.map((v) => (v - ma) ** 2)) * mean(b.map((v) => (v - mb) ** 2)));
}

async function main(): Promise<void> {
  const { backend } = await useBestBackend();
  const { nRows, correlation, maxError, maxMove, gradientMs, refitMs } = await influence();
  console.log(`a mean without each of ${nRows} rows, on ${backend}: by the gradient, and by fitting again`);
  console.log(`  correlation   ${correlation.toFixed(5)}`);
  console.log(
    `  largest error ${maxError.toExponential(2)}, where the largest move is ${maxMove.toExponential(2)}`,
  );
  console.log(`  time          ${gradientMs.toFixed(0)} ms and ${(refitMs / 1e3).toFixed(1)} s`);
}

if (process.argv[1]?.endsWith('influence.ts')) void main();
