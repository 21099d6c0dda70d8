/** Trained models that are kept: with --models <folder>, each in a folder of its own beside a README that says all about it. */
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { KMeans, GaussianMixture, PCA, Pipeline } from '../src/index.js';
import { writeWhole, type Job } from './job.js';

interface About {
  /** The job, as `npm run train:<job>` names it. */
  job: string;
  title: string;
  /** What the model was fitted on, in which units. */
  data: string;
  /** Of the data. */
  licence: string;
  /** Input, then outputs, each with its shape. */
  ports: Record<string, string>;
  figures: Record<string, number | string>;
}

const shown = (value: number | string): string =>
  typeof value === 'number' ? String(Number(value.toPrecision(9))) : value;

function commandOf({ options: { seed, nInit, quick } }: Job, job: string): string {
  const flags = [`--seed ${seed}`, nInit === undefined ? '' : `--n-init ${nInit}`, quick ? '--quick' : ''];
  return `npm run train:${job} -- ${flags.filter(Boolean).join(' ')} --models models`;
}

const table = (head: [string, string], rows: [string, string][]): string =>
  [head, ['---', '---'], ...rows].map(([a, b]) => `| ${a} | ${b} |`).join('\n');

async function sizesOf(folder: string): Promise<[string, string][]> {
  const names = (await readdir(folder)).filter((name) => /\.(json|bin)$/.test(name)).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => {
      const { size } = await stat(path.join(folder, name));
      return [`\`${name}\``, `${size.toLocaleString('en')} bytes`];
    }),
  );
}

async function readme(job: Job, name: string, kind: string, folder: string, about: About): Promise<string> {
  const { title, data, licence, ports, figures } = about;
  const [input, ...outputs] = Object.entries(ports);
  return `# ${name}

${title} Written by \`${commandOf(job, about.job)}\` on ${job.backend}; not by hand.

- Data: ${data}
- Licence of the data: ${licence}

${table(
  ['figure', 'value'],
  Object.entries(figures).map(([what, value]) => [what, shown(value)]),
)}

With \`@tensorflow/tfjs\` alone:

\`\`\`ts
const model = await tf.loadGraphModel('models/${name}/model.json'); // a URL; in Node file://
const { ${outputs
    .map(([port]) => port)
    .filter((port) => port !== 'reconstruction')
    .join(', ')} } = model.predict(x);
\`\`\`

${table(
  ['port', 'what'],
  [input, ...outputs].map(([port, what]) => [`\`${port}\``, what]),
)}

As our own class, with options, history and every parameter: \`await ${kind}.load('models/${name}')\`.

${table(['file', 'size'], await sizesOf(folder))}
`;
}

/** Keeps a model where --models says; without it, does nothing. */
export async function keepModel(
  job: Job,
  name: string,
  model: KMeans | GaussianMixture | PCA | Pipeline,
  about: About,
): Promise<void> {
  if (job.options.models === undefined) return;
  const folder = path.join(job.options.models, name);
  // The labels of the rows that it was fitted on are many, and are made again by predict.
  await ('clusterCenters' in model ? model.save(folder, { labels: false }) : model.save(folder));
  const text = await readme(job, name, model.constructor.name, folder, about);
  await writeWhole(path.join(folder, 'README.md'), text);
  job.say(`${name}: kept in ${folder}`);
}
