import { element } from './elements.js';
import { RED, SHAPES } from './palette.js';

const SVG = 'http://www.w3.org/2000/svg';

/** The shapes as paths in a box of 14 by 14, as Plot draws them. */
const PATHS: Record<string, string> = {
  circle: 'M7 3a4 4 0 1 0 .01 0z',
  triangle: 'M7 2.5L11.5 10.5H2.5z',
  square: 'M3.5 3.5H10.5V10.5H3.5z',
  diamond: 'M7 1.5L10.5 7L7 12.5L3.5 7z',
  plus: 'M7 2V12M2 7H12',
  star: 'M7 1.5L8.4 5.2L12.3 5.3L9.2 7.7L10.3 11.5L7 9.3L3.7 11.5L4.8 7.7L1.7 5.3L5.6 5.2z',
  cross: 'M5.3 2h3.4v3.3H12v3.4H8.7V12H5.3V8.7H2V5.3h3.3z',
  wye: 'M7 7V12M7 7L2.7 4.5M7 7L11.3 4.5',
  times: 'M3 3L11 11M3 11L11 3',
  asterisk: 'M7 2V12M2.7 4.5L11.3 9.5M2.7 9.5L11.3 4.5',
};

function sign(shape: string, colour: string, filled: boolean): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  for (const [name, value] of Object.entries({ width: '14', height: '14', viewBox: '0 0 14 14' }))
    svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, 'path');
  const looks = { d: PATHS[shape], stroke: colour, 'stroke-width': '1.6', fill: filled ? colour : 'none' };
  for (const [name, value] of Object.entries(looks)) path.setAttribute(name, value);
  svg.append(path);
  return svg;
}

/** A patch of a colour that stands for a number. */
function shade(colour: string): SVGElement {
  const patch = sign('square', colour, true);
  patch.firstElementChild!.setAttribute('stroke', '#57606a');
  return patch;
}

/** What the colours and shapes of a picture stand for. */
export function legend(
  names: readonly string[],
  palette: readonly string[],
  also: { centres?: boolean; stars?: string; shades?: readonly { colour: string; text: string }[] } = {},
): HTMLElement {
  const entry = (svg: SVGElement, text: string) => element('span', {}, svg, text);
  return element(
    'div',
    { className: 'legend' },
    ...names.map((name, k) => entry(sign(SHAPES[k % SHAPES.length], palette[k], false), name)),
    ...(also.shades ?? []).map(({ colour, text }) => entry(shade(colour), text)),
    ...(also.centres ? [entry(sign('times', '#000', false), 'centre')] : []),
    ...(also.stars ? [entry(sign('star', RED, true), also.stars)] : []),
  );
}
