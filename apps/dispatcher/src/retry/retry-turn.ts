import { delayTopicFor, type RetrySchedule } from './schedule.js';

/** What to do with a waiting delivery when its turn in a delay topic has come. */
export type RetryTurn =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'wait-again'; readonly delayTopic: number }
  | { readonly kind: 'hold'; readonly untilMs: number };

/** When a record of delay topic `delayTopic` (1-based) has its turn, ms since the epoch. */
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
 * A delivery whose turn has come is attempted when it is due. `Retry-After` may have put it off for longer than its
 * topic's delay: then it waits again where that fits, or is held here for less than the shortest delay.
 */
export function takeTurn(schedule: RetrySchedule, dueAtMs: number, nowMs: number): RetryTurn {
  const remaining = dueAtMs - nowMs;
  if (remaining <= 0) return { kind: 'attempt' };
  const delayTopic = delayTopicFor(schedule, remaining);
  return delayTopic === null ? { kind: 'hold', untilMs: dueAtMs } : { kind: 'wait-again', delayTopic };
}
