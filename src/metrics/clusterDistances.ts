/**
 * For every row, the sum of its Euclidean distances to the members of each cluster, for several labelings in one pass
 * over the pairs of rows.
 *
 * The rows are put in order of the finest labeling and cut into blocks. For a pair of blocks i <= j with distances
 * D [n_i, n_j] and one-hot labels H [n, W] (the labelings side by side, W labels in all), D H_j adds to the sums of
 * block i and H_iᵀ D to those of block j: two products serve every labeling, and each distance is computed once.
 * Memory: a few blocks, the rows, and the sums [N, W]; where those would be large the rows are taken in stripes. Where
 * there is a native kernel, it needs none of this: see kernelDistances.ts.
 */
import {
  eye,
  matMul,
  mean,
  mul,
  sqrt,
  sub,
  tensor2d,
  tidy,
  transpose,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import type { Pace } from '../core/iterate.js';
import { kernelCode } from '../core/native.js';
import { read } from '../core/read.js';
import { blocksOf, type Points } from './blocks.js';
import type { Labeling } from './labels.js';
import { distancesByDifference, squaredDistances } from './pairwise.js';

/** Where the work is cut; the tests set their own. */
export interface Limits {
  /** N² D up to which distances are taken by differences on the host: 0.25 s of work at the most. */
  readonly differences: number;
  /** Rows of a block: with 2048, products run at full speed and a temporary takes 16 MiB (the kernel has none). */
  readonly blockRows: number;
  /** Numbers in a block's one-hot labels. */
  readonly hot: number;
  /** Sums kept at a time, in float64: 128 MiB. */
  readonly sums: number;
}

export const LIMITS: Limits = { differences: 2 ** 27, blockRows: 2048, hot: 2 ** 22, sums: 2 ** 24 };

/** Multiply-adds between two turns of the event loop, about: 10 ms on the host and in a native product. */
const WORK = { differences: 2 ** 23, products: 2 ** 30 };

/** Some rows, all in one cluster of the finest labeling or each in a small one. */
interface Block {
  readonly indices: Int32Array;
  /** [n * D] where distances are taken by differences */
  readonly values: Float64Array;
  /** [n, D] where they are taken by products */
  readonly x: Tensor2D | null;
}

/** Which labels the rows have, all labelings side by side. [n, W] */
function oneHot(indices: Int32Array, labelings: readonly Labeling[], width: number): Tensor2D {
  const values = new Float32Array(indices.length * width);
  let column = 0;
  for (const { codes, counts } of labelings) {
    for (let i = 0; i < indices.length; i++) values[i * width + column + codes[indices[i]]] = 1;
    column += counts.length;
  }
  return tensor2d(values, [indices.length, width]);
}

/** [n_a, n_b] */
function distancesByProducts(a: Tensor2D, b: Tensor2D): Tensor2D {
  const center = mean(a, 0); // [D]
  return sqrt(squaredDistances(sub(a, center), sub(b, center)));
}

/** [n_a, n_b] */
function distances(a: Block, b: Block, nFeatures: number): Tensor2D {
  const shape: [number, number] = [a.indices.length, b.indices.length];
  if (!a.x || !b.x) return tensor2d(distancesByDifference(a.values, b.values, nFeatures), shape);
  const all = distancesByProducts(a.x, b.x);
  return a === b ? mul(all, sub(1, eye(shape[0]))) : all;
}

/** What one pair of blocks adds to the sums of each: [n_a, W] and, transposed, [W, n_b]. */
async function pairSums(
  a: Block,
  b: Block,
  nFeatures: number,
  hot: (block: Block) => Tensor2D,
  mirrored: boolean,
): Promise<Float32Array[]> {
  return read(
    tidy(() => {
      const d = distances(a, b, nFeatures);
      const forward = matMul(d, hot(b));
      return mirrored ? [forward, matMul(transpose(hot(a)), d)] : [forward];
    }),
  );
}

/** Consecutive blocks whose sums are kept together. */
function stripes(blocks: readonly Block[], width: number, sums: number): Block[][] {
  const out: Block[][] = [];
  let room = 0;
  for (const block of blocks) {
    const size = block.indices.length * width;
    if (out.length === 0 || size > room) {
      out.push([]);
      room = sums;
    }
    out[out.length - 1].push(block);
    room -= size;
  }
  return out;
}

/** The sums of a stripe's rows, one array [n * W] for each of its blocks. */
async function stripeSums(
  stripe: readonly Block[],
  blocks: readonly Block[],
  width: number,
  pair: (a: Block, b: Block, mirrored: boolean) => Promise<Float32Array[]>,
): Promise<Map<Block, Float64Array>> {
  const sums = new Map(stripe.map((block) => [block, new Float64Array(block.indices.length * width)]));
  const done = new Set<Block>();
  for (const a of stripe) {
    const own = sums.get(a)!;
    for (const b of blocks) {
      if (done.has(b)) continue;
      const other = a === b ? undefined : sums.get(b);
      const [forward, mirror] = await pair(a, b, other !== undefined);
      for (let i = 0; i < own.length; i++) own[i] += forward[i];
      if (other) addTransposed(other, mirror, width);
    }
    done.add(a);
  }
  return sums;
}

/** Adds [W, n] to [n, W]. */
function addTransposed(sums: Float64Array, mirror: Float32Array, width: number): void {
  const n = sums.length / width;
  for (let k = 0; k < width; k++) {
    for (let i = 0; i < n; i++) sums[i * width + k] += mirror[k * n + i];
  }
}

async function readBlocks(
  { rows, chosen }: Points,
  cut: readonly Int32Array[],
  byDifference: boolean,
  pace: Pace,
  blocks: Block[],
): Promise<void> {
  for (const indices of cut) {
    const values = await rows.at(indices.map((i) => chosen[i]));
    const x = byDifference ? null : tensor2d(Float32Array.from(values), [indices.length, rows.nFeatures]);
    blocks.push(byDifference ? { indices, values, x } : { indices, values: new Float64Array(0), x });
    await pace();
  }
}

/**
 * Sums of distances to each cluster, for each point once, in no particular order.
 *
 * @param labelings at least one, all of as many labels as there are points
 * @param visit is given a point, and where its sums are: [W], the labelings side by side, from `offset` on
 */
export async function clusterDistances(
  points: Points,
  labelings: readonly Labeling[],
  pace: Pace,
  visit: (point: number, sums: Float64Array, offset: number) => void,
  limits: Limits = LIMITS,
): Promise<void> {
  const n = points.chosen.length;
  const { nFeatures } = points.rows;
  const width = labelings.reduce((total, { counts }) => total + counts.length, 0);
  const finest = labelings.reduce((a, b) => (b.counts.length > a.counts.length ? b : a));
  const byDifference = n * n * nFeatures <= limits.differences;
  const room = Math.min(limits.blockRows, limits.hot / width);
  const code = byDifference
    ? null
    : kernelCode<typeof import('./kernelDistances.js')>('LatentClusterDistances');
  if (code) {
    const blocks = blocksOf(finest, Math.max(1, Math.floor(room / 2))); // half of what it holds, in the same time
    return code.kernelDistances(points, labelings, blocks, pace, visit);
  }
  const work = byDifference ? WORK.differences / nFeatures : WORK.products / (nFeatures + 2 * width);
  const most = Math.max(1, Math.floor(Math.min(room, Math.sqrt(work))));
  const hot = (block: Block) => oneHot(block.indices, labelings, width);
  const blocks: Block[] = [];
  try {
    await readBlocks(points, blocksOf(finest, most), byDifference, pace, blocks);
    for (const stripe of stripes(blocks, width, limits.sums)) {
      const sums = await stripeSums(stripe, blocks, width, async (a, b, mirrored) => {
        await pace();
        return pairSums(a, b, nFeatures, hot, mirrored);
      });
      for (const [{ indices }, values] of sums) {
        indices.forEach((point, i) => visit(point, values, i * width));
      }
    }
  } finally {
    for (const { x } of blocks) x?.dispose();
  }
}
