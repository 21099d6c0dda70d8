/** What the layers have in common: how they read their input, and how they are given weights. */
import { tidy, zeros, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core';
import type { layers, Shape } from '@tensorflow/tfjs-layers';
import * as checks from '../core/checks.js';
import { InputError } from '../core/errors.js';

type Layer = layers.Layer;

/** What every layer of tfjs takes: name, trainable, inputShape … */
export type LayerArgs = NonNullable<ConstructorParameters<typeof layers.Layer>[0]>;

/** A class of fitted models, whose constructor is private. */
type Fitted = { readonly prototype: object; readonly name: string };

/** [D] What rows are taken relative to, as the fitted model that a layer came from has it; null for 0. */
export type Origin = readonly number[] | null;

const ORIGIN: checks.Rule = {
  must: 'null, or an array of finite numbers',
  holds: (value) => value === null || (Array.isArray(value) && value.every(Number.isFinite)),
};

/** @throws InputError for an argument that does not keep its rule */
export function checkArgs(where: string, args: object, rules: Record<string, checks.Rule>): void {
  checks.check(`${where}: the arguments`, args, checks.record);
  for (const [name, rule] of Object.entries({ ...rules, origin: checks.either(ORIGIN) })) {
    const value = (args as Record<string, unknown>)[name];
    if (name === 'origin' && value === undefined) continue;
    checks.check(`${where}: ${name}`, value, rule);
  }
}

/** The one input of a layer. */
export function rowsOf(where: string, inputs: Tensor | Tensor[]): Tensor2D {
  const list = Array.isArray(inputs) ? inputs : [inputs];
  if (list.length !== 1) throw new InputError(`${where} takes one tensor [N, D]; got ${list.length}.`);
  return list[0] as Tensor2D;
}

/** The shape of the one input of a layer, [null, D], which tfjs may give in a list. */
export function inputShapeOf(where: string, shape: Shape | Shape[]): Shape {
  const [n, d] = Array.isArray(shape[0]) ? (shape[0] as Shape) : (shape as Shape);
  const rank = (Array.isArray(shape[0]) ? shape[0] : shape).length;
  if (rank === 2 && typeof d === 'number' && d > 0) return [n, d];
  throw new InputError(
    `${where} takes rows [N, D] of a known D; its input is of shape [${shape.map(String).join(', ')}].`,
  );
}

/** The origin as float64, held against the width of the rows. */
export function originOf(where: string, origin: Origin, d: number): Float64Array {
  if (origin && origin.length !== d) {
    throw new InputError(`${where}: origin has ${origin.length} numbers, and the rows have ${d} columns.`);
  }
  return origin ? Float64Array.from(origin) : new Float64Array(d);
}

/** Builds a layer for rows of D columns and gives it its weights. */
export function withWeights<L extends Layer>(layer: L, d: number, weights: () => Tensor[]): L {
  tidy(() => {
    // Not by `build`: tfjs names the weights of a layer after it in `apply`, and a saved model goes by these names.
    layer.apply(zeros([1, d]));
    layer.setWeights(weights());
  });
  return layer;
}

/** @throws InputError for what is no fitted model of the class that a layer comes from */
export function checkModel(where: string, model: unknown, kind: Fitted): void {
  if (model instanceof (kind as new () => unknown)) return;
  throw new InputError(`${where}: the model must be a fitted ${kind.name}; got ${checks.show(model)}.`);
}

/** @throws InputError for a layer that has no weights yet */
export function refuseUnbuilt(where: string, layer: Layer): void {
  if (!layer.built) {
    throw new InputError(
      `${where}: this layer has no weights yet; apply it to an input, or put it in a model.`,
    );
  }
}

/** Params that are relative to an origin, as rows in the data's units. */
export function inDataUnits(relative: ArrayLike<number>, origin: Float64Array) {
  const d = origin.length;
  const values = Float64Array.from(relative, (value, i) => value + origin[i % d]);
  return { values, shape: [values.length / d, d] as const };
}
