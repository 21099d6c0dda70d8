import { keep, tidy, type NamedTensorMap, type Tensor } from '@tensorflow/tfjs-core';
import { InputError } from './errors.js';

/**
 * The tensors of one model. `tf.tidy` does not reach them; `dispose` frees them, and may be called twice.
 */
export class Owned {
  readonly #tensors = new Set<Tensor>();
  #disposed = false;

  /** @param owner the model's name, for messages */
  constructor(private readonly owner: string) {}

  /** Makes a tensor that belongs to the model; what is made on the way is freed. */
  hold<T extends Tensor>(make: () => T): T {
    const tensor = keep(tidy(make));
    this.#tensors.add(tensor);
    return tensor;
  }

  /** The same for several tensors at once. */
  holdAll<T extends object>(make: () => T): T {
    const tensors = tidy(() => make() as unknown as NamedTensorMap);
    for (const tensor of Object.values(tensors)) this.#tensors.add(keep(tensor));
    return tensors as unknown as T;
  }

  /** @throws InputError when the model was disposed */
  check(method: string): void {
    if (this.#disposed) {
      throw new InputError(`${this.owner}.${method}: this model was disposed; fit or load it again.`);
    }
  }

  dispose(): void {
    for (const tensor of this.#tensors) tensor.dispose();
    this.#tensors.clear();
    this.#disposed = true;
  }
}
