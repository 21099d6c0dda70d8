import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const out = mkdtempSync(path.join(tmpdir(), 'tfjs-latent-jobs-'));
afterAll(() => rmSync(out, { recursive: true }));

function run(script: string, ...flags: string[]) {
  const command = ['--import', 'tsx', `scripts/${script}.ts`, ...flags];
  return spawnSync(process.execPath, command, { encoding: 'utf8', timeout: 300_000 });
}
const job = (name: string, ...flags: string[]) => run(`train-${name}`, ...flags);

const PICTURES: [string, string[]][] = [
  ['iris', ['classes', 'clusters', 'seeds']],
  [
    'blobs',
    [
      ...['blobs', 'k5', 'byK', 'regions3', 'regions4', 'regions8', 'randomStart11', 'randomStart10'],
      ...['iteration1', 'iteration2', 'iteration3'],
      ...['silhouettes3', 'silhouettes4', 'silhouettes5', 'silhouettes6', 'odd', 'oddGood', 'oddFree'],
      ...['mixturePrinted', 'mixture_full', 'mixture_tied', 'mixture_diag', 'mixture_spherical'],
      ...['anomalies', 'sample'],
    ],
  ],
];

test.each(PICTURES)(
  '%s --quick on cpu reaches its figures and keeps the numbers of every picture',
  (name, pictures) => {
    const ran = job(name, '--quick', '--backend', 'cpu', '--out', out);
    expect(ran.stderr).not.toContain('not reached');
    expect(ran.status).toBe(0);
    const report = JSON.parse(readFileSync(path.join(out, `${name}.json`), 'utf8'));
    expect(Object.keys(report.pictures).sort()).toEqual([...pictures].sort());
    expect(report.machine.backend).toBe('cpu');
    for (const { what } of report.figures) expect(ran.stdout).toContain(what);
    expect(readdirSync(out).filter((file) => file.endsWith('.part'))).toEqual([]);
  },
  400_000,
);

test.each([
  [['--sede', '1'], '--sede'],
  [['--seed', '1.5'], '1.5'],
  [['--backend', 'webgl'], 'webgl'],
  [['stray'], '1'],
])('%j is one line on stderr that names it, and exit code 2', (flags, seen) => {
  const ran = job('iris', ...flags);
  expect(ran.status).toBe(2);
  expect(ran.stderr.trim().split('\n')).toHaveLength(1);
  expect(ran.stderr).toContain(seen);
});

test('--help tells the flags, with exit code 0', () => {
  const ran = job('blobs', '--help');
  expect(ran.status).toBe(0);
  for (const flag of ['--backend', '--seed', '--n-init', '--quick', '--out'])
    expect(ran.stdout).toContain(flag);
});

test('npm start refuses what not every job knows, before it sets anything up', () => {
  const refused = run('start', '--n-init', '3');
  expect(refused.status).toBe(2);
  expect(refused.stdout).toBe('');
  expect(refused.stderr).toBe("error: unknown option '--n-init'\n");
  const helped = run('start', '--help');
  expect(helped.status).toBe(0);
  expect(helped.stdout).toMatch(/^Usage: npm start -- \[options\]\n/);
});
