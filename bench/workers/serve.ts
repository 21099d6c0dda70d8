/** The part of a contestant's process that is the same for every JavaScript library: see ../protocol.ts. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readArray, type Made } from '../arrays.js';
import type { Outcome, Ready, Turn, Work } from '../protocol.js';

/** One fit, timed by the worker. `seconds` where what is to be timed is not the whole fit. */
export type Fitted = Pick<Outcome, 'objective' | 'clusterCenters' | 'nIter'> & { seconds?: number };
export type Fit = (turn: Turn) => Promise<Fitted>;

/** Puts the data in place, outside of the time. */
export type Prepare = (
  work: Work,
  data: Record<string, Made>,
) => Promise<{ versions: Ready['versions']; fit: Fit }>;

/** A line of /proc/self/status in bytes; where there is none, what Node knows. */
function resident(line: 'VmRSS' | 'VmHWM'): number {
  try {
    return (
      1024 * Number(new RegExp(`${line}:\\s*(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))![1])
    );
  } catch {
    return line === 'VmRSS' ? process.memoryUsage.rss() : 1024 * process.resourceUsage().maxRSS;
  }
}

/** Little objects that V8's young generation has room for several times over: it has all of its pages then. */
const YOUNG = 3_000_000;

function fillYoung(): void {
  const kept: number[][] = [];
  for (let i = 0; i < YOUNG; i++) kept[i % 1000] = [i];
}

/** From here on VmHWM is the most since now (Linux). */
function forgetPeak(): number {
  (globalThis as { gc?: () => void }).gc?.();
  fillYoung();
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // The peak then includes the reading of the data.
  }
  return resident('VmRSS');
}

/** @param memory its peak is set after the first fit: in later ones V8 may not have collected yet what earlier ones left */
async function turn(fit: Fit, asked: Turn, memory: Outcome['memory']): Promise<Outcome> {
  const seconds: number[] = [];
  const began = performance.now();
  for (;;) {
    const start = performance.now();
    const fitted = await fit(asked);
    seconds.push(fitted.seconds ?? (performance.now() - start) / 1000);
    memory.peak ||= resident('VmHWM');
    if (performance.now() - began >= 1000 * asked.atLeast) {
      const { objective, clusterCenters, nIter } = fitted;
      return { seconds, objective, clusterCenters, nIter, memory };
    }
  }
}

async function prepared(work: Work, prepare: Prepare) {
  const data: Record<string, Made> = {};
  for (const [name, file] of Object.entries(work.data)) data[name] = await readArray(file);
  return prepare(work, data);
}

/** Answers until its input ends. */
export async function serve(prepare: Prepare): Promise<void> {
  const answer = (message: unknown) => writeFileSync(3, `${JSON.stringify(message)}\n`);
  let fit: Fit | undefined;
  const memory = { before: 0, peak: 0 };
  for await (const line of createInterface({ input: process.stdin })) {
    try {
      const message = JSON.parse(line) as Work | Turn;
      if ('task' in message) {
        const ready = await prepared(message, prepare);
        fit = ready.fit;
        memory.before = forgetPeak();
        answer({ versions: ready.versions } satisfies Ready);
      } else answer(await turn(fit!, message, memory));
    } catch (error) {
      answer({ error: error instanceof Error ? error.message : String(error) });
    }
  }
}
