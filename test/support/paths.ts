import { hostLimit } from '../../src/cluster/problem.js';
import { groupLimit } from '../../src/cluster/motion.js';
import { backends, useBackend, usePass } from './backends.js';
import { hasKernels, useKernels } from './kernels.js';

const { groups } = groupLimit;

const native = hasKernels ? (['kernel'] as const) : [];

const kernels = hasKernels ? (['kernel', 'kernel, all rows'] as const) : [];

/**
 * Where K-means' passes may run: in a native kernel or as tensors on each backend, of the rows whose bounds failed; in the
 * kernel or as tensors, of all rows; or on the host. For the last two the backend matters little.
 */
export const paths = [...kernels, ...backends, 'all rows', 'host'] as const;

export type PathName = (typeof paths)[number];

export async function usePath(name: PathName): Promise<void> {
  hostLimit.perRow = hostLimit.small = hostLimit.beside = name === 'host' ? Infinity : 0;
  groupLimit.groups = name.endsWith('all rows') ? 0 : groups;
  groupLimit.products = 0;
  const byKernel = name.startsWith('kernel');
  const backend = backends.find((each) => each === name) ?? backends[0];
  await useBackend(byKernel ? 'tensorflow' : backend);
  useKernels(byKernel);
}

/** Where small data is fitted, K-means and mixtures alike: in native kernels, as tensors on each backend, or on the host. */
export const routes = [...native, ...backends, 'host'] as const;

export type RouteName = (typeof routes)[number];

export async function useRoute(name: RouteName): Promise<void> {
  await usePass(name === 'kernel' ? 'tensorflow' : name);
  await usePath(name);
}
