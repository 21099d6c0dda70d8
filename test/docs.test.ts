import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import * as latent from '../src/index.js';
import { useBestBackend } from '../src/node/index.js';
import { backends } from './support/backends.js';
import { agrees, blocksOf, run, typeErrors } from './support/blocks.js';

const GUIDES = readdirSync('docs/guides').map((name) => `docs/guides/${name}`);

/** What is not run, by its tag alone: commands, pages and formulas. */
const NOT_RUN = ['sh', 'html', 'text'];

const documents = ['README.md', ...GUIDES].map((file) => {
  const all = blocksOf(file);
  return { file, all, blocks: all.filter(({ language }) => language === 'ts') };
});

// The examples run in a folder where they may save what they like, beside the repository's data and models.
const home = process.cwd();
const folder = mkdtempSync(path.join(tmpdir(), 'docs-'));
beforeAll(async () => {
  await useBestBackend(backends[0]);
  for (const name of ['data', 'models']) symlinkSync(path.join(home, name), path.join(folder, name));
  process.chdir(folder);
});
afterAll(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true });
});

describe.each(documents)('$file', ({ all, blocks }) => {
  let ran = 0;
  let checked = 0;

  it('has code that is run, and but commands, pages and formulas beside it', () => {
    const others = all.filter((block) => !blocks.includes(block));
    expect(others.filter(({ language }) => !NOT_RUN.includes(language))).toEqual([]);
    const formulas = others.filter(({ language }) => language === 'text');
    expect(formulas.filter(({ code }) => /;$|\b(await|import|const)\b/m.test(code))).toEqual([]);
  });

  it.each(blocks)('$at runs and prints what its comments say', async (block) => {
    const { printed, claims } = await run(block);
    expect(printed).not.toEqual([]);
    expect(printed.join('\n')).not.toMatch(/NaN|undefined/);
    expect(claims.filter((claim) => !agrees(claim))).toEqual([]);
    ran += 1;
    checked += claims.length;
  });

  it('has run at least one block, and checked at least one value', () => {
    expect(ran).toBe(blocks.length);
    expect(ran).toBeGreaterThan(0);
    expect(checked).toBeGreaterThan(0);
  });
});

test('every block compiles, strictly, with the types of the sources', () => {
  const blocks = documents.flatMap((document) => document.blocks);
  expect(typeErrors(blocks, home)).toEqual([]);
  const wrong = {
    at: 'here',
    language: 'ts',
    code: "import { KMeans } from 'tfjs-latent';\nKMeans.fit([[1]], { k: 2 });\n",
  };
  expect(typeErrors([wrong], home)).toEqual([expect.stringMatching(/^here: .*'k' does not exist/)]);
});

describe('a comment after what prints', () => {
  it.each([
    ['16', '16'],
    ['0.65551764', '0.6555'],
    ['Tensor\n    [[1, 2.0000002],\n     [10, 2]]', '[[1, 2.00], [10, 2]]'],
    ['Float32Array(2) [ 0.25, 0.75 ]', '[0.25, 0.75]'],
    ["[ 'setosa', 'virginica' ]", "['setosa', 'virginica']"],
    ['1.2e-7', '1e-7'],
  ])('%j is what %j says', (printed, says) => expect(agrees({ printed, says })).toBe(true));

  it.each([
    ['16.4', '16'],
    ['0.65549', '0.6556'],
    ['[ 1, 2, 3 ]', '[1, 2]'],
    ['[ 1, 2 ]', '[2, 1]'],
    ['true', 'false'],
    ['', '3'],
  ])('%j is not what %j says', (printed, says) => expect(agrees({ printed, says })).toBe(false));
});

describe('links', () => {
  const text = (file: string) => readFileSync(path.join(home, file), 'utf8');
  const committed = execFileSync('git', ['ls-files'], { encoding: 'utf8', cwd: home }).split('\n');
  const linked = (file: string) =>
    [...text(file).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, to, anchor]) => ({
      to: to ? path.posix.join(path.posix.dirname(file), to) : file,
      anchor,
    }));
  // As GitHub and typedoc make them of headings.
  const anchors = (file: string) =>
    [...text(file).matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s-]/gu, '')
        .replace(/\s/g, '-'),
    );

  it.each(['README.md', 'CONTRIBUTING.md', ...GUIDES])(
    'of %s lead to committed files and headings',
    (file) => {
      const links = linked(file);
      expect(links.length).toBeGreaterThan(0);
      expect(links.filter(({ to }) => !committed.includes(to))).toEqual([]);
      expect(links.filter(({ to, anchor }) => anchor && !anchors(to).includes(anchor))).toEqual([]);
    },
  );

  it('the README and the site have every guide, in one order', () => {
    const inReadme = linked('README.md').map(({ to }) => to);
    const { projectDocuments } = JSON.parse(text('typedoc.json')) as { projectDocuments: string[] };
    expect([...projectDocuments].sort()).toEqual([...GUIDES].sort());
    expect([...new Set(inReadme)].filter((to) => GUIDES.includes(to))).toEqual(projectDocuments);
  });

  it('every picture in docs is shown', () => {
    const shown = ['README.md', ...GUIDES].flatMap(linked).map(({ to }) => to);
    expect(committed.filter((file) => /^docs\/.*\.png$/.test(file) && !shown.includes(file))).toEqual([]);
  });
});

test('the README has an example of each estimator', () => {
  for (const name of ['KMeans.fit(', 'GaussianMixture.fit(', 'PCA.fit(']) {
    expect(documents[0].blocks.filter(({ code }) => code.includes(name))).toHaveLength(1);
  }
});

test.each([
  ['README.md', ['KMeans', 'GaussianMixture', 'PCA', 'silhouetteSamples']],
  ['docs/guides/coming-from-scikit-learn.md', ['RandomState', 'bic', 'precisionsCholesky', 'noiseVariance']],
])('%s: what its table names on the right is exported, or of a model', async (file, some) => {
  const cells = [...readFileSync(path.join(home, file), 'utf8').matchAll(/^\|[^|]*\|([^|]*)\|$/gm)];
  const named = cells.flatMap(([, cell]) => [...cell.matchAll(/`(?:await )?(\w+)(?=[`.(])/g)]);
  const names = named.map(([, name]) => name);
  const rows = latent.loadIris().x;
  const models = [
    await latent.KMeans.fit(rows, { nClusters: 2 }),
    await latent.GaussianMixture.fit(rows),
    await latent.PCA.fit(rows),
  ];
  const isPublic = (name: string) => name in latent || models.some((model) => name in model);
  expect(names).toEqual(expect.arrayContaining(some));
  expect(names.filter((name) => !isPublic(name))).toEqual([]);
});
