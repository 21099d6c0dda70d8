import { square, sum, tidy } from '@tensorflow/tfjs-core';
import type { Batched, Pace } from '../core/iterate.js';
import type { Laid } from '../core/laid.js';
import { kernelCode } from '../core/native.js';
import { read } from '../core/read.js';
import type { Rows } from '../core/rows.js';
import { distinctRows } from './distinct.js';

/** What is clustered, and where passes over its rows are computed. */
export interface Problem {
  readonly rows: Rows;
  /** [N], or null: all 1 */
  readonly weight: Float64Array | null;
  readonly passRows: PassRows;
  /** Where passes run on the host: their rows. */
  readonly host: Batched<HostBatch> | null;
  /** Where there are native kernels: the rows for them. */
  readonly laid: Laid | null;
  /** [N] |x|²: computed when it is first asked for. */
  readonly norms: () => Promise<Float32Array>;
  readonly pace: Pace;
  dispose(): void;
}

/** Rows of a batch, one after the other [n * D]. */
export interface HostBatch {
  readonly values: Float32Array;
  dispose(): void;
}

/** M rows that passes run over: all of them, or the distinct ones with the sums of their weights. */
export interface PassRows {
  readonly nRows: number;
  /** [M], or null: all 1 */
  readonly weight: Float64Array | null;
  /** [N] Which of the M each row is; null: itself. */
  readonly map: Int32Array | null;
}

/**
 * Which passes run on the host, in typed arrays, where there are no kernels of ours. Products of few columns are bound by
 * memory, and small data by what a call of a tensor operation costs (tens of microseconds); plain loops are bound by neither,
 * and know which rows cannot have changed their label. Measured on native TensorFlow with 50,000 rows of 2 to 32 features, 4
 * to 256 clusters. Kernels are as fast on little data: of 150 x 4, k = 3, a fit takes 0.16 ms with them and 0.09 on the host,
 * of 1,000 x 2, k = 8, 0.2 and 0.8.
 *
 * `perRow` is up to how many products K D of a row, `small` up to how many N K D of a pass; `held` is how many numbers
 * of the rows are kept there (64 MiB). Tests set them.
 */
export const hostLimit = { perRow: 512, small: 2 ** 19, held: 2 ** 24 };

/**
 * float32 numbers of a temporary (4 MiB). The allocator hands out larger ones as fresh pages, whose first touch costs
 * more than the arithmetic: on native TensorFlow the products of 50,000 rows with 256 centres took 15 ms, to read them
 * back at once 19 ms, 2 MiB of them 0.1 ms.
 */
const CHUNK = 2 ** 20;

/**
 * How many rows are multiplied at a time with `k` points: as many as have small products, and are small themselves where
 * they are made for it (which all rows `inPlace` are not).
 */
export function rowsOfChunk({ nRows, nFeatures, inPlace }: Rows, k: number): number {
  const byProducts = Math.floor(CHUNK / 2 / k);
  if (inPlace && byProducts >= nRows) return nRows;
  return Math.max(1, Math.min(byProducts, Math.floor(CHUNK / nFeatures)));
}

/** Rows of a batch on the host: few enough to give the event loop its turns. */
const BATCH = 8192;

const dispose = (): void => undefined;

/** Chooses the path, and reads the rows back where that is the host. */
export async function problemOf(
  rows: Rows,
  k: number,
  weight: Float64Array | null,
  pace: Pace,
): Promise<Problem> {
  const perRow = k * rows.nFeatures;
  const kernels = kernelCode<typeof import('./laidRows.js')>('LatentDistinctRows');
  const onHost = perRow <= hostLimit.perRow || rows.nRows * perRow <= hostLimit.small;
  const { host, laid, map } = kernels
    ? await kernels.laidRows(rows, hostLimit.held)
    : onHost
      ? await hostRows(rows, pace)
      : { host: null, laid: null, map: null };
  const nRows = host?.nRows ?? laid?.tensor?.shape[0] ?? rows.nRows;
  let norms: Promise<Float32Array> | null = null;
  return {
    rows,
    weight,
    passRows: { nRows, weight: map ? summed(map, nRows, weight) : weight, map },
    host,
    laid,
    norms: () => (norms ??= squaredNorms(rows, pace)),
    pace,
    dispose: () => laid?.dispose(),
  };
}

/** What is done with a problem, which is freed then. */
export async function withProblem<T>(
  rows: Rows,
  k: number,
  weight: Float64Array | null,
  pace: Pace,
  f: (problem: Problem) => Promise<T>,
): Promise<T> {
  const problem = await problemOf(rows, k, weight, pace);
  try {
    return await f(problem);
  } finally {
    problem.dispose();
  }
}

async function squaredNorms(rows: Rows, pace: Pace): Promise<Float32Array> {
  const norms = new Float32Array(rows.nRows);
  const step = Math.max(1, Math.floor(CHUNK / rows.nFeatures));
  for (let start = 0; start < rows.nRows; start += step) {
    const end = Math.min(rows.nRows, start + step);
    norms.set((await read([tidy(() => sum(square(rows.batch(start, end)), 1))]))[0], start);
    await pace();
  }
  return norms;
}

/** Where passes run, and over which rows. */
export type Placed = Pick<Problem, 'host' | 'laid'> & Pick<PassRows, 'map'>;

/**
 * The distinct rows, where they are at most half of them; else one float32 copy of all; where that would be too large,
 * none: batches are made again in each pass.
 */
async function hostRows(rows: Rows, pace: Pace): Promise<Placed> {
  const { nRows, nFeatures: d } = rows;
  if (nRows * d > hostLimit.held) {
    const batch = async (start: number, end: number): Promise<HostBatch> => ({
      values: await rows.values(start, end),
      dispose,
    });
    return { host: { nRows, batchRows: BATCH, batch }, laid: null, map: null };
  }
  const distinct = await distinctRows(rows, pace);
  if (distinct) return { host: held(distinct.values, d), laid: null, map: distinct.map };
  const all = new Float32Array(nRows * d);
  for (let start = 0; start < nRows; start += BATCH) {
    all.set(await rows.values(start, Math.min(nRows, start + BATCH)), start * d);
    await pace();
  }
  return { host: held(all, d), laid: null, map: null };
}

function held(values: Float32Array, d: number): Batched<HostBatch> {
  const nRows = values.length / d;
  const batch = (start: number, end: number) => ({ values: values.subarray(start * d, end * d), dispose });
  return { nRows, batchRows: Math.min(BATCH, nRows), batch };
}

function summed(map: Int32Array, m: number, weight: Float64Array | null): Float64Array {
  const sums = new Float64Array(m);
  for (let i = 0; i < map.length; i++) sums[map[i]] += weight ? weight[i] : 1;
  return sums;
}
