/** Silhouettes by their definition, one pair of rows at a time, in float64. */
export function naiveSilhouettes(x: readonly ArrayLike<number>[], labels: ArrayLike<number>): number[] {
  const members = new Map<number, number[]>();
  x.forEach((_, i) => members.set(labels[i], [...(members.get(labels[i]) ?? []), i]));
  return x.map((row, i) => {
    const own = members.get(labels[i])!;
    if (own.length === 1) return 0;
    const total = (rows: number[]) => rows.reduce((sum, j) => sum + naiveDistance(row, x[j]), 0);
    const a = total(own) / (own.length - 1);
    const others = [...members.values()].filter((rows) => rows !== own);
    const b = Math.min(...others.map((rows) => total(rows) / rows.length));
    return a === 0 && b === 0 ? 0 : (b - a) / Math.max(a, b);
  });
}

export function naiveDistance(x: ArrayLike<number>, y: ArrayLike<number>): number {
  let sum = 0;
  for (let j = 0; j < x.length; j++) sum += (x[j] - y[j]) ** 2;
  return Math.sqrt(sum);
}

export const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((a, b) => a + b, 0) / values.length;
