import { GaussianMixture, KMeans } from '../../src/index.js';
import { within, type Job } from '../job.js';
import { take, type Rows } from '../regions.js';

const OFFSET = 10_000;

/** Labels and objective of K-means (inertia) and of a mixture (mean log-likelihood). */
async function both(x: Rows, nClusters: number, seed: number) {
  const kMeans = await KMeans.fit(x, { nClusters, seed });
  const mixture = await GaussianMixture.fit(x, { nComponents: nClusters, seed });
  const result = {
    'K-means': { labels: await take(kMeans.predict(x)), objective: kMeans.inertia! },
    mixture: { labels: await take(mixture.predict(x)), objective: (await take(mixture.score(x)))[0] },
  };
  kMeans.dispose();
  mixture.dispose();
  return result;
}

/** The same data 10,000 away, given as numbers: the same labels, inertia and log-likelihood. */
export async function farAway(job: Job, name: string, x: Rows, nClusters: number): Promise<void> {
  const moved: Rows = { values: x.values.map((value) => value + OFFSET), shape: x.shape };
  const near = await both(x, nClusters, job.options.seed);
  const far = await both(moved, nClusters, job.options.seed);
  for (const method of ['K-means', 'mixture'] as const) {
    const other = far[method].labels.filter((label, i) => label !== near[method].labels[i]).length;
    const [here, best] = [far[method].objective, near[method].objective];
    const what = `${name} + 10,000, ${method}`;
    job.figure({ what: `${what}: rows with another label`, here: other, best: 0, ok: other === 0 });
    const objective = method === 'mixture' ? 'mean log-likelihood' : 'inertia';
    job.figure({ what: `${what}: ${objective}`, here, best, ok: within(here, best, { abs: 1e-4 }) });
  }
}
