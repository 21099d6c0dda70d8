/** Where a log density lies among those of the test digits. */
import { svg } from '../dom';

const [WIDTH, HEIGHT, BINS] = [440, 130, 44];
const PLOT = { left: 8, right: WIDTH - 8, top: 24, bottom: HEIGHT - 22 };
const BELOW = HEIGHT - 6;
/** Of the test digits, that the drawing's left end leaves out: some lie very far off. */
const LEFT_OUT = 0.005;

/** In percent: what is stranger than all but so many is 'strange', or 'unusual'. */
const STRANGE = 1;
const UNUSUAL = 10;

export const nats = (value: number): string =>
  `${value.toLocaleString('en', { minimumFractionDigits: 1, maximumFractionDigits: 1, useGrouping: false }).replace('-', '−')} nats`;

/** How many of the sorted values are below. */
function countBelow(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A sentence; the count of test digits is in it, so that the word can be checked. */
export function verdict(sorted: readonly number[], logDensity: number): string {
  // They are kept to one decimal.
  const below = countBelow(sorted, Math.round(10 * logDensity) / 10);
  const percent = (100 * below) / sorted.length;
  const word = percent < STRANGE ? 'Strange' : percent < UNUSUAL ? 'Unusual' : 'Typical';
  const some = percent < STRANGE ? String(below) : `${Math.floor(percent)} %`;
  const all = sorted.length.toLocaleString('en');
  const stranger = `${below === 0 ? 'none' : some} of ${all} test digits ${below === 1 ? 'is' : 'are'} stranger`;
  return `${word}: ${stranger}. Log density ${nats(logDensity)}.`;
}

/** Their histogram, and a mark for one more. */
export function drawDensities(
  drawing: SVGSVGElement,
  sorted: readonly number[],
  logDensity: number | null,
): void {
  const low = sorted[Math.floor(LEFT_OUT * sorted.length)];
  const high = sorted[sorted.length - 1];
  const x = (value: number) => PLOT.left + ((PLOT.right - PLOT.left) * (value - low)) / (high - low);
  drawing.replaceChildren(
    ...bars(sorted, low, high),
    svg('line', { x1: PLOT.left, x2: PLOT.right, y1: PLOT.bottom, y2: PLOT.bottom, class: 'axis' }),
    svg('text', { x: PLOT.left, y: BELOW }, nats(low)),
    svg('text', { x: PLOT.right, y: BELOW, 'text-anchor': 'end' }, nats(high)),
    ...(logDensity === null ? [] : mark(x(logDensity))),
  );
  const about = logDensity === null ? '' : `; this one: ${nats(logDensity)}`;
  const label = `Log densities of the test digits, most from ${nats(low)} to ${nats(high)}${about}`;
  drawing.setAttribute('aria-label', label);
}

function bars(sorted: readonly number[], low: number, high: number): SVGElement[] {
  const edges = Array.from({ length: BINS + 1 }, (_, i) => low + ((high - low) * i) / BINS);
  const counts = edges.slice(1).map((edge, i) => countBelow(sorted, edge) - countBelow(sorted, edges[i]));
  const unit = (PLOT.bottom - PLOT.top) / Math.max(...counts);
  const width = (PLOT.right - PLOT.left) / BINS;
  return counts.map((count, i) => {
    const place = { x: PLOT.left + i * width + 0.5, y: PLOT.bottom - unit * count };
    return svg('rect', { ...place, width: width - 1, height: unit * count, class: 'bar' });
  });
}

/** An upright line; where its place lies outside of the drawing it points on. */
function mark(place: number): SVGElement[] {
  const at = Math.min(PLOT.right, Math.max(PLOT.left, place));
  const text = place < at ? '← this one' : place > at ? 'this one →' : 'this one';
  const anchor = at < WIDTH / 4 ? 'start' : at > (3 * WIDTH) / 4 ? 'end' : 'middle';
  return [
    svg('line', { x1: at, x2: at, y1: PLOT.top - 6, y2: PLOT.bottom, class: 'mark' }),
    svg('text', { x: at, y: PLOT.top - 10, 'text-anchor': anchor, class: 'mark-text' }, text),
  ];
}
