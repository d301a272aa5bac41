import { retryTopic, Topics } from './topics.js';

const HOUR_MS = 3_600_000;

/**
 * The minimum retention of a topic without loss, ms. A retry topic needs its delay plus an hour for late
 * retries: a delivery that waits longer is written there again after each delay. The marks of manual retries are
 * needed for as long as an attempt of an earlier round may wait, plus an hour. Events are needed for as long as
 * deliveries name them in place of their bodies, plus an hour. The ledger needs the day for which the fan-out
 * recognises repeats, plus an hour. For other topics, operators choose any retention: it limits how
 * long a service may be down.
 * @param longestWaitMs the longest time that a delivery can wait for its next attempt; null if the service does not
 * know it, because it waits for nothing itself.
 * @param longestReferenceMs the longest time that the schedules keep a delivery which names its event; null if the
 * service makes no such deliveries.
 */
export function leastRetentions(
  retryDelaysMs: readonly number[],
  longestWaitMs: number | null = null,
  longestReferenceMs: number | null = null,
): ReadonlyMap<string, number> {
  const least = (topic: string, ms: number | null): [string, number][] =>
    ms === null ? [] : [[topic, ms + HOUR_MS]];
  return new Map([
    ...retryDelaysMs.map((delay, index): [string, number] => [retryTopic(index + 1), delay + HOUR_MS]),
    [Topics.fanOutLedger, 25 * HOUR_MS],
    ...least(Topics.manualRetries, longestWaitMs),
    ...least(Topics.events, longestReferenceMs),
  ]);
}
