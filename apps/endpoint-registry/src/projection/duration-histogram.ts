/**
 * The upper bounds of the histogram's classes, ms, each about one and a half times the one before. A last
 * class holds longer durations. Rows hold one number for each class, so changing the bounds needs a new
 * column.
 */
export const DURATION_BOUNDS_MS = [
  5, 10, 15, 25, 40, 65, 100, 150, 250, 400, 650, 1_000, 1_500, 2_500, 4_000, 6_500, 10_000, 15_000, 30_000,
] as const;

export const DURATION_CLASSES = DURATION_BOUNDS_MS.length + 1;

/** The class of a duration. */
export function durationClass(ms: number): number {
  const index = DURATION_BOUNDS_MS.findIndex((bound) => ms <= bound);
  return index === -1 ? DURATION_BOUNDS_MS.length : index;
}

/**
 * The duration that a share of the counted attempts did not exceed, ms, interpolated within its class. For
 * the last class it is the lower bound. Null when nothing was counted.
 */
export function percentile(counts: readonly number[], share: number): number | null {
  // Plain loops: an answer with statistics of many endpoints needs tens of thousands of percentiles.
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0) return null;
  const rank = share * total;
  let below = 0;
  for (let index = 0; index < counts.length; index += 1) {
    const count = counts[index] ?? 0;
    if (count > 0 && below + count >= rank) {
      const lower = DURATION_BOUNDS_MS[index - 1] ?? 0;
      const upper = DURATION_BOUNDS_MS[index] ?? lower;
      return Math.round(lower + ((upper - lower) * (rank - below)) / count);
    }
    below += count;
  }
  return DURATION_BOUNDS_MS.at(-1) ?? null;
}
