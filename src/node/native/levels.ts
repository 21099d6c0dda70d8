import { readFileSync } from 'node:fs';

/** A set of instructions, by the name that compilers have for it (the x86-64 psABI's). */
export type Level = 'x86-64-v4' | 'x86-64-v3';

const V3 = ['avx', 'avx2', 'bmi1', 'bmi2', 'f16c', 'fma', 'abm', 'movbe'];
const V4 = ['avx512f', 'avx512bw', 'avx512cd', 'avx512dq', 'avx512vl'];

/** What Linux calls the parts of each. */
const FLAGS: Record<Level, string[]> = { 'x86-64-v4': [...V3, ...V4], 'x86-64-v3': V3 };

/** The sets that kernels are built for, the widest first. */
export const LEVELS = Object.keys(FLAGS) as Level[];

/**
 * The widest set that a processor has; null where it has none of them.
 *
 * @param cpuinfo what /proc/cpuinfo says
 */
export function levelOf(cpuinfo: string): Level | null {
  const flags = new Set(/^flags\s*:(.*)$/m.exec(cpuinfo)?.[1].split(' '));
  return LEVELS.find((level) => FLAGS[level].every((flag) => flags.has(flag))) ?? null;
}

/** The widest set of this machine's processor. */
export function thisLevel(): Level | null {
  try {
    return levelOf(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return null; // not Linux
  }
}

export const NO_LEVEL = 'they need AVX2 and FMA, which this processor has not';
