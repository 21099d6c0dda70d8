// node index.cjs MODEL X Y …: the same as index.mjs, from CommonJS.
const tf = require('@tensorflow/tfjs');
const { KMeans } = require('tfjs-latent');
require('tfjs-latent/node'); // folders and file://

async function main([folder, ...numbers]) {
  const row = [numbers.map(Number)];
  const model = await KMeans.load(folder);
  const graph = await tf.loadGraphModel(`file://${folder}/model.json`);
  const { labels } = graph.predict(tf.tensor2d(row));
  console.log(JSON.stringify({ ours: model.predict(row).arraySync(), tfjs: labels.arraySync() }));
}

void main(process.argv.slice(2));
