/**
 * `npm run bench [-- CASE…]`: this library against its peers, on the same work in one run.
 *
 * Exit codes: 0 done; 1 an answer of ours is missing or not as good as the right one; 2 the command was not understood.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { CASES, workOf, type Case } from './cases.js';
import { hold, type Plan } from './contest.js';
import { OURS, PEERS, type Backend, type Contestant, type Places } from './contestants.js';
import { shareOf } from './cost.js';
import { isMade } from './dataset.js';
import type { Limits } from './limits.js';
import { doubtOf, failures, keep, table, writeReadme, type Machine, type Result } from './report.js';
import { folderOfNpmPeers, pythonOfPeers } from './setup.js';

interface Options {
  runs: number;
  budget: number;
  quick: boolean;
  slow: boolean;
  list: boolean;
  backends?: Backend[];
  peers: string[];
  out: string;
}

const HERE = import.meta.dirname;
const ROOT = path.join(HERE, '..');
const RESULTS = path.join(HERE, 'results');

const say = (line: string): void => void process.stderr.write(`${line}\n`);

function atLeast(min: number, whole: boolean): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== '' && value >= min && (!whole || Number.isInteger(value))) return value;
    throw new InvalidArgumentError(`It must be ${whole ? 'an integer' : 'a number'} of at least ${min}.`);
  };
}

/** A list of names, each the name of a contestant or a part of it. */
function someOf(known: readonly string[]): (text: string) => string[] {
  return (text) => {
    const names = text === 'none' ? [] : text.split(',');
    return names.flatMap((name) => {
      const found = known.filter((each) => each.includes(name));
      if (name !== '' && found.length > 0) return found;
      throw new InvalidArgumentError(`Known are none, ${known.join(', ')}.`);
    });
  };
}

/** The case of that name, else those whose names begin with it. */
function casesNamed(name: string): Case[] {
  const whole = CASES.filter((each) => each.name === name);
  const found =
    whole.length > 0 ? whole : CASES.filter((each) => each.name.startsWith(`${name}-`) && !each.long);
  if (found.length > 0) return found;
  throw new CommanderError(2, 'bench.case', `unknown case '${name}'; --list tells them.`);
}

function commandLine(): Command {
  const peers = PEERS.map(({ name }) => name);
  return new Command('bench')
    .description('This library against its peers, on the same work in one run.')
    .exitOverride()
    .argument('[case...]', 'which cases, or the beginning of several names; all but the long ones')
    .option('--list', 'tells the cases', false)
    .option('--runs <integer>', 'turns of each contestant, of which the median counts', atLeast(1, true), 3)
    .option('--budget <seconds>', 'no further turn for who has taken longer in a case', atLeast(0, false), 20)
    .option('--slow', 'also the peers that take minutes in a case', false)
    .option('--quick', 'a look at whether it works: little data, one turn, nothing kept', false)
    .option('--backends <names>', "ours, without the case's own choice", someOf(Object.keys(OURS)))
    .option('--peers <names>', 'which peers, or none', someOf(peers), peers)
    .option('--out <folder>', 'folder of the results', RESULTS);
}

/** How many processors others keep at work, over a second: the system's load remembers what ran a minute ago. */
async function othersAtWork(): Promise<number> {
  const used = () => cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys, 0);
  const before = used();
  await pause(1000);
  return Math.max(0, used() - before) / 1000;
}

const machine = async (): Promise<Machine> => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memory: totalmem(),
  system: `${type()} ${release()}`,
  node: process.version,
  busy: await othersAtWork(),
});

/** The library as it is published, freshly built; the sources themselves for a quick look. */
function libraryFolder(quick: boolean): string {
  if (quick) return path.join(ROOT, 'src');
  const built = spawnSync('npm', ['run', '--silent', 'build'], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) throw new Error('The library could not be built (see above).');
  return path.join(ROOT, 'dist', 'esm');
}

/** Runs a script of this folder. @throws Error with its last words; what else it says on stderr is TensorFlow's chatter */
function runScript(script: string, ...args: string[]): string {
  const command = ['--import', 'tsx', path.join(HERE, script), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
  if (status === 0) return stdout;
  const words = stderr.split('\n').filter((line) => /Error/.test(line));
  throw new Error(`${script} failed: ${words[0] ?? stderr.trim().split('\n').at(-1)}`);
}

/** Null, told, where native TensorFlow is not there. */
function measureLimits(): Limits | null {
  try {
    return JSON.parse(runScript('limits.ts')) as Limits;
  } catch (error) {
    say(`The machine's limits are not known: ${(error as Error).message}`);
    return null;
  }
}

/** Libraries in plain JavaScript are beside our wasm; those without restarts cannot do them. */
const takesPart = (peer: Contestant, { task, options, wasm = false }: Case): boolean =>
  peer.tasks.includes(task) && !(peer.givenOnly && 'nInit' in options) && (peer.runs.with !== 'npm' || wasm);

function contestantsOf(each: Case, { backends, peers, slow, quick }: Options): Contestant[] {
  const ours = backends ?? (each.wasm ? ['native', 'wasm'] : ['native']);
  const left = slow || quick ? [] : (each.slow ?? []);
  const theirs = PEERS.filter(
    (peer) => peers.includes(peer.name) && !left.includes(peer.name) && takesPart(peer, each),
  );
  return [...ours.map((name) => OURS[name as Backend]), ...theirs];
}

/** Sets up what the peers need; a piece that cannot be had is told, and its peers do not take part. */
async function planOf(cases: readonly Case[], options: Options): Promise<Plan> {
  const { quick, runs, budget } = options;
  const places: Places = {
    python: '',
    npm: '',
    latent: libraryFolder(quick),
    workers: path.join(HERE, 'workers'),
  };
  const missing: Record<string, string> = {};
  const kinds = new Set(
    cases.flatMap((each) => contestantsOf(each, options)).map(({ runs: { with: kind } }) => kind),
  );
  for (const [kind, setUp] of [
    ['python', pythonOfPeers],
    ['npm', folderOfNpmPeers],
  ] as const) {
    if (!kinds.has(kind)) continue;
    try {
      places[kind] = await setUp(say);
    } catch (error) {
      missing[kind] = (error as Error).message;
      say(`The ${kind} peers are missing: ${missing[kind]}`);
    }
  }
  const absent = ({ runs: { with: kind } }: Contestant) => missing[kind];
  return { runs: quick ? 0 : runs, budget, places, absent, say };
}

async function runCase(
  each: Case,
  options: Options,
  plan: Plan,
  limits: Limits | null,
  before: Machine,
): Promise<Result> {
  say(`\n${each.name}: ${each.title}`);
  const began = performance.now();
  const size = options.quick ? 'quick' : 'full';
  if (!isMade(each.data, size)) runScript('make.ts', each.name, size);
  const work = await workOf(each, size);
  const entries = await hold(each, work, contestantsOf(each, options), plan);
  say(`  (${((performance.now() - began) / 1000).toFixed(0)} s in all)`);
  return {
    case: each.name,
    title: options.quick ? `${each.title} (--quick: less of it)` : each.title,
    date: new Date().toISOString(),
    quick: options.quick,
    machine: before,
    limits,
    objective: each.objective.name,
    targets: options.quick ? [] : (each.targets ?? []),
    contestants: entries.map((entry) => ({
      ...entry,
      share: limits ? shareOf(entry, work, limits) : undefined,
    })),
  };
}

async function bench(names: readonly string[], options: Options): Promise<number> {
  const cases = names.length > 0 ? names.flatMap(casesNamed) : CASES.filter(({ long }) => !long);
  // Once, before any work of our own, which would count as load.
  const before = await machine();
  const plan = await planOf(cases, options);
  const doubt = doubtOf(before);
  if (doubt) say(doubt);
  const limits = options.quick ? null : measureLimits();
  const failed: string[] = [];
  for (const each of cases) {
    const result = await runCase(each, options, plan, limits, before);
    process.stdout.write(`\n${each.name}: ${result.title}\n${table(result)}\n`);
    failed.push(...failures(result));
    if (!options.quick) say(`Kept in ${await keep(result, path.resolve(options.out))}`);
  }
  if (!options.quick && path.resolve(options.out) === RESULTS) {
    await writeReadme(
      path.join(HERE, 'README.md'),
      RESULTS,
      CASES.map(({ name }) => name),
    );
  }
  for (const line of failed) process.stdout.write(`${line}\n`);
  return failed.length > 0 ? 1 : 0;
}

const list = (): string =>
  CASES.map(
    ({ name, title, long }) => `${name.padEnd(26)} ${title}${long ? ' (long: only by its name)' : ''}`,
  ).join('\n');

async function main(): Promise<void> {
  try {
    const program = commandLine().parse();
    const options = program.opts<Options>();
    if (options.list) process.stdout.write(`${list()}\n`);
    else process.exitCode = await bench(program.args, options);
  } catch (error) {
    const usage = error instanceof CommanderError;
    if (!usage || error.code === 'bench.case')
      say(`bench: ${usage ? error.message : (error as Error).stack}`);
    process.exitCode = usage ? (error.exitCode === 0 ? 0 : 2) : 1;
  }
}

void main();
