/** scikit-learn's and NumPy's own answers, for the same data and the same start. */
import { PCA, RandomState } from '../src/index.js';
import { chooseWithoutReplacement, chooseWithReplacement } from '../src/core/random.js';
import { backends, useBackend } from './support/backends.js';
import { expectClose } from './support/close.js';
import { dataset, fixture } from './support/fixtures.js';

const plain = (value: unknown): unknown =>
  ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;

function draw(random: RandomState, call: string, args: unknown[]): unknown {
  if (call === 'shuffle') {
    const items = [...(args[0] as number[])];
    random.shuffle(items);
    return items;
  }
  if (call === 'skip') return random.randomSample(args[0] as number).reduce((a, b) => a + b, 0);
  const [p, n] = args as [number[], number];
  if (call === 'withReplacement') {
    let total = 0;
    const cumulative = Float64Array.from(p, (value) => (total += value));
    return chooseWithReplacement(random, cumulative, n);
  }
  if (call === 'withoutReplacement') return chooseWithoutReplacement(random, Float64Array.from(p), n);
  return (random as unknown as Record<string, (...args: unknown[]) => unknown>)[call](...args);
}

it('RandomState draws what NumPy draws, in any order of calls', () => {
  for (const { seed, steps } of fixture('random').sequences) {
    const random = new RandomState(seed);
    for (const { call, args, value } of steps) {
      const drawn = plain(draw(random, call, args));
      const what = `seed ${seed}, ${call}`;
      if (call === 'skip' || /normal/i.test(call))
        expectClose(drawn as number[], value as number[], { rtol: 1e-14, what });
      else expect({ what, drawn }).toEqual({ what, drawn: value });
    }
  }
});

describe.each(backends)('scikit-learn 1.9 on %s', (backend) => {
  beforeAll(() => useBackend(backend));

  it('PCA: variances, ratios and noise by every solver', async () => {
    for (const { data, nComponents, whiten, solver, seed, ...known } of fixture('pca').fits) {
      const options = { nComponents: nComponents ?? undefined, whiten, solver, seed };
      const model = await PCA.fit(dataset(data).x, options);
      const what = `${data}, ${nComponents}, ${solver}`;
      expect({ what, n: model.nComponents }).toEqual({ what, n: known.nOut });
      const [largest] = known.explainedVariance;
      expectClose(model.explainedVariance, known.explainedVariance, {
        rtol: 1e-4,
        atol: 1e-6 * largest,
        what,
      });
      expectClose(model.explainedVarianceRatio!, known.explainedVarianceRatio, {
        rtol: 1e-4,
        atol: 1e-6,
        what,
      });
      model.dispose();
    }
  });
});
