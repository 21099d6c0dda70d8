/**
 * Whether labels name the clusters of `best` otherwise: each of their clusters lies in one of `best`. Such a restart, lower
 * by rounding, is no better: taking it would let rounding choose the names. As in scikit-learn one direction is looked at:
 * clusters that are parts of those of `best`, which then has fewer than K, do not replace it either.
 */
export function isRenamed(labels: Int32Array, best: Int32Array): boolean {
  const names = new Map<number, number>();
  return labels.every((label, i) => {
    const name = names.get(label);
    if (name === undefined) names.set(label, best[i]);
    return name === undefined || name === best[i];
  });
}
