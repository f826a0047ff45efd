/** The value below which this share of the values lies; 0 when there are no values. */
export function percentile(values: Iterable<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** The value in the middle; 0 when there are no values. */
export function median(values: Iterable<number>): number {
  return percentile(values, 0.5);
}
