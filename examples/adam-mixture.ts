/**
 * A Gaussian mixture trained by Adam, as any layer of a tfjs model, reaches the likelihood that EM finds.
 *
 *     npx tsx examples/adam-mixture.ts
 *
 * Iris, three components with full covariances, from the same start: K-means' centres and the same round covariance for each.
 */
import * as tf from '@tensorflow/tfjs';
import { GaussianMixture, KMeans, loadIris } from 'tfjs-latent';
import { GaussianMixtureLogProb, negativeLogLikelihood } from 'tfjs-latent/layers';
import { useBestBackend } from 'tfjs-latent/node';

/** Mean log-likelihoods, in nats a flower. */
export interface Figures {
  start: number;
  adam: number;
  em: number;
}

export async function adamMixture({ epochs = 400, seed = 0 } = {}): Promise<Figures> {
  const { x } = loadIris();
  const kmeans = await KMeans.fit(x, { nClusters: 3, seed });
  const round = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 0.2 : 0))); // [4, 4]
  const init = {
    weights: [1 / 3, 1 / 3, 1 / 3],
    means: kmeans.clusterCenters,
    covariances: [round, round, round],
  };
  const start = await GaussianMixture.fromParams(init);

  const layer = await GaussianMixtureLogProb.fromModel(start);
  const model = tf.sequential({ layers: [layer] });
  model.compile({ optimizer: tf.train.adam(0.03), loss: negativeLogLikelihood });
  const rows = tf.tensor2d(x);
  const noTarget = tf.zeros([x.length, 3]); // tfjs asks for one; the loss does not read it
  await model.fit(rows, noTarget, { epochs, batchSize: x.length, verbose: 0 });
  const trained = await layer.toModel(); // a GaussianMixture, like the others

  const em = await GaussianMixture.fit(x, { nComponents: 3, init, tol: 1e-7, maxIter: 1000 });
  const [before, adam, best] = [start, trained, em].map((each) =>
    tf.tidy(() => each.score(rows).dataSync()[0]),
  );
  [kmeans, start, trained, em, rows, noTarget, model].forEach((each) => void each.dispose());
  return { start: before, adam, em: best };
}

async function main(): Promise<void> {
  const { backend } = await useBestBackend();
  const { start, adam, em } = await adamMixture();
  console.log(`log-likelihood in nats a flower, on ${backend}`);
  console.log(`  start ${start.toFixed(4)}\n  Adam  ${adam.toFixed(4)}\n  EM    ${em.toFixed(4)}`);
}

if (process.argv[1]?.endsWith('adam-mixture.ts')) void main();
