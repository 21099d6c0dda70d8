/** One case: its contestants do the same work in turn, each in its own process, and their answers are judged. */
import { setTimeout as pause } from 'node:timers/promises';
import { readArray } from './arrays.js';
import type { Case } from './cases.js';
import { commandOf, isOurs, REFERENCE, type Contestant, type Places } from './contestants.js';
import { inertia, judge, median, shareOfBest, type Verdict } from './judge.js';
import type { Outcome, Ready, Work } from './protocol.js';
import { Worker } from './worker.js';

/** What a contestant did in a case. */
export interface Entry {
  name: string;
  /** Why it did not take part, or not to the end. */
  failure?: string;
  versions?: Record<string, string>;
  /** The median fit of each turn. */
  seconds: number[];
  median?: number;
  objective?: number[];
  verdict?: Verdict;
  /** The share of the seeds that reach the best inertia. */
  ofSeeds?: number;
  nIter?: number;
  /** Bytes. */
  memory?: Outcome['memory'];
}

export interface Plan {
  runs: number;
  /** Seconds that a contestant may take in all; it does one turn at least. */
  budget: number;
  places: Places;
  /** Why a contestant cannot take part, where it cannot. */
  absent: (contestant: Contestant) => string | undefined;
  say: (line: string) => void;
}

/** A turn is at least so long, that little fits are timed many times over. */
const TURN = 0.5;
/** A first turn that is shorter warms up, and does not count. */
const WARM_UP = 5;
/** Threads of the library that had its turn spin for a while yet. */
const QUIET = 100; // ms

interface Seat {
  contestant: Contestant;
  entry: Entry;
  worker?: Worker;
  used: number;
  last?: Outcome;
}

async function sit(contestant: Contestant, work: Work, plan: Plan): Promise<Seat> {
  const seat: Seat = { contestant, entry: { name: contestant.name, seconds: [] }, used: 0 };
  const reason = plan.absent(contestant);
  if (reason !== undefined) {
    seat.entry.failure = reason;
    return seat;
  }
  seat.worker = new Worker(commandOf(contestant, plan.places));
  await attempt(seat, plan, async (worker) => {
    seat.entry.versions = (await worker.ask<Ready>(work)).versions;
  });
  return seat;
}

/** A failure ends a contestant's part, not the case. */
async function attempt(seat: Seat, { say }: Plan, what: (worker: Worker) => Promise<void>): Promise<void> {
  if (seat.worker === undefined || seat.entry.failure !== undefined) return;
  try {
    await what(seat.worker);
  } catch (error) {
    seat.entry.failure = (error as Error).message;
    say(`  ${seat.entry.name} failed: ${seat.entry.failure}`);
    await seat.worker.close();
  }
}

async function takeTurn(seat: Seat, round: number, nIter: number | undefined, plan: Plan): Promise<void> {
  const { entry } = seat;
  if (entry.seconds.length > 0 && seat.used >= plan.budget) return;
  await attempt(seat, plan, async (worker) => {
    await pause(QUIET);
    const start = performance.now();
    seat.last = await worker.ask<Outcome>({ atLeast: TURN, nIter });
    const took = (performance.now() - start) / 1000;
    seat.used += took;
    const counts = round > 0 || took >= WARM_UP || plan.runs === 0;
    if (counts) entry.seconds.push(median(seat.last.seconds));
    plan.say(`  ${entry.name}: ${median(seat.last.seconds).toPrecision(3)} s${counts ? '' : ' (warm-up)'}`);
  });
}

/** What a contestant reached; centres are valued here, so that nobody's own arithmetic decides. */
async function objectiveOf({ task, data }: Work, { objective, clusterCenters }: Outcome): Promise<number[]> {
  if (task !== 'kmeans') return objective;
  const { values, shape } = await readArray(data.x);
  return [inertia(values, clusterCenters!, shape[1])];
}

async function finish(seats: readonly Seat[], work: Work, { objective }: Case): Promise<Entry[]> {
  for (const { entry, last } of seats) {
    if (!last || entry.failure !== undefined) continue;
    entry.objective = await objectiveOf(work, last);
    Object.assign(entry, { median: median(entry.seconds), nIter: last.nIter, memory: last.memory });
  }
  const entries = seats.map(({ entry }) => entry);
  if (work.task === 'seeds') tellShares(entries);
  const right = rightAnswer(entries);
  for (const entry of entries) {
    if (entry.objective && right) entry.verdict = judge(entry.objective, right, objective);
  }
  return entries;
}

/** Seeds are told by how many reach the best inertia that any contestant found. */
function tellShares(entries: readonly Entry[]): void {
  const best = Math.min(...entries.flatMap(({ objective = [] }) => objective));
  for (const entry of entries) {
    if (entry.objective) entry.objective = [(entry.ofSeeds = shareOfBest(entry.objective, best))];
  }
}

/** The reference's; where it took no part, the first peer's, else our own. */
function rightAnswer(entries: readonly Entry[]): number[] | undefined {
  const done = entries.filter(({ objective }) => objective !== undefined);
  const peer = done.find(({ name }) => !isOurs(name));
  return (done.find(({ name }) => name === REFERENCE) ?? peer ?? done[0])?.objective;
}

/** @returns an entry for each contestant, in their order */
export async function hold(
  each: Case,
  work: Work,
  contestants: readonly Contestant[],
  plan: Plan,
): Promise<Entry[]> {
  const seats: Seat[] = [];
  for (const contestant of contestants) seats.push(await sit(contestant, work, plan));
  try {
    for (let round = 0; round <= plan.runs; round++) {
      for (const seat of seats) {
        const nIter = seats.find(({ last }) => last?.nIter !== undefined)?.last!.nIter;
        if (seat.entry.seconds.length < Math.max(1, plan.runs)) await takeTurn(seat, round, nIter, plan);
      }
    }
  } finally {
    await Promise.all(seats.map(({ worker }) => worker?.close()));
  }
  return finish(seats, work, each);
}
