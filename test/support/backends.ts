import { setBackend } from '@tensorflow/tfjs-core';
import { hostLimit } from '../../src/mixture/host.js';
import { useBestBackend } from '../../src/node/index.js';

const DEFAULT_WORK = hostLimit.work;

export type BackendName = 'tensorflow' | 'wasm' | 'cpu';

/**
 * The backends that the contract runs on. TFJS_LATENT_BACKENDS (a list, set by the test line when a piece could not be
 * had) leaves some out; nothing else does: one that is listed and does not load fails its tests.
 */
export const backends = (process.env.TFJS_LATENT_BACKENDS ?? 'tensorflow,wasm,cpu').split(
  ',',
) as BackendName[];

/** Those that have kernels of our own; the test line leaves TensorFlow's out where they could not be built. */
export const kernelBackends = backends.filter(
  (each) => each === 'wasm' || (each === 'tensorflow' && process.env.TFJS_LATENT_KERNELS !== 'none'),
) as Exclude<BackendName, 'cpu'>[];

const loaded = new Set<string>();

export async function useBackend(name: BackendName): Promise<void> {
  if (!loaded.has(name)) await useBestBackend(name);
  loaded.add(name);
  await setBackend(name);
}

/** Where a small mixture's passes may run: tensors on each backend, or the host alone. */
export const passes = [...backends, 'host'] as const;

export async function usePass(name: (typeof passes)[number]): Promise<void> {
  hostLimit.work = name === 'host' ? DEFAULT_WORK : 0;
  await useBackend(name === 'host' ? 'cpu' : name);
}
