import { retryTopicFor, type RetrySchedule, shortestRetryTopic } from './schedule.js';

/** What to do with a waiting delivery that has reached the head of a retry topic. */
export type RetryTurn =
  | { readonly kind: 'attempt' }
  | { readonly kind: 'wait-again'; readonly topicNumber: number }
  | { readonly kind: 'hold'; readonly untilMs: number };

/**
 * When a record of retry topic `topicNumber` (1-based) is ready, ms since the epoch.
 * @param schedule the delays of the retry topics, ms.
 */
export function turnAt(
  schedule: RetrySchedule,
  topicNumber: number,
  writtenAtMs: number,
  dueAtMs: number,
): number {
  const delay = schedule[topicNumber - 1] ?? 0;
  return Math.min(writtenAtMs + delay, dueAtMs);
}

/**
 * Decides on a delivery that is ready. It is attempted if it is due. An extended schedule or `Retry-After` may
 * have put it beyond its topic's delay. Then it waits again in the topic that fits. If the rest is shorter than the
 * shortest delay, it is held in memory. If its organisation holds its share already, it waits at the end of
 * the topic with the shortest delay: there it is due before the records behind it, so it holds up nobody.
 * @param mayHold whether its organisation may hold another delivery in memory.
 */
export function takeTurn(
  schedule: RetrySchedule,
  dueAtMs: number,
  nowMs: number,
  mayHold: boolean,
): RetryTurn {
  const remaining = dueAtMs - nowMs;
  if (remaining <= 0) return { kind: 'attempt' };
  const topicNumber = retryTopicFor(schedule, remaining);
  if (topicNumber !== null) return { kind: 'wait-again', topicNumber };
  return mayHold
    ? { kind: 'hold', untilMs: dueAtMs }
    : { kind: 'wait-again', topicNumber: shortestRetryTopic(schedule) };
}
