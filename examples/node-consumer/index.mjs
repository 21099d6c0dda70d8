// node index.mjs MODEL X Y …: the label of one row, by our class and by plain tfjs from the same folder.
import * as tf from '@tensorflow/tfjs';
import { KMeans } from 'tfjs-latent';
import 'tfjs-latent/node'; // folders and file://

const [folder, ...numbers] = process.argv.slice(2);
const row = [numbers.map(Number)];

const model = await KMeans.load(folder);
const graph = await tf.loadGraphModel(`file://${folder}/model.json`);
const { labels } = graph.predict(tf.tensor2d(row));
console.log(JSON.stringify({ ours: model.predict(row).arraySync(), tfjs: labels.arraySync() }));
