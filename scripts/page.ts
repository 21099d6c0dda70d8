/**
 * Builds dist/report-page.cjs: the code that draws a report, as text to be put into HTML. tfjs-vis goes in as it was
 * published; the page's own code is bundled with the part of Observable Plot that it uses.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const DIST = path.join(ROOT, 'dist');
const PAGE = path.join(DIST, 'report-page.cjs');
const VIS = 'node_modules/@tensorflow/tfjs-vis/dist/tfjs-vis.umd.min.js';

/** In a script element nothing may look like its end, nor like a comment's start. */
function inline(what: string, code: string): string {
  const safe = code.replace(/<\/(?=script)/gi, '<\\/');
  if (safe.includes('<!--')) throw new Error(`${what} has <!-- in it: it cannot stand in a script element.`);
  return safe;
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [path.join(ROOT, 'src/report/page/main.ts')],
    bundle: true,
    minify: true,
    write: false,
    format: 'iife',
    globalName: 'tfjsLatentReport',
    target: 'es2020',
    charset: 'utf8',
    legalComments: 'none',
    logLevel: 'warning',
  });
  return outputFiles[0].text;
}

/** The licences of packages and of all that they depend on, each text once. */
function notices(names: readonly string[]): string {
  const byText = new Map<string, string[]>();
  const seen = new Set<string>();
  const visit = (name: string, from: string): void => {
    const folders = createRequire(path.join(from, 'package.json')).resolve.paths(name)!;
    const folder = folders.map((each) => path.join(each, name)).find((each) => existsSync(each));
    if (!folder || seen.has(folder)) return;
    seen.add(folder);
    const {
      version,
      license,
      dependencies = {},
    } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
      version: string;
      license?: string;
      dependencies?: Record<string, string>;
    };
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    const text = file ? readFileSync(path.join(folder, file), 'utf8').trim() : `Licence: ${license}`;
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version}`]);
    for (const each of Object.keys(dependencies)) visit(each, folder);
  };
  for (const name of names) visit(name, ROOT);
  return [...byText]
    .map(([text, whose]) => `${whose.join(', ')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** Written beside and renamed: another process may read it at this moment. */
export function write(file: string, content: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.part`;
  writeFileSync(beside, content);
  renameSync(beside, file);
}

/** Built files that name a file beside dist by package.json's `imports`, and its place as seen from them. */
const LINKS = [
  ['report/html.js', '#report-page', '../../report-page.cjs'],
  ['report/show.js', '#report-page', '../../report-page.cjs'],
  ['wasm/index.js', '#wasm-kernels', '../../wasm-kernels.cjs'],
  ['node/native/kernels.js', '#native', '../../../../native/folder.cjs'],
];

/** In the built code of both formats: the file by its place, which every bundler and every Node finds. */
function link(): void {
  for (const format of ['esm', 'cjs']) {
    for (const [name, from, to] of LINKS) {
      const file = path.join(DIST, format, name);
      const parts = readFileSync(file, 'utf8').split(from);
      if (parts.length !== 2) throw new Error(`${file} should name ${from} once.`);
      write(file, parts.join(to));
    }
  }
}

/** Writes the page's code and its licences. */
export async function buildPage(): Promise<void> {
  const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
  const parts = {
    vis: inline('tfjs-vis', read(VIS).replace(/\/\/# sourceMappingURL=.*/, '')),
    draw: inline('the page', await bundle()),
    style: read('src/report/page/style.css'),
    pictures: read('src/report/page/pictures.css'),
  };
  const code = Object.entries(parts).map(([name, text]) => `exports.${name} = ${JSON.stringify(text)};\n`);
  const licences = notices(['@tensorflow/tfjs-vis', '@observablehq/plot']);
  write(path.join(DIST, 'report-page.LICENSES.txt'), licences);
  write(PAGE, code.join(''));
}

/** Builds the page's code where it is missing or older than its sources. */
export async function ensurePage(): Promise<void> {
  const built = statSync(PAGE, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const folder = path.join(ROOT, 'src/report/page');
  const sources = readdirSync(folder).map((file) => statSync(path.join(folder, file)).mtimeMs);
  if (Math.max(...sources) > built) await buildPage();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildPage();
  link();
}
