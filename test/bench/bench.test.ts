import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Case } from '../../bench/cases.js';
import { hold } from '../../bench/contest.js';
import { OURS, REFERENCE, type Contestant } from '../../bench/contestants.js';
import { inertia, judge, shareOfBest, type Objective } from '../../bench/judge.js';
import type { Work } from '../../bench/protocol.js';
import { failures, table, type Result } from '../../bench/report.js';

const folder = mkdtempSync(path.join(tmpdir(), 'tfjs-latent-bench-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Answers with the centres that it is given; 'broken' throws. It notes its turns in a file. */
const FAKE = `
import { appendFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
const [name, centers] = process.argv.slice(2);
const answer = (message) => writeFileSync(3, JSON.stringify(message) + '\\n');
for await (const line of createInterface({ input: process.stdin })) {
  if ('task' in JSON.parse(line)) answer({ versions: { [name]: '1.0' } });
  else {
    appendFileSync(${JSON.stringify(path.join(folder, 'turns'))}, name + ' ');
    if (centers === 'broken') answer({ error: 'It broke.' });
    else answer({ seconds: [3, 1, 2], objective: [0], clusterCenters: JSON.parse(centers), nIter: 4, memory: { before: 1e6, peak: 3e6 } });
  }
}
`;

const INERTIA: Objective = { name: 'inertia', better: 'lower', rel: 1e-5 };
const LINE: Case = { name: 'line', title: '', task: 'kmeans', data: [], options: {}, objective: INERTIA };

function work(): Work {
  const file = path.join(folder, 'x.bin');
  writeFileSync(file, new Uint8Array(new Float64Array([0, 2, 10, 14]).buffer));
  return {
    task: 'kmeans',
    data: { x: { file, dtype: 'float64', shape: [4, 1] } },
    options: {},
    given: 'numbers',
  };
}

const fake = (name: string, ...args: string[]): Contestant => ({
  name,
  tasks: ['kmeans'],
  runs: { with: 'latent', script: 'fake.mjs', args: [name.replaceAll(' ', '-'), ...args] },
});

/** The case with what each contestant answers, and a contestant that is not there. */
async function held(answers: Record<string, string>, runs = 2): Promise<Result> {
  mkdirSync(path.join(folder, 'workers'), { recursive: true });
  writeFileSync(path.join(folder, 'workers', 'fake.mjs'), FAKE);
  writeFileSync(path.join(folder, 'turns'), '');
  const missing: Contestant = { ...fake('missing'), runs: { with: 'python', script: 'none.py', args: [] } };
  const contestants = Object.entries(answers).map(([name, answer]) => fake(name, answer));
  const entries = await hold(LINE, work(), [...contestants, missing], {
    runs,
    budget: 60,
    places: { python: '', npm: '', latent: '', workers: path.join(folder, 'workers') },
    absent: (each) => (each.runs.with === 'python' ? 'no python3 on the PATH.' : undefined),
    say: () => {},
  });
  const about = {
    title: '',
    date: '2026-01-01',
    quick: false,
    limits: null,
    machine: {} as Result['machine'],
  };
  return { case: 'line', ...about, objective: 'inertia', targets: [], contestants: entries };
}

const NATIVE = OURS.native.name;

test('contestants take turns; answers are valued by their centres; a missing and a broken one do not end the case', async () => {
  const result = await held({ [NATIVE]: '[1,12]', [REFERENCE]: '[12,1]', other: 'broken' });
  const [ours, reference, other, missing] = result.contestants;
  expect(readFileSync(path.join(folder, 'turns'), 'utf8').split(' ').slice(0, 7)).toEqual([
    ...['tfjs-latent-native', 'scikit-learn-float64', 'other'],
    ...['tfjs-latent-native', 'scikit-learn-float64', 'tfjs-latent-native', 'scikit-learn-float64'],
  ]);
  expect(ours).toMatchObject({ objective: [10], verdict: 'same', seconds: [2, 2], median: 2, nIter: 4 });
  expect(reference).toMatchObject({ objective: [10], verdict: 'same', memory: { before: 1e6, peak: 3e6 } });
  expect(other.failure).toBe('It broke.');
  expect(missing.failure).toBe('no python3 on the PATH.');
  expect(failures(result)).toEqual([]);
  expect(table(result)).toMatch(/scikit-learn float64 +\| 2000 +\| 1x/);
  expect(table(result)).toContain('none: no python3 on the PATH.');
});

test('a worse answer of ours is a failure, and so is none', async () => {
  const worse = await held({ [NATIVE]: '[1,11]', [REFERENCE]: '[1,12]' }, 0);
  expect(worse.contestants[0]).toMatchObject({ objective: [12], verdict: 'worse' });
  expect(failures(worse)).toEqual([
    expect.stringContaining('FAILURE: tfjs-latent native reached another inertia: worse'),
  ]);
  const none = await held({ [NATIVE]: 'broken', [REFERENCE]: '[1,12]' }, 0);
  expect(failures(none)).toEqual([expect.stringContaining('tfjs-latent native failed: It broke.')]);
});

test('a worse answer of a peer is told, its time not compared, and no failure of ours', async () => {
  const result = await held({ [NATIVE]: '[1,12]', [REFERENCE]: '[1,12]', other: '[0,12]' }, 0);
  expect(result.contestants[2].verdict).toBe('worse');
  expect(failures(result)).toEqual([]);
  expect(table(result)).toMatch(/other +\| 2000 +\| +\| worse/);
});

test.each<[number[], Objective, string]>([
  [[100.0009, 5], INERTIA, 'same'],
  [[100.0011, 5], INERTIA, 'worse'],
  [[99.9, 5], INERTIA, 'better'],
  [[99.9, 5.1], INERTIA, 'worse'],
  [[NaN, 5], INERTIA, 'worse'],
  [[100], INERTIA, 'different'],
  [[], INERTIA, 'different'],
  [[99.99, 5], { name: 'likelihood', better: 'higher', abs: 1e-3 }, 'worse'],
  [[100.1, 5], { name: 'likelihood', better: 'higher', abs: 1e-3 }, 'better'],
  [[100.1, 5], { name: 'ratio', better: 'equal', abs: 1e-3 }, 'different'],
  [[100, 5], { name: 'ratio', better: 'equal' }, 'same'],
])('%j held against [100, 5] under %j is %s', (values, objective, verdict) => {
  expect(judge(values, [100, 5], objective)).toBe(verdict);
});

test('inertia takes the nearest centre of each row', () => {
  expect(inertia([0, 0, 3, 4, 10, 10], [0, 0, 10, 11], 2)).toBe(0 + 25 + 1);
});

test('the share of the best counts what is within 0.1 %', () => {
  expect(shareOfBest([100, 100.09, 100.11, 150], 100)).toBe(0.5);
});

function bench(...args: string[]) {
  const env = { ...process.env, PATH: folder, XDG_CACHE_HOME: folder };
  const command = ['--import', 'tsx', 'bench/bench.ts', ...args];
  return spawnSync(process.execPath, command, { encoding: 'utf8', env });
}

test('a tiny case runs without Python, which it says', () => {
  const ran = bench('--quick', '--backends', 'cpu', '--peers', 'scikit-learn', 'iris');
  expect(ran.stderr).toContain('The python peers are missing: no python3 on the PATH.');
  expect(ran.stdout).toMatch(/tfjs-latent cpu +\| [\d.]+ +\| same/);
  expect(ran.status).toBe(0);
});

test.each([
  [['--runs', '0'], '--runs'],
  [['nonsense'], 'nonsense'],
  [['--peers', 'nobody'], 'scikit-learn float32'],
])('%j is told on stderr, with exit code 2', (args, seen) => {
  const ran = bench(...args);
  expect(ran.stderr).toContain(seen);
  expect(ran.status).toBe(2);
});
