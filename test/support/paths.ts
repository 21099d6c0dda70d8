import { hostLimit } from '../../src/cluster/problem.js';
import { backends, useBackend, usePass } from './backends.js';

/** Where K-means' passes may run: as tensors on each backend, or on the host, where the backend does not matter. */
export const paths = [...backends, 'host'] as const;

export type PathName = (typeof paths)[number];

export async function usePath(name: PathName): Promise<void> {
  hostLimit.perRow = hostLimit.small = name === 'host' ? Infinity : 0;
  await useBackend(name === 'host' ? backends[0] : name);
}

/** The same for K-means and mixtures alike: small data, too, as tensors on each backend, or on the host. */
export async function useRoute(name: PathName): Promise<void> {
  await usePass(name);
  await usePath(name);
}
