import type { Grid } from '../data.js';

type Point = [number, number];

/** Between the labels of four neighbours: half-way points of the sides that change, to each other or to the middle. */
function segments(cells: readonly number[], { width, height }: Grid): [Point, Point][] {
  const found: [Point, Point][] = [];
  for (let j = 0; j + 1 < height; j++) {
    for (let i = 0; i + 1 < width; i++) {
      const at = j * width + i;
      const [a, b, c, d] = [cells[at], cells[at + 1], cells[at + 1 + width], cells[at + width]];
      const sides: Point[] = [];
      if (a !== b) sides.push([i + 0.5, j]);
      if (b !== c) sides.push([i + 1, j + 0.5]);
      if (c !== d) sides.push([i + 0.5, j + 1]);
      if (d !== a) sides.push([i, j + 0.5]);
      if (sides.length === 2) found.push([sides[0], sides[1]]);
      else for (const side of sides) found.push([side, [i + 0.5, j + 0.5]]);
    }
  }
  return found;
}

/** Segments that share an end, joined to lines. */
function joined(parts: [Point, Point][]): Point[][] {
  const byEnd = new Map<string, number[]>();
  parts.forEach((part, n) => {
    for (const end of part) byEnd.set(String(end), [...(byEnd.get(String(end)) ?? []), n]);
  });
  const used = new Set<number>();
  /** From an end onwards, as long as one segment that is left goes on from there. */
  const follow = (from: Point): Point[] => {
    const line: Point[] = [];
    for (let at = from; ;) {
      const next = byEnd.get(String(at))!.find((n) => !used.has(n));
      if (next === undefined) return line;
      used.add(next);
      const [p, q] = parts[next];
      at = String(p) === String(at) ? q : p;
      line.push(at);
    }
  };
  return parts.flatMap(([from, to], n) => {
    if (used.has(n)) return [];
    used.add(n);
    return [[...follow(from).reverse(), from, to, ...follow(to)]];
  });
}

/** Steps of the grid become a straight line where each point is the mean of itself and its neighbours, thrice. */
function smooth(line: Point[]): Point[] {
  let points = line;
  for (let round = 0; round < 3; round++) {
    points = points.map((p, i) => {
      if (i === 0 || i === points.length - 1) return p;
      const [before, after] = [points[i - 1], points[i + 1]];
      return [(before[0] + 2 * p[0] + after[0]) / 4, (before[1] + 2 * p[1] + after[1]) / 4];
    });
  }
  return points;
}

/** The lines between the regions of a grid of labels, each once, in the plane's units. */
export function borderLines(grid: Grid, cells: readonly number[]): number[][][] {
  const [left, right, bottom, top] = grid.extent;
  const [dx, dy] = [(right - left) / (grid.width - 1), (top - bottom) / (grid.height - 1)];
  return joined(segments(cells, grid)).map((line) =>
    smooth(line).map(([i, j]) => [left + i * dx, bottom + j * dy]),
  );
}
