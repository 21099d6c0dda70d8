import type { Batched, Pace } from '../core/iterate.js';
import type { Rows } from '../core/rows.js';

/** What is clustered, and where passes over its rows are computed. */
export interface Problem {
  readonly rows: Rows;
  /** Rows for the typed-array passes, or null: passes are tensor operations. */
  readonly host: HostRows | null;
  /** [N], or null: all 1 */
  readonly weight: Float64Array | null;
  readonly pace: Pace;
}

/** Rows of a batch, one after the other [n * D]. */
export interface HostBatch {
  readonly values: Float32Array;
  dispose(): void;
}

export type HostRows = Batched<HostBatch>;

/**
 * Which passes run on the host, in typed arrays. Products of few columns are bound by memory, and small data by what a
 * call of a tensor operation costs (tens of microseconds); plain loops are bound by neither, and know which rows cannot
 * have changed their label. Measured on native TensorFlow with 50,000 rows of 2 to 32 features, 4 to 256 clusters.
 *
 * `perRow` is up to how many products K D of a row, `small` up to how many N K D of a pass; `held` is how many numbers
 * of the rows are kept there (64 MiB). Tests set them.
 */
export const hostLimit = { perRow: 512, small: 2 ** 19, held: 2 ** 24 };

/** Rows of a batch on the host: few enough to give the event loop its turns. */
const BATCH = 8192;

const dispose = (): void => undefined;

/**
 * Chooses the path, and reads the rows back where that is the host: held as one float32 copy, or where they are too many
 * for that, made again batch by batch in each pass.
 */
export async function problemOf(
  rows: Rows,
  k: number,
  weight: Float64Array | null,
  pace: Pace,
): Promise<Problem> {
  const perRow = k * rows.nFeatures;
  const onHost = perRow <= hostLimit.perRow || rows.nRows * perRow <= hostLimit.small;
  const host = onHost ? await hostRows(rows, pace) : null;
  return { rows, host, weight, pace };
}

async function hostRows(rows: Rows, pace: Pace): Promise<HostRows> {
  const { nRows, nFeatures: d } = rows;
  const batchRows = Math.min(BATCH, nRows);
  const made = async (start: number, end: number): Promise<HostBatch> => ({
    values: await rows.values(start, end),
    dispose,
  });
  if (nRows * d > hostLimit.held) return { nRows, batchRows, batch: made };
  const all = new Float32Array(nRows * d);
  for (let start = 0; start < nRows; start += batchRows) {
    all.set(await rows.values(start, Math.min(nRows, start + batchRows)), start * d);
    await pace();
  }
  const batch = (start: number, end: number): HostBatch => ({
    values: all.subarray(start * d, end * d),
    dispose,
  });
  return { nRows, batchRows, batch };
}

/** Of two rows, by differences in float64. */
export function squaredDistance(
  x: Float32Array | Float64Array,
  at: number,
  y: Float64Array,
  to: number,
  d: number,
): number {
  let total = 0;
  for (let j = 0; j < d; j++) {
    const difference = x[at + j] - y[to + j];
    total += difference * difference;
  }
  return total;
}
