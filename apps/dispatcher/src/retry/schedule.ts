import type { Delivery, RetryScheduleName } from '@skillora/contracts';

import { MAX_RETRY_AFTER_MS } from '../http/retry-after.js';
import { shareOfAttempt } from './share-of-attempt.js';

/**
 * An automatic schedule: the delay before each retry, ms. With three delays there are at most four attempts.
 */
export type RetrySchedule = readonly number[];

/** The schedules of an installation. The delays of the standard one are also those of the retry topics. */
export interface RetrySchedules {
  /** RETRY_DELAYS */
  readonly standard: RetrySchedule;
  /** EXTENDED_RETRY_DELAYS */
  readonly extended: RetrySchedule;
}

/**
 * An extended retry comes later than its delay by up to this share of it, so that what failed together does not come
 * back together.
 */
export const MOST_LATER = 0.1;

/** The delays of a schedule. */
export function delaysOf(schedules: RetrySchedules, name: RetryScheduleName): RetrySchedule {
  return name === 'none' ? [] : schedules[name];
}

/**
 * The delay between the failure of an attempt and the next one, whole ms; null when the schedule is used up.
 * `Retry-After` can lengthen a delay, but never shorten it. The random part of an extended delay follows from the
 * attempt, so the same attempt always gets the same delay.
 */
export function retryDelayMs(
  schedules: RetrySchedules,
  name: RetryScheduleName,
  attempt: Pick<Delivery, 'deliveryId' | 'round' | 'step'>,
  retryAfterMs: number | null,
): number | null {
  const scheduled = delaysOf(schedules, name)[attempt.step - 1];
  if (scheduled === undefined) return null;
  const laterMs = name === 'extended' ? Math.floor(scheduled * MOST_LATER * shareOfAttempt(attempt)) : 0;
  return Math.max(scheduled + laterMs, Math.min(retryAfterMs ?? 0, MAX_RETRY_AFTER_MS));
}

/** The longest time that a delivery can wait for its next attempt, ms. */
export function longestWaitMs({ standard, extended }: RetrySchedules): number {
  return Math.max(MAX_RETRY_AFTER_MS, ...standard, ...extended.map((delay) => delay * (1 + MOST_LATER)));
}

/**
 * The longest time between a delivery and its last retry by the schedules, ms; its endpoint may change the schedule
 * meanwhile. `Retry-After` and holds can make it longer.
 */
export function longestScheduleMs({ standard, extended }: RetrySchedules): number {
  const latest = extended.map((delay) => delay * (1 + MOST_LATER));
  const steps = Array.from({ length: Math.max(standard.length, latest.length) }, (_, step) =>
    Math.max(standard[step] ?? 0, latest[step] ?? 0),
  );
  return steps.reduce((sum, ms) => sum + ms, 0);
}

/**
 * The retry topic (1-based) for a delivery that is due in `remainingMs`: the topic with the longest delay
 * that is not longer than this. All records of a topic wait equally long, so its first record is always the
 * next. A delivery that is due later than its topic's delay is placed again when that delay is over. Null
 * when even the shortest delay is too long.
 * @param delays the delays of the retry topics, ms.
 */
export function retryTopicFor(delays: RetrySchedule, remainingMs: number): number | null {
  let best: number | null = null;
  delays.forEach((delay, index) => {
    if (delay <= remainingMs && (best === null || delay > (delays[best - 1] ?? 0))) best = index + 1;
  });
  return best;
}

/** The retry topic (1-based) with the shortest delay. */
export function shortestRetryTopic(delays: RetrySchedule): number {
  return retryTopicFor(delays, Math.min(...delays)) ?? 1;
}
