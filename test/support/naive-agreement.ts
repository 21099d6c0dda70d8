/** Adjusted Rand index by looking at every pair of rows. */
export function naiveAdjustedRand(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [both, onlyA, onlyB, neither] = [0, 0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++) {
      if (a[i] === a[j] && b[i] === b[j]) both++;
      else if (a[i] === a[j]) onlyA++;
      else if (b[i] === b[j]) onlyB++;
      else neither++;
    }
  }
  if (onlyA === 0 && onlyB === 0) return 1;
  const expected = ((both + onlyA) * (both + onlyB)) / (both + onlyA + onlyB + neither);
  return (both - expected) / (both + (onlyA + onlyB) / 2 - expected);
}

/** 2 (H(a) + H(b) - H(a, b)) / (H(a) + H(b)). */
export function naiveNormalizedMutualInfo(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const ha = entropy(Array.from(a, String));
  const hb = entropy(Array.from(b, String));
  const hab = entropy(Array.from(a, (label, i) => `${label} ${b[i]}`));
  return ha + hb === 0 ? 1 : (2 * (ha + hb - hab)) / (ha + hb);
}

function entropy(labels: string[]): number {
  const counts = new Map<string, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts.values()].reduce(
    (sum, count) => sum - (count / labels.length) * Math.log(count / labels.length),
    0,
  );
}
