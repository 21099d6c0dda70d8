/** Marks that several pictures share: points by class, centres, what stands out. */
import { dot, type Markish } from '@observablehq/plot';
import type { Stars } from '../data.js';
import { RED, SHAPES } from './palette.js';

const at = { x: '0', y: '1' } as const;

/** Points with the colour and the shape of their class. */
export const points = (
  rows: number[][],
  labels: readonly number[],
  palette: readonly string[],
  r = 2.6,
): Markish =>
  dot(rows, {
    ...at,
    r,
    stroke: (_: number[], i: number) => palette[labels[i]],
    symbol: (_: number[], i: number) => SHAPES[labels[i] % SHAPES.length],
    strokeWidth: 1.2,
    className: 'points',
  });

/** Points without a class. */
export const plainPoints = (rows: number[][], r = 1.5, fill = '#222'): Markish =>
  dot(rows, { ...at, r, fill, fillOpacity: 0.55, className: 'points' });

/** A black cross on a white disc. */
export const centres = (rows: number[][]): Markish[] => [
  dot(rows, { ...at, r: 7.5, fill: 'white', stroke: '#222', fillOpacity: 0.9, className: 'centres' }),
  dot(rows, { ...at, r: 3.6, symbol: 'times', stroke: 'black', strokeWidth: 2.4, className: 'crosses' }),
];

/** Red stars. */
export const stars = (found: Stars | undefined): Markish[] =>
  found
    ? [
        dot(found.points, {
          ...at,
          r: 4.5,
          symbol: 'star',
          fill: RED,
          stroke: 'white',
          strokeWidth: 0.6,
          className: 'stars',
        }),
      ]
    : [];
