import { hostLimit } from '../../src/cluster/problem.js';
import { distinctLimit } from '../../src/cluster/laidRows.js';
import { groupLimit } from '../../src/cluster/motion.js';
import { backends, kernelBackends, useBackend, usePass } from './backends.js';
import { useKernels } from './kernels.js';

const { groups } = groupLimit;

/** K-means' passes in kernels. */
export const kernels = kernelBackends.map((backend) => `kernel of ${backend}` as const);

/**
 * Where K-means' passes may run: in the native kernel of a backend or as tensors on each, of the rows whose bounds failed;
 * in a kernel or as tensors, of all rows; or on the host. For the last two the backend matters little.
 */
export const paths = [
  ...kernels,
  ...kernels.map((name) => `${name}, all rows` as const),
  ...backends,
  'all rows',
  'host',
] as const;

export type PathName = (typeof paths)[number];

/** Where a path computes, and whether by a kernel. */
function placeOf(name: string) {
  const kernel = kernelBackends.find((backend) => name.startsWith(`kernel of ${backend}`));
  return { byKernel: kernel !== undefined, backend: kernel ?? backends.find((each) => each === name) };
}

export async function usePath(name: PathName): Promise<void> {
  hostLimit.perRow = hostLimit.small = name === 'host' ? Infinity : 0;
  groupLimit.groups = name.endsWith('all rows') ? 0 : groups;
  groupLimit.products = distinctLimit.least = 0;
  const { byKernel, backend } = placeOf(name);
  await useBackend(backend ?? backends[0]);
  useKernels(byKernel);
}

/** Where small data is fitted, K-means and mixtures alike: in native kernels, as tensors on each backend, or on the host. */
export const routes = [...kernels, ...backends, 'host'] as const;

export type RouteName = (typeof routes)[number];

export async function useRoute(name: RouteName): Promise<void> {
  await usePass(name === 'host' ? name : placeOf(name).backend!);
  await usePath(name);
}
