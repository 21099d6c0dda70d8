import { hostLimit } from '../../src/cluster/problem.js';
import { groupLimit } from '../../src/cluster/yinyang.js';
import { backends, useBackend, usePass } from './backends.js';

const { groups } = groupLimit;

/**
 * Where K-means' passes may run: as tensors on each backend, of the rows whose bounds failed; as tensors of all rows;
 * or on the host. For the last two the backend matters little.
 */
export const paths = [...backends, 'all rows', 'host'] as const;

export type PathName = (typeof paths)[number];

export async function usePath(name: PathName): Promise<void> {
  hostLimit.perRow = hostLimit.small = name === 'host' ? Infinity : 0;
  groupLimit.groups = name === 'all rows' ? 0 : groups;
  await useBackend(name === 'host' || name === 'all rows' ? backends[0] : name);
}

/** Where small data is fitted, K-means and mixtures alike: as tensors on each backend, or on the host. */
export const routes = [...backends, 'host'] as const;

export type RouteName = (typeof routes)[number];

export async function useRoute(name: RouteName): Promise<void> {
  await usePass(name);
  await usePath(name);
}
