/**
 * What the four jobs share: the choice of a backend, progress, the table of figures and the report.
 *
 * Exit codes: 0 done; 1 a figure was not reached, or the work failed; 2 the command was not understood, or something
 * it needs (a file, a backend) is not there; 130 Ctrl-C ended it. With --live, Ctrl-C after the fit ends the page, and
 * the code is the fit's.
 */
import { createWriteStream, readdirSync, rmSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isatty, WriteStream } from 'node:tty';
import { SingleBar } from 'cli-progress';
import { InputError, type FitEvents } from '../src/index.js';
import { useBestBackend } from '../src/node/index.js';
import type { Report } from '../src/report/report.js';
import type { Rows } from './regions.js';
import { parse, ROOT, type BackendName, type CommandDescription, type JobOptions } from './commandLine.js';
import { ensurePage } from './page.js';
import { ensureWasmKernels } from './wasm.js';
import { failures, table, type Figure } from './table.js';

export { within, type Figure } from './table.js';

export interface JobDescription extends CommandDescription {
  /** Loads what makes a page of the job's numbers, as they are in reports/<name>.json. */
  page?: () => Promise<(saved: Saved<never>, folder: string) => Report>;
}

/** reports/<name>.json, as far as pages read it. */
export interface Saved<Pictures> {
  machine: { backend: string; device: string; version: string; node: string };
  options: { seed: number; nInit?: number; quick: boolean };
  seconds: number;
  figures: Figure[];
  pictures: Pictures;
}

/** What a job works with. */
export interface Job {
  readonly options: Readonly<JobOptions>;
  readonly backend: BackendName;
  /** Events of a fit on two features that show it as it goes on, with --live; else none. */
  watch(what: string, x: Rows): FitEvents;
  /** One line on stderr. */
  say(line: string): void;
  /** Adds a row to the table of figures, and to the report. */
  figure(figure: Figure): void;
  /** Keeps the numbers of a picture, or anything else, in the report under `pictures`. */
  picture(name: string, numbers: unknown): void;
  /** Runs `work`, which calls `step` (or `step(n)`: n more) up to `total` times: a bar on a terminal, else plain lines. */
  progress<T>(what: string, total: number, work: (step: (n?: number) => void) => Promise<T>): Promise<T>;
}

/** Figures to reach: those of scikit-learn (`figures.json`) and those printed in the notebook (`notebook.json`). */
export async function readFigures<T>(file: 'figures.json' | 'notebook.json'): Promise<T> {
  return JSON.parse(await readFile(path.join(ROOT, 'data', file), 'utf8')) as T;
}

/** Where lines and bars go: stderr, which launch.ts hands over as file 3 to read the other lines of file 2 itself. */
const handedOver = Number(process.env.TFJS_LATENT_STDERR);
export const terminal: NodeJS.WritableStream & { isTTY?: boolean } = !handedOver
  ? process.stderr
  : isatty(handedOver)
    ? new WriteStream(handedOver)
    : createWriteStream('', { fd: handedOver });

const say = (line: string, then?: () => void): void => void terminal.write(`${line}\n`, then);

async function withProgress<T>(
  what: string,
  total: number,
  work: (step: (n?: number) => void) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  if (!terminal.isTTY) say(`${what} …`);
  const bar = new SingleBar({
    format: `${what} {bar} {value} of {total}, {duration} s`,
    stream: terminal,
    hideCursor: true,
  });
  if (terminal.isTTY) bar.start(total, 0);
  let steps = 0;
  try {
    return await work((n = 1) => {
      steps += n;
      bar.update(Math.min(steps, total));
    });
  } finally {
    bar.stop();
    if (!terminal.isTTY) say(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  }
}

/** Where the native set-up puts tfjs-node's. */
const BINDINGS = 'node_modules/@tensorflow/tfjs-node/lib';

const unfinished = new Set<string>();
process.on('exit', () => unfinished.forEach((file) => rmSync(file, { force: true })));

/** Written beside and renamed, so that a reader never sees half a report; where the process exits in between, nothing is left. */
export async function writeWhole(file: string, content: string | Uint8Array): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const beside = `${file}.${process.pid}.part`;
  unfinished.add(beside);
  await writeFile(beside, content);
  await rename(beside, file);
  unfinished.delete(beside);
}

/** JSON of a report: typed arrays as lists, NaN and infinities refused (JSON would write them as null). */
function toJson(name: string, report: unknown): string {
  return JSON.stringify(report, (key, value: unknown) => {
    if (typeof value === 'number' && !Number.isFinite(value)) {
      throw new Error(`${name}: ${key} is ${value}; a report holds finite numbers only.`);
    }
    return ArrayBuffer.isView(value) ? Array.from(value as Float32Array) : value;
  });
}

/** The report as a page, from the very numbers that were saved. */
async function writePage(file: string, load: NonNullable<JobDescription['page']>, saved: string) {
  await ensurePage();
  const make = await load();
  const report = make(JSON.parse(saved) as Saved<never>, path.dirname(file));
  await writeWhole(file, report.toHtml());
  return report;
}

/** Serves what comes; Ctrl-C ends the fit and the pages, or, after the fit, the pages alone. */
async function goLive(name: string) {
  await ensurePage();
  const { serve } = await import('./live.js');
  const { watch } = await import('./watch.js');
  const { Report } = await import('../src/report/report.js');
  const live = await serve(new Report('A fit, as it goes on', 'It has not begun yet.'));
  say(`${name}: live at ${live.address} (the fits begin when a page is open)`);
  let stop = (): void => {
    live.close();
    say(`${name}: stopped.`, () => process.exit(130));
  };
  process.on('SIGINT', () => stop());
  await live.opened;
  const untilStopped = async (last: Report) => {
    const stopped = new Promise<void>((resolve) => (stop = resolve));
    live.end(last);
    say(`${name}: done; the page stays at ${live.address} until Ctrl-C.`);
    await stopped;
    live.close();
  };
  return { watch: (what: string, x: Rows) => watch(live, what, x), untilStopped };
}

/** A clone builds the kernels for WebAssembly before they are first looked for. */
async function bestBackend(asked: BackendName | undefined) {
  const native = readdirSync(BINDINGS, { recursive: true, encoding: 'utf8' });
  if (asked === 'wasm' || !(asked || native.some((file) => file.endsWith('tfjs_binding.node'))))
    await ensureWasmKernels();
  return useBestBackend(asked);
}

async function perform(
  { name, page }: JobDescription,
  given: JobOptions,
  work: (job: Job) => Promise<void>,
): Promise<number> {
  const began = performance.now();
  const best = await bestBackend(given.backend);
  say(`${name}: backend ${best.backend} ${best.version} on the ${best.device === 'gpu' ? 'GPU' : 'CPU'}`);
  if (best.hint) say(best.hint);
  const backend = best.backend as BackendName;
  const options = { ...given, quick: given.quick || backend === 'cpu' };
  if (options.quick && !given.quick) say('The cpu backend is slow: this is a --quick run.');
  const figures: Figure[] = [];
  const pictures: Record<string, unknown> = {};
  const figure = (each: Figure) => void figures.push(each);
  const picture = (key: string, numbers: unknown) => void (pictures[key] = numbers);
  const shown = options.live ? await goLive(name) : undefined;
  await work({
    options,
    backend,
    watch: shown?.watch ?? (() => ({})),
    say,
    figure,
    picture,
    progress: withProgress,
  });
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(`${table(figures)}\n`);
  const { seed, nInit, quick } = options;
  const file = path.join(options.out, `${name}.json`);
  const machine = { backend, device: best.device, version: best.version, node: process.version };
  const saved = toJson(name, {
    job: name,
    machine,
    options: { seed, nInit, quick },
    seconds,
    figures,
    pictures,
  });
  await writeWhole(file, saved);
  say(`${name}: ${seconds.toFixed(1)} s; the numbers of every picture are in ${file}`);
  const missed = failures(figures);
  if (missed.length > 0) say(`${name}: not reached: ${missed.map(({ what }) => what).join('; ')}`);
  if (page) {
    const html = file.replace(/json$/, 'html');
    const report = await writePage(html, page, saved);
    say(`${name}: to look at: ${html}`);
    await shown?.untilStopped(report);
  }
  return missed.length > 0 ? 1 : 0;
}

/** What the user can mend: an argument, a backend that is not installed, a file that is not there. */
const isMissing = (error: unknown): boolean =>
  error instanceof InputError || (error instanceof Error && 'code' in error && error.code === 'ENOENT');

/** Runs a job from its command line and sets the process's exit code. */
export async function runJob(
  description: JobDescription,
  work: (job: Job) => Promise<void>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const options = parse({ ...description, name: `train-${description.name}` }, argv);
  try {
    process.exitCode = await perform(description, options, work);
  } catch (error) {
    const missing = isMissing(error);
    const text = error instanceof Error ? ((missing ? undefined : error.stack) ?? error.message) : error;
    say(`${description.name}: ${text}`);
    process.exitCode = missing ? 2 : 1;
  }
}
