/** Colours that colour-blind eyes tell apart, and the shapes that go with them. */

/** Okabe and Ito 2008, Color universal design; the yellow, faint on white, is darkened, and last. */
const EIGHT = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#4D4D4D', '#B8A800'];

/** Tol 2021, Colour schemes: muted, with a grey. */
const TEN = [
  ...['#332288', '#88CCEE', '#44AA99', '#117733', '#999933'],
  ...['#DDCC77', '#CC6677', '#882255', '#AA4499', '#777777'],
];

/** `n` colours; beyond ten they come round again, and the shapes or the labels tell them apart. */
export function colours(n: number): string[] {
  const from = n <= EIGHT.length ? EIGHT : TEN;
  return Array.from({ length: n }, (_, k) => from[k % from.length]);
}

/** What stands out. */
export const RED = '#C1121F';

/** Plot's names of shapes: the second cue beside the colour. */
export const SHAPES = [
  ...['circle', 'square', 'triangle', 'cross', 'diamond', 'star', 'plus', 'wye', 'times', 'asterisk'],
] as const;

/** One hue from light to dark, for counts and densities. */
export const BLUES = ['#f7fbff', '#c6dbef', '#6baed6', '#2171b5', '#08306b'];
