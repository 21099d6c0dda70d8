/**
 * Writes public/: the mixture of models/mnist-gmm and the ladybug, copied, and digits.json: how dense the mixture finds each
 * of MNIST's 10,000 test digits, what its components are, and some digits to look at.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Digits, Sample } from './src/digits/digits';

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** How many of the strangest digits are shown. */
const STRANGE = 5;

export async function prepare(): Promise<void> {
  mkdirSync(at('public/models'), { recursive: true });
  cpSync(at('../../models/mnist-gmm'), at('public/models/mnist-gmm'), { recursive: true });
  cpSync(at('../../data/ladybug.png'), at('public/ladybug.png'));
  writeFileSync(at('public/digits.json'), JSON.stringify(await digits()));
}

async function digits(): Promise<Digits> {
  const { Pipeline } = await built(() => import('tfjs-latent'));
  const { loadMnist, useBestBackend } = await built(() => import('tfjs-latent/node'));
  await useBestBackend();
  const { x, labels } = await loadMnist({ split: 'test', dir: at('../../data/mnist') });
  const model = await Pipeline.load(at('../../models/mnist-gmm'));
  const logDensities = Array.from(await model.scoreSamples(x).data(), (value) => Number(value.toFixed(1)));
  const components = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  (await model.predict(x).data()).forEach((k, i) => components[k][labels[i]]++);
  const byDensity = Array.from(labels, (_, i) => i).sort((a, b) => logDensities[a] - logDensities[b]);
  const sample = (i: number): Sample => ({
    digit: labels[i],
    pixels: Buffer.from(x.values.subarray(784 * i, 784 * (i + 1))).toString('base64'),
  });
  const middle = (digit: number): number => {
    const own = byDensity.filter((i) => labels[i] === digit);
    return own[own.length >> 1];
  };
  return {
    logDensities: byDensity.map((i) => logDensities[i]),
    components,
    typical: Array.from({ length: 10 }, (_, digit) => sample(middle(digit))),
    strange: byDensity.slice(0, STRANGE).map(sample),
  };
}

/** tfjs-latent is the folder above, which has to be built first. */
async function built<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    throw new Error('tfjs-latent cannot be loaded: run "npm ci && npm run build" two folders above.', {
      cause: error,
    });
  }
}
