/** The table of figures that a job prints: what was computed here, beside the notebook's and the best known. */

type Shown = number | string | null | undefined;

/** One row. */
export interface Figure {
  what: string;
  here: number | string;
  notebook?: Shown;
  best?: Shown;
  /** Whether it reaches what it must; left out for what is only told. */
  ok?: boolean;
  /** Made with less work than the figure asks for: shown, and never a failure. */
  reduced?: boolean;
}

/** |actual - expected| <= abs + rel |expected|; false for NaN. */
export const within = (
  actual: number,
  expected: number,
  { rel = 0, abs = 0 }: { rel?: number; abs?: number },
): boolean => Math.abs(actual - expected) <= abs + rel * Math.abs(expected);

/** The figures that fail the job. */
export const failures = (figures: readonly Figure[]): Figure[] =>
  figures.filter(({ ok, reduced }) => ok === false && !reduced);

function show(value: Shown): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(8)));
}

function mark({ ok, reduced }: Figure): string {
  if (reduced) return 'reduced';
  return ok === undefined ? '' : ok ? 'ok' : 'NOT REACHED';
}

const HEAD = ['what', 'here', 'notebook', 'best known', ''];

/** The rows as text, the numbers to the right. */
export function table(figures: readonly Figure[]): string {
  const cells = figures.map((f) => [f.what, show(f.here), show(f.notebook), show(f.best), mark(f)]);
  const widths = HEAD.map((head, j) => Math.max(head.length, ...cells.map((row) => row[j].length)));
  const line = (row: string[]) =>
    row
      .map((cell, j) => (j > 0 && j < 4 ? cell.padStart(widths[j]) : cell.padEnd(widths[j])))
      .join('  ')
      .trimEnd();
  return [line(HEAD), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(line)].join('\n');
}
