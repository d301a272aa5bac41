/** The automatic schedule: the delay before each retry, ms. With three delays there are at most four attempts. */
export type RetrySchedule = readonly number[];

/** Customers can ask for more time by `Retry-After`, up to this. */
export const MAX_RETRY_AFTER_MS = 3_600_000;

/**
 * How long after the failure of attempt `step` (1-based within its round) the next one is due, ms; null when the
 * schedule is used up. `Retry-After` lengthens a delay, never shortens it.
 */
export function retryDelayMs(
  schedule: RetrySchedule,
  step: number,
  retryAfterMs: number | null,
): number | null {
  const scheduled = schedule[step - 1];
  if (scheduled === undefined) return null;
  return Math.max(scheduled, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/**
 * The delay topic (1-based) in which a delivery waits that is due in `remainingMs`: the longest delay that is not
 * longer. All records of a topic wait equally long there, so its head is always the next; what is due later than its
 * topic's delay is placed again when its turn comes. Null when even the shortest delay is too long.
 */
export function delayTopicFor(schedule: RetrySchedule, remainingMs: number): number | null {
  let best: number | null = null;
  schedule.forEach((delay, index) => {
    if (delay <= remainingMs && (best === null || delay > (schedule[best - 1] ?? 0))) best = index + 1;
  });
  return best;
}
