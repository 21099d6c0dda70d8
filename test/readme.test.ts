import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as tf from '@tensorflow/tfjs';
import { ModuleKind, ScriptTarget, transpileModule } from 'typescript';
import * as latent from '../src/index.js';
import * as layers from '../src/layers/index.js';
import * as node from '../src/node/index.js';
import * as report from '../src/report/index.js';
import { backends } from './support/backends.js';

const readme = readFileSync('README.md', 'utf8');
const blocks = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map((match) => match[1]);
const modules: Record<string, unknown> = {
  'tfjs-latent': latent,
  'tfjs-latent/layers': layers,
  'tfjs-latent/node': node,
  'tfjs-latent/report': report,
  '@tensorflow/tfjs': tf,
};

/** Runs a block as a module, and returns what it printed. */
async function run(source: string): Promise<string> {
  const printed: string[] = [];
  const log = jest.spyOn(console, 'log').mockImplementation((...parts) => void printed.push(parts.join(' ')));
  try {
    const { outputText } = transpileModule(source, {
      compilerOptions: { module: ModuleKind.CommonJS, target: ScriptTarget.ES2022 },
    });
    const body = `return (async () => { ${outputText} })();`;
    await new Function('require', 'exports', 'console', body)((name: string) => modules[name], {}, console);
  } finally {
    log.mockRestore();
  }
  return printed.join('\n');
}

describe('README', () => {
  const home = process.cwd();
  const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
  beforeAll(() => node.useBestBackend(backends[0]));
  // What the examples save goes there.
  beforeAll(() => process.chdir(folder));
  afterAll(() => {
    process.chdir(home);
    rmSync(folder, { recursive: true });
  });

  it('has an example of each estimator', () => {
    for (const name of ['KMeans.fit(', 'GaussianMixture.fit(', 'PCA.fit(']) {
      expect(blocks.filter((block) => block.includes(name))).toHaveLength(1);
    }
  });

  it.each(blocks.map((block, i) => [i + 1, block] as const))(
    'example %i runs and prints numbers',
    async (_, block) => {
      const printed = await run(block);
      expect(printed).toMatch(/\d/);
      expect(printed).not.toMatch(/NaN|undefined/);
    },
  );

  it("prints the inertia that the K-means example's comment says", async () => {
    const block = blocks.find((each) => each.includes('kmeans.inertia'))!;
    expect((await run(block)).split('\n')[0]).toBe(/inertia\); \/\/ (.*)/.exec(block)![1]);
  });

  it('names public things only: every row of the table is exported', () => {
    for (const name of [
      'KMeans',
      'GaussianMixture',
      'silhouetteSamples',
      'silhouetteScores',
      'adjustedRandScore',
    ]) {
      expect(readme).toContain(name);
      expect(latent).toHaveProperty(name);
    }
  });
});
