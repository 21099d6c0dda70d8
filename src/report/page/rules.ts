/** Dashed rules across a picture, with their labels. */
import { ruleX, ruleY, text, type Markish } from '@observablehq/plot';

const DASHED = { stroke: '#333', strokeDasharray: '5 4', className: 'mark' } as const;
const LABEL = { fontSize: 12, fill: '#222', stroke: 'white', strokeWidth: 4 } as const;

/** An upright rule, its label beside it: to its left where `late`, at its foot where `low`. */
export function upright(
  { x, label }: { x: number; label: string },
  { late, low }: { late: boolean; low: boolean },
): Markish[] {
  const side = late ? ({ dx: -6, textAnchor: 'end' } as const) : ({ dx: 6, textAnchor: 'start' } as const);
  const where = { frameAnchor: low ? 'bottom' : 'top', dy: low ? -8 : 8, ...side } as const;
  return [ruleX([x], DASHED), text([label], { x: [x], text: [label], ...where, ...LABEL })];
}

/** A level rule, its label above its right end. */
export const level = ({ y, label }: { y: number; label: string }): Markish[] => [
  ruleY([y], DASHED),
  text([label], { y: [y], text: [label], frameAnchor: 'right', dy: -8, textAnchor: 'end', ...LABEL }),
];
