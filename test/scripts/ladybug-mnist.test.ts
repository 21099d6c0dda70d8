import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PNG } from 'pngjs';

const out = mkdtempSync(path.join(tmpdir(), 'tfjs-latent-jobs-'));
afterAll(() => rmSync(out, { recursive: true }));

function job(name: string, ...flags: string[]) {
  const command = ['--import', 'tsx', `scripts/train-${name}.ts`, ...flags];
  return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 300_000 });
}

const report = (name: string) => JSON.parse(readFileSync(path.join(out, `${name}.json`), 'utf8'));
const png = (file: string) => PNG.sync.read(readFileSync(path.join(out, file)));

function coloursOf(file: string): Set<string> {
  const { data } = png(file);
  const seen = new Set<string>();
  for (let i = 0; i < data.length; i += 4) seen.add(data.subarray(i, i + 3).join());
  return seen;
}

test('ladybug --quick paints the whole picture in as many colours as asked for', () => {
  const ran = job('ladybug', '--quick', '--backend', 'wasm', '--out', out);
  expect(ran.stderr).not.toContain('not reached');
  expect(ran.status).toBe(0);
  const { original, segmented } = report('ladybug').pictures;
  expect(original).toMatchObject({ shape: [533, 800, 3], distinct: 107_971 });
  expect(png(original.file)).toMatchObject({ width: 800, height: 533 });
  for (const { colours, palette, file, bytes } of segmented) {
    expect(readFileSync(path.join(out, file))).toHaveLength(bytes);
    const expected = Array.from({ length: colours }, (_, k) => palette.slice(3 * k, 3 * k + 3).join());
    expect(coloursOf(file)).toEqual(new Set(expected));
  }
  expect(segmented.map(({ colours }: { colours: number }) => colours)).toEqual([8, 2]);
}, 300_000);

test('mnist --quick goes through every step and marks its figures as reduced', () => {
  const ran = job('mnist', '--quick', '--backend', 'wasm', '--out', out);
  expect(ran.status).toBe(0);
  expect(ran.stderr).toMatch(/restart 0: stopped after 5 iterations, .* log-likelihood -\d+\.\d{5}/);
  const { pictures, figures } = report('mnist');
  const checked = figures.filter((figure: { ok?: boolean }) => figure.ok !== undefined);
  expect(checked.every((figure: { reduced?: boolean }) => figure.reduced)).toBe(true);
  expect(pictures.classes.rows).toEqual([2000, 500, 500]);
  expect(pictures.byDigit.flat().reduce((a: number, b: number) => a + b)).toBe(2000);
  expect(pictures.means.pixels.map((row: number[]) => row.length)).toEqual(new Array(10).fill(784));
  expect(pictures.samples.pixels).toHaveLength(16);
  expect(png(pictures.samples.file)).toMatchObject({ width: 488, height: 488 });
  const densities = pictures.lowestDensity.map(({ logDensity }: { logDensity: number }) => logDensity);
  expect(densities).toEqual([...densities].sort((a, b) => a - b));
  expect(pictures.kMeans.map(({ nClusters }: { nClusters: number }) => nClusters)).toEqual([2, 10]);
  expect(readdirSync(out).filter((file) => file.endsWith('.part'))).toEqual([]);
}, 300_000);

test.each([
  ['ladybug', ['--data-dir', path.join(out, 'none')], 'ladybug.png'],
  ['mnist', ['--data-dir', path.join(out, 'none')], 'train-images-idx3-ubyte.gz'],
  ['ladybug', ['--colours', '3'], '--colours'],
  ['mnist', ['--n-init', '0'], '--n-init'],
])(
  '%s %j names what is wrong, with exit code 2',
  (name, flags, seen) => {
    const ran = job(name, '--backend', 'cpu', ...flags);
    expect(ran.stderr).toContain(seen);
    expect(ran.stderr).not.toMatch(/^\s+at /m);
    expect(ran.status).toBe(2);
  },
  60_000,
);
