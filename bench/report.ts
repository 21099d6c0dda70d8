/** What is told of a case, kept in results/ and written into the README. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Target } from './cases.js';
import type { Entry } from './contest.js';
import { isOurs, OURS } from './contestants.js';
import type { Limits } from './limits.js';

export interface Machine {
  cpu: string;
  cores: number;
  /** Bytes. */
  memory: number;
  system: string;
  node: string;
  /** How many processors others kept at work in the second before; a result of before this was looked at has none. */
  busy?: number;
}

/** What is not to be trusted, in words; null where the machine was quiet. */
export const doubtOf = ({ busy = 0 }: Machine): string | null =>
  busy > 0.1 ? `The machine was busy (${busy.toFixed(1)} processors): do not trust the times.` : null;

export interface Result {
  case: string;
  title: string;
  /** ISO 8601. */
  date: string;
  quick: boolean;
  machine: Machine;
  limits: Limits | null;
  objective: string;
  targets: readonly Target[];
  contestants: (Entry & { share?: number })[];
}

/** What makes the run a failure: no answer of ours, or another one than the right one. */
export function failures({ case: name, contestants, objective }: Result): string[] {
  return contestants.flatMap((entry) => {
    if (!isOurs(entry.name)) return [];
    if (entry.failure !== undefined) return [`${name}: ${entry.name} failed: ${entry.failure}`];
    if (entry.verdict === 'same' || entry.verdict === 'better') return [];
    return [
      `${name}: FAILURE: ${entry.name} reached another ${objective}: ${entry.verdict}. Its time does not count.`,
    ];
  });
}

const milliseconds = (seconds: number | undefined): string =>
  seconds === undefined ? '' : String(Number((1000 * seconds).toPrecision(3)));

const megabytes = (bytes: number): string => String(Math.round(bytes / 1e6));

/** Peer's time over ours, with the target and whether it is reached; nothing where an answer is not as good. */
function ratio({ contestants, targets }: Result, peer: Entry, on: 'native' | 'wasm'): string {
  const ours = contestants.find(({ name }) => name === OURS[on].name);
  if (!ours?.median || !peer.median || isOurs(peer.name)) return '';
  if (peer.verdict === 'worse' || peer.verdict === 'different') return '';
  const value = peer.median / ours.median;
  const target = targets.find((each) => each.peer === peer.name && (each.on ?? 'native') === on);
  const text = `${Number(value.toPrecision(3))}x`;
  return target ? `${text} (target ${target.ratio}x: ${value >= target.ratio ? 'reached' : 'missed'})` : text;
}

const HEAD = [
  'contestant',
  'ms',
  'native is',
  'wasm is',
  'answer',
  'iterations',
  'peak MB (more than the data)',
  'of the limit',
];

const answer = ({ verdict, ofSeeds }: Entry): string =>
  ofSeeds === undefined
    ? (verdict ?? '')
    : `${verdict}: the best in ${Math.round(100 * ofSeeds)} % of the seeds`;

/** The JSON has the whole. */
const firstSentence = (text: string): string => /^.*?\.(?=\s|$)/.exec(text)?.[0] ?? text;

function row(result: Result, entry: Entry & { share?: number }): string[] {
  if (entry.failure !== undefined)
    return [entry.name, '', '', '', `none: ${firstSentence(entry.failure)}`, '', '', ''];
  const { memory, share } = entry;
  return [
    entry.name,
    milliseconds(entry.median),
    ratio(result, entry, 'native'),
    ratio(result, entry, 'wasm'),
    answer(entry),
    String(entry.nIter ?? ''),
    memory ? `${megabytes(memory.peak)} (${megabytes(memory.peak - memory.before)})` : '',
    share === undefined ? '' : `${(100 * share).toPrecision(2)} %`,
  ];
}

/** A table in Markdown, its empty columns left out. */
export function table(result: Result): string {
  const rows = [HEAD, ...result.contestants.map((entry) => row(result, entry))];
  const used = HEAD.map((_, j) => rows.slice(1).some((cells) => cells[j] !== ''));
  const kept = rows.map((cells) => cells.filter((_, j) => used[j]));
  const widths = kept[0].map((_, j) => Math.max(...kept.map((cells) => cells[j].length)));
  const line = (cells: string[]) => `| ${cells.map((cell, j) => cell.padEnd(widths[j])).join(' | ')} |`;
  const [head, ...body] = kept.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
}

/** Where and with what it was measured. */
function circumstances({ date, machine, limits, contestants }: Result): string {
  const versions = Object.assign({}, ...contestants.map((entry) => entry.versions ?? {})) as Record<
    string,
    string
  >;
  const limit = limits
    ? `; ${Math.round(limits.gemm / 1e9)} GFLOP/s (float32), ${Math.round(limits.bandwidth / 1e9)} GB/s`
    : '';
  const where = `${machine.cpu}, ${machine.cores} cores${limit}; Node ${machine.node}`;
  const libraries = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  const about = `${date.slice(0, 10)}, ${where}; ${libraries.join(', ')}.`;
  return [about, doubtOf(machine)].filter((part) => part !== null).join(' ');
}

/** Keeps a result as `<date>-<case>.json`. @returns the file */
export async function keep(result: Result, folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `${result.date.slice(0, 10)}-${result.case}.json`);
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`);
  return file;
}

/** The last result of every case in the folder, in the order of `names`. */
async function latest(folder: string, names: readonly string[]): Promise<Result[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith('.json')).sort();
  const byCase = new Map<string, Result>();
  for (const file of files) {
    const result = JSON.parse(await readFile(path.join(folder, file), 'utf8')) as Result;
    byCase.set(result.case, result);
  }
  return names.flatMap((name) => byCase.get(name) ?? []);
}

const MARKS = ['<!-- results: written by npm run bench -->', '<!-- end of results -->'];

/** Puts the tables of what the folder keeps between the README's marks. */
export async function writeReadme(readme: string, folder: string, names: readonly string[]): Promise<void> {
  const parts = (await latest(folder, names)).map(
    (result) => `### ${result.case}\n\n${result.title}\n\n${table(result)}\n\n${circumstances(result)}`,
  );
  const text = await readFile(readme, 'utf8');
  const [start, end] = MARKS.map((mark) => text.indexOf(mark));
  if (start < 0 || end < start) throw new Error(`${readme} has lost its marks '${MARKS.join("' and '")}'.`);
  const before = text.slice(0, start + MARKS[0].length);
  await writeFile(readme, `${before}\n\n${parts.join('\n\n')}\n\n${text.slice(end)}`);
}
