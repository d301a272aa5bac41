import { delayTopicFor, type RetrySchedule } from './schedule.js';

/** What to do with a waiting delivery that has reached the head of a delay topic. */
export type RetryTurn =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'wait-again'; readonly delayTopic: number }
  | { readonly kind: 'hold'; readonly untilMs: number };

/** When a record of delay topic `delayTopic` (1-based) is ready, ms since the epoch. */
export function turnAt(
  schedule: RetrySchedule,
  delayTopic: number,
  writtenAtMs: number,
  dueAtMs: number,
): number {
  const delay = schedule[delayTopic - 1] ?? 0;
  return Math.min(writtenAtMs + delay, dueAtMs);
}

/**
 * Decides on a delivery that is ready. It is attempted if it is due. `Retry-After` may have postponed it
 * beyond its topic's delay. Then it waits again in the topic that fits, or is held here if the rest is
 * shorter than the shortest delay.
 */
export function takeTurn(schedule: RetrySchedule, dueAtMs: number, nowMs: number): RetryTurn {
  const remaining = dueAtMs - nowMs;
  if (remaining <= 0) return { kind: 'attempt' };
  const delayTopic = delayTopicFor(schedule, remaining);
  return delayTopic === null ? { kind: 'hold', untilMs: dueAtMs } : { kind: 'wait-again', delayTopic };
}
