/** The model in models/mnist-gmm: its answers by plain TensorFlow.js, new digits by tfjs-latent, which opens the same file. */
import * as tf from '@tensorflow/tfjs';
import { Pipeline, type GaussianMixture } from 'tfjs-latent';
import { SIDE } from './centre';

const MODEL = 'models/mnist-gmm/model.json';

export interface Answer {
  /** Of the components. */
  probabilities: Float32Array;
  /** In nats, of the principal components. */
  logDensity: number;
  milliseconds: number;
}

export interface NewDigit {
  pixels: Float32Array;
  component: number;
}

export interface Mixture {
  /** [10] The components' means as pixels. */
  readonly means: Float32Array[];
  ask(pixels: ArrayLike<number>): Promise<Answer>;
  draw(count: number): Promise<{ digits: NewDigit[]; milliseconds: number }>;
  dispose(): void;
}

const digitsOf = (pixels: Float32Array): Float32Array[] =>
  Array.from({ length: pixels.length / SIDE ** 2 }, (_, i) =>
    pixels.slice(i * SIDE ** 2, (i + 1) * SIDE ** 2),
  );

/** The means, back through the principal components: the graph's other way. */
async function meansOf(graph: tf.GraphModel): Promise<Float32Array[]> {
  const { means, origin } = graph.weights;
  const pixels = tf.tidy(() => {
    const z = tf.add(tf.squeeze(means[0], [1]), origin[0]); // [10, 261]
    return graph.execute({ z }, 'reconstruction') as tf.Tensor2D;
  });
  const values = await pixels.data<'float32'>();
  pixels.dispose();
  return digitsOf(values);
}

async function ask(graph: tf.GraphModel, pixels: ArrayLike<number>): Promise<Answer> {
  const began = performance.now();
  const x = tf.tensor2d(Float32Array.from(pixels), [1, SIDE ** 2]);
  const outputs = graph.predict(x) as tf.NamedTensorMap;
  const [probabilities, [logDensity]] = await Promise.all([
    outputs.probabilities.data<'float32'>(),
    outputs.logDensity.data<'float32'>(),
  ]);
  tf.dispose([x, outputs]);
  return { probabilities, logDensity, milliseconds: performance.now() - began };
}

async function draw(model: Pipeline, count: number): Promise<{ digits: NewDigit[]; milliseconds: number }> {
  const began = performance.now();
  const { x, labels } = (model.steps.at(-1) as GaussianMixture).sample(count);
  const pixels = model.inverseTransform(x);
  const [values, components] = await Promise.all([pixels.data<'float32'>(), labels.data<'int32'>()]);
  tf.dispose([x, labels, pixels]);
  const digits = digitsOf(values).map((each, i) => ({ pixels: each, component: components[i] }));
  return { digits, milliseconds: performance.now() - began };
}

/** Loads it onto the backend in use. */
export async function openMixture(): Promise<Mixture> {
  const graph = await tf.loadGraphModel(MODEL);
  let ours: Promise<Pipeline> | null = null;
  return {
    means: await meansOf(graph),
    ask: (pixels) => ask(graph, pixels),
    draw: async (count) => draw(await (ours ??= Pipeline.load(MODEL)), count),
    dispose: () => {
      graph.dispose();
      void ours?.then((model) => model.dispose());
    },
  };
}
