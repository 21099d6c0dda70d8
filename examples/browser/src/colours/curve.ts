import { svg } from '../dom';

const [WIDTH, HEIGHT] = [320, 150];
const PLOT = { left: 8, right: WIDTH - 8, top: 22, bottom: HEIGHT - 22 };
const BELOW = HEIGHT - 6;

const short = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 });

/** The inertia after each iteration so far, from the highest to the lowest: its fall, not its size. */
export function drawCurve(drawing: SVGSVGElement, history: readonly number[]): void {
  const none = svg('text', { x: WIDTH / 2, y: HEIGHT / 2, 'text-anchor': 'middle' }, 'no iteration yet');
  drawing.replaceChildren(...(history.length > 0 ? marks(history) : [none]));
  const [first, last] = [history[0], history[history.length - 1]].map((value) => short(value ?? 0));
  const label = `Inertia in ${history.length} iterations: from ${first} to ${last}`;
  drawing.setAttribute('aria-label', history.length > 0 ? label : 'No iteration yet');
}

function marks(history: readonly number[]): SVGElement[] {
  const [low, high, last] = [Math.min(...history), Math.max(...history), history.length - 1];
  const x = (i: number) => PLOT.left + ((PLOT.right - PLOT.left) * i) / Math.max(1, last);
  const y = (value: number) => PLOT.bottom - ((PLOT.bottom - PLOT.top) * (value - low)) / (high - low || 1);
  const points = history.map((value, i) => `${x(i).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const end = { x: PLOT.right, 'text-anchor': 'end' };
  const now = [
    svg('text', { ...end, y: y(history[last]) - 8 }, short(history[last])),
    svg('text', { ...end, y: BELOW }, String(history.length)),
  ];
  return [
    svg('line', { x1: PLOT.left, x2: PLOT.right, y1: PLOT.bottom, y2: PLOT.bottom, class: 'axis' }),
    svg('polyline', { points, class: 'line' }),
    svg('circle', { cx: x(last), cy: y(history[last]), r: 4, class: 'dot' }),
    svg('text', { x: PLOT.left, y: PLOT.top - 8 }, short(history[0])),
    svg('text', { x: PLOT.left, y: BELOW }, 'iteration 1'),
    ...(last > 0 ? now : []),
  ];
}
