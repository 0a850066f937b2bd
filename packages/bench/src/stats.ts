/** Returns the value at a share of the sorted values, 0 to 1; the nearest rank. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) {
    throw new Error("no values");
  }
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil(share * sorted.length));
  return sorted[rank - 1] as number;
}

/** Returns the median of the values; of an even number, the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  const upper = sorted[Math.floor(half)];
  if (upper === undefined) {
    throw new Error("no values");
  }
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}
