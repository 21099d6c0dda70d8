/** Stands for leading.ts in a browser's bundle (`browser` in package.json): no backend there decomposes faster than the host. */
import type * as native from './leading.js';

export const leadingEigenvectors: typeof native.leadingEigenvectors = () => Promise.resolve(null);
