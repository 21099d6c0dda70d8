// The label of one row, by our class and by plain tfjs from the same files.
import * as tf from '@tensorflow/tfjs';
import { KMeans } from 'tfjs-latent';

const URL = 'models/model.json';
const row = [[2, 2]];

async function main() {
  const model = await KMeans.load(URL);
  const graph = await tf.loadGraphModel(URL);
  const { labels } = graph.predict(tf.tensor2d(row));
  const [ours, plain] = [await model.predict(row).array(), await labels.array()];
  document.querySelector('#answer').textContent = JSON.stringify({ ours, tfjs: plain });
}

void main();
