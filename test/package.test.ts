import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { kernelsHash } from '../src/node/native/kernels.js';

interface Packed {
  files: { path: string }[];
  size: number;
}

/** The files of a folder below the repository, without the ending. */
const filesOf = (folder: string, ending: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending))
    .map((file) => file.slice(0, -ending.length));

describe('the package', () => {
  let packed: Packed;
  beforeAll(() => {
    if (!existsSync('dist/esm/index.js')) throw new Error('dist is missing: run "npm run build" first.');
    [packed] = JSON.parse(execFileSync('npm', ['pack', '--dry-run', '--json'], { encoding: 'utf8' }));
  });

  it('packs the built code of every source file twice, the sources of kernels, and nothing else but its papers', () => {
    const sources = filesOf('src', '.ts').filter(
      (file) => !file.startsWith('report/page/') && !file.endsWith('.d'),
    );
    const built = ['esm', 'cjs'].flatMap((format) =>
      sources.flatMap((file) => [`dist/${format}/${file}.js`, `dist/${format}/${file}.d.ts`]),
    );
    const papers = ['CHANGELOG.md', 'LICENSE', 'README.md', 'package.json', 'dist/cjs/package.json'];
    const made = ['report-page.cjs', 'report-page.LICENSES.txt', 'wasm-kernels.cjs'].map((f) => `dist/${f}`);
    const files = packed.files.map(({ path: file }) => file);
    const native = [
      'folder.cjs',
      'folder.d.cts',
      ...['.cc', '.h'].flatMap((kind) => filesOf('native', kind).map((f) => f + kind)),
    ];
    const kernels = native.map((file) => `native/${file}`);
    expect(kernels).toContain('native/kernel.cc');
    expect(files.sort()).toEqual([...built, ...kernels, ...papers, ...made].sort());
  });

  it('has no data in it', () => {
    // Half a megabyte of it is the page that draws reports: tfjs-vis with Vega, and Observable Plot. The rest is code.
    expect(packed.size).toBeLessThan(980_000);
  });

  it.each(['esm', 'cjs'])(
    'loads nothing but tfjs-core outside its node part, and tfjs-layers in its layers (%s)',
    (format) => {
      const folder = path.join('dist', format);
      for (const file of filesOf(folder, '.js').filter((each) => !each.startsWith('node'))) {
        const code = readFileSync(path.join(folder, `${file}.js`), 'utf8').replace(/^ \*.*/gm, ''); // examples in TSDoc
        const imported = [...code.matchAll(/(?:from|require\(|import\()\s*['"]([^'"]+)['"]/g)].map(
          (match) => match[1],
        );
        const allowed = ['@tensorflow/tfjs-core'];
        if (file.startsWith('layers/')) allowed.push('@tensorflow/tfjs-layers');
        expect(imported.filter((name) => !name.startsWith('.') && !allowed.includes(name))).toEqual([]);
      }
    },
  );

  it.each(['esm', 'cjs'])('finds the sources of its kernels (%s)', (format) => {
    const kernels = JSON.stringify(path.resolve('dist', format, 'node/native/kernels.js'));
    const code = `import(${kernels}).then(({ kernelsHash }) => console.log(kernelsHash()))`;
    const found = execFileSync(process.execPath, ['-e', code], { encoding: 'utf8', cwd: '/' }).trim();
    expect(found).toBe(kernelsHash());
  });

  it('writes the same page from both formats', () => {
    const write = (load: string, kind: string) =>
      execFileSync(
        process.execPath,
        [`--input-type=${kind}`, '-e', `${load}; process.stdout.write(new Report('r').toHtml())`],
        { encoding: 'utf8', maxBuffer: 1e8 },
      );
    const esm = write("const { Report } = await import('tfjs-latent/report')", 'module');
    const cjs = write("const { Report } = require('tfjs-latent/report')", 'commonjs');
    expect(esm).toContain('<h1>r</h1>');
    expect(esm).toContain('tfjsLatentReport');
    expect(cjs).toBe(esm);
  });

  it('is one and the same set of names in both formats', () => {
    const names = (code: string, kind: string) =>
      execFileSync(process.execPath, [`--input-type=${kind}`, '-e', code], { encoding: 'utf8' }).trim();
    const esm = names("console.log(Object.keys(await import('tfjs-latent')).sort().join())", 'module');
    const cjs = names("console.log(Object.keys(require('tfjs-latent')).sort().join())", 'commonjs');
    expect(esm).toContain('KMeans');
    expect(cjs).toBe(esm);
  });

  // What a page takes of it, beside tfjs-core; esbuild keeps one list of tfjs-core's names a file, so this is an upper bound.
  it.each([
    ['KMeans', 24, 'index'],
    ['GaussianMixture', 32, 'index'],
    ['PCA', 22, 'index'],
    ['linalg', 9, 'index'],
    ['KMeans, GaussianMixture, PCA', 40, 'index'],
    ['useWasmKernels', 106, 'wasm/index'],
  ])('%s in a bundle for browsers: less than %i kB, gzipped', async (names, limit, file) => {
    const { outputFiles } = await build({
      stdin: { contents: `export { ${names} } from './dist/esm/${file}.js';`, resolveDir: '.' },
      ...{ bundle: true, minify: true, format: 'esm', platform: 'browser', target: 'es2022', write: false },
      external: ['@tensorflow/*'],
    });
    const code = outputFiles[0].text;
    expect(gzipSync(code, { level: 9 }).length).toBeLessThan(limit * 1000);
    // Those have no use in a browser: package.json names what stands in for them there.
    expect(code.includes('executeMultipleOutputs')).toBe(false);
    for (const ofNode of ['dlopen', 'cpuinfo', 'kernels-', 'folder.cjs']) expect(code).not.toContain(ofNode);
  });
});
