import { MAX_RETRY_AFTER_MS } from '../http/retry-after.js';

/**
 * The automatic schedule: the delay before each retry, ms. With three delays there are at most four attempts.
 */
export type RetrySchedule = readonly number[];

/**
 * The delay between the failure of attempt `step` (1-based within its round) and the next attempt, ms; null
 * when the schedule is used up. `Retry-After` can lengthen a delay, but never shorten it.
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
 * The retry topic (1-based) for a delivery that is due in `remainingMs`: the topic with the longest delay
 * that is not longer than this. All records of a topic wait equally long, so its first record is always the
 * next. A delivery that is due later than its topic's delay is placed again when that delay is over. Null
 * when even the shortest delay is too long.
 */
export function retryTopicFor(schedule: RetrySchedule, remainingMs: number): number | null {
  let best: number | null = null;
  schedule.forEach((delay, index) => {
    if (delay <= remainingMs && (best === null || delay > (schedule[best - 1] ?? 0))) best = index + 1;
  });
  return best;
}
