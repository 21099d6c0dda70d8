import { customGrad, engine, type GradSaveFunc, type Tensor } from '@tensorflow/tfjs-core';

/** Gradients of every input from the gradient `dy` of the output `y`: differentiable operations on these tensors only. */
export type DerivativeRule = (dy: Tensor, y: Tensor, inputs: Tensor[]) => Tensor[];

/**
 * A function of tensors with a derivative rule of its own, differentiable as often as the rule's operations are.
 *
 * tfjs links a saved INPUT to the tape, but not a saved output (its copy is recorded before the function itself is), and
 * so drops the rule's dependence on it from second derivatives without a word. A rule that runs under a tape is therefore
 * given the output anew, from the saved inputs; a first derivative takes the saved one.
 *
 * @param forward what is computed; not recorded, need not be differentiable
 * @param rule its derivative
 */
export function withDerivative(
  forward: (...inputs: Tensor[]) => Tensor,
  rule: DerivativeRule,
): (...inputs: Tensor[]) => Tensor {
  const differentiable = customGrad((...args: (Tensor | GradSaveFunc)[]) => {
    const save = args.at(-1) as GradSaveFunc;
    const inputs = args.slice(0, -1) as Tensor[];
    const value = forward(...inputs);
    save([...inputs, value]);
    const gradFunc = (dy: Tensor, saved: Tensor[]): Tensor[] => {
      const savedInputs = saved.slice(0, -1);
      const y = engine().isTapeOn() ? differentiable(...savedInputs) : saved.at(-1)!;
      return rule(dy, y, savedInputs);
    };
    return { value, gradFunc };
  });
  return differentiable;
}
