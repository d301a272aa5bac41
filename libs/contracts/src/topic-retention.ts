import { retryTopic, Topics } from './topics.js';

const HOUR_MS = 3_600_000;

/**
 * The minimum retention of a topic without loss, ms. A retry topic needs its delay plus an hour for late
 * retries. The ledger needs the day for which the fan-out recognises repeats, plus an hour. For other topics,
 * operators choose any retention: it limits how long a service may be down.
 */
export function leastRetentions(retryDelaysMs: readonly number[]): ReadonlyMap<string, number> {
  return new Map([
    ...retryDelaysMs.map((delay, index): [string, number] => [retryTopic(index + 1), delay + HOUR_MS]),
    [Topics.fanOutLedger, 25 * HOUR_MS],
  ]);
}
