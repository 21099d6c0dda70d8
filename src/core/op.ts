import { op as wrap, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';

type Result = Tensor | Tensor[] | NamedTensorMap;

/**
 * Wraps a public function of tensors once, where it is exported: it gets a name in profiles, and every tensor it
 * makes on the way is freed when it returns. The function itself may then read as a formula, without `tidy`.
 *
 * @param name the public name
 * @param f synchronous; what it returns belongs to the caller
 */
export function op<F extends (...args: never[]) => Result>(name: string, f: F): F {
  // tfjs drops one trailing underscore from the name; it is how its own ops are written.
  return wrap({ [`${name}_`]: f as unknown as (...args: unknown[]) => Result }) as unknown as F;
}
