/** scikit-learn's PCA: the same components of the same data, by every solver. */
import { mul, tidy } from '@tensorflow/tfjs-core';
import { PCA } from '../../src/index.js';
import { backends, useBackend } from '../support/backends.js';
import { expectClose } from '../support/close.js';
import { densityRounding, rowRounding, tiltOf } from '../support/expectPCA.js';
import { dataset, fixture, type PCAFit } from '../support/fixtures.js';
import { randomRows } from '../support/naive-linalg.js';

const { fits, choices } = fixture('pca');

/** 'full' and these data's 'covariance' are float64 to the end; the products of 'randomized' with the rows are float32. */
const ROUNDING = { full: 1.2e-7, covariance: 1.2e-7, randomized: 1e-6 };
/** Of the largest variance: what float64 makes of a variance of 0, and twice that of its root. */
const NOTHING = 1e-14;

/** By what angle components may be off: 'randomized' knows them from float32 products. */
function tilt({ data, solver, nOut }: PCAFit): number {
  const all = fits.find((fit) => fit.data === data && fit.solver === 'full' && fit.nComponents === null)!;
  return solver === 'randomized' ? tiltOf(all.explainedVariance, nOut, dataset(data).x.length) : 0;
}

const named = fits.map((fit) => {
  const { data, nComponents, solver, whiten, seed } = fit;
  const more = `${whiten ? ', whitened' : ''}${seed === undefined ? '' : `, seed ${seed}`}`;
  return [`${data}, ${nComponents ?? 'all'} by ${solver}${more}`, fit] as const;
});

const fitAs = ({ data, nComponents, whiten, solver, seed }: PCAFit) =>
  PCA.fit(dataset(data).x, { nComponents: nComponents ?? undefined, whiten, solver, seed });

function expectSpectrum(model: PCA, known: PCAFit): void {
  const rtol = ROUNDING[known.solver];
  const [largest] = known.explainedVariance;
  const atol = NOTHING * largest;
  expect(model.nComponents).toBe(known.nOut);
  expectClose(model.explainedVariance, known.explainedVariance, { rtol, atol, what: 'explainedVariance' });
  expectClose(model.explainedVarianceRatio!, known.explainedVarianceRatio, { rtol, atol: NOTHING });
  const ofRoot = Math.sqrt(NOTHING) * known.singularValues[0];
  expectClose(model.singularValues!, known.singularValues, { rtol, atol: ofRoot, what: 'singularValues' });
  if (known.noiseVariance !== undefined) {
    // The rows' own rounding is a variance, too.
    const rounding = (2 ** -24) ** 2 * largest * dataset(known.data).x[0].length;
    expectClose(model.noiseVariance, known.noiseVariance, {
      rtol: 10 * rtol,
      atol: atol + rounding,
      what: 'noiseVariance',
    });
  }
  if (known.mean) expectClose(model.mean, known.mean, { rtol: 1.2e-7, what: 'mean' });
  if (known.components) {
    expectClose(model.components, known.components, {
      rtol: 0,
      atol: rtol + tilt(known),
      what: 'components',
    });
  }
}

function expectAnswers(model: PCA, known: PCAFit): void {
  const { x } = dataset(known.data);
  const rows = known.rows.map((row) => x[row]);
  const atol = rowRounding(x, model, tilt(known));
  if (known.transform) {
    // In the data's units: a whitened coordinate is a small deviation's quotient.
    const deviations = known.explainedVariance.map((value) => (known.whiten ? Math.sqrt(value) : 1));
    const inUnits = known.transform.map((z) => z.map((value, k) => value * deviations[k]));
    expectClose(mul(model.transform(rows), deviations), inUnits, { rtol: 0, atol, what: 'transform' });
    if (known.inverseTransform) {
      expectClose(model.inverseTransform(known.transform), known.inverseTransform, { rtol: 0, atol });
    }
  }
  if (known.scoreSamples) {
    const each = densityRounding(known.scoreSamples, x, model, tilt(known));
    known.scoreSamples.forEach((value, i) =>
      expectClose(model.scoreSamples([rows[i]]), [value], { rtol: 1e-6, atol: each[i], what: 'density' }),
    );
    const [ofMean] = densityRounding([known.score!], x, model, tilt(known));
    expectClose(model.score(x), known.score!, { rtol: 1e-6, atol: ofMean, what: 'score' });
  }
}

/** An entry between two small features counts as much as one between two large ones. */
function standardised(matrix: number[][], diagonal: number[][]): number[][] {
  const deviations = diagonal.map((row, i) => Math.sqrt(row[i]));
  return matrix.map((row, i) => row.map((value, j) => value / (deviations[i] * deviations[j])));
}

function expectMatrices(model: PCA, { covariance, precision, solver }: PCAFit): void {
  const close = { rtol: 0, atol: 3 * ROUNDING[solver] };
  for (const [actual, known] of [
    [model.covariance(), covariance!],
    [model.precision(), precision!],
  ] as const) {
    expectClose(standardised(actual.arraySync(), known), standardised(known, known), close);
  }
}

describe.each(backends)("scikit-learn's PCA on %s", (backend) => {
  beforeAll(() => useBackend(backend));

  // Where only the spectrum is known, it is the host's, the same on every backend (backends.test.ts): once is enough.
  const own = named.filter(([, { transform, scoreSamples }]) => transform ?? scoreSamples);
  it.each(backend === backends[0] ? named : own)('%s', async (_, known) => {
    const model = await fitAs(known);
    tidy(() => {
      expectSpectrum(model, known);
      expectAnswers(model, known);
      if (known.covariance) expectMatrices(model, known);
    });
    model.dispose();
  });
});

describe("scikit-learn's choice of a solver", () => {
  beforeAll(() => useBackend(backends[0]));

  it.each(choices.map((c) => [`[${c.shape.join(', ')}], ${c.nComponents ?? 'all'}`, c] as const))(
    '%s',
    async (_, { shape, nComponents, solver }) => {
      const model = await PCA.fit(randomRows(...shape, 1), { nComponents: nComponents ?? undefined });
      expect(model.options!.solver).toBe(solver);
      model.dispose();
    },
  );
});
