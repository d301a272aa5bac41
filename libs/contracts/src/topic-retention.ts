import { retryTopic, Topics } from './topics.js';

const HOUR_MS = 3_600_000;

/**
 * How long a topic must keep its records at least for nothing to be lost, ms: what waits in a delay topic until it is due,
 * with an hour for a retry that comes late; the day for which the fan-out remembers what it has dealt with. Of the other
 * topics any retention is a choice of their operator's: how long a service may stand still.
 */
export function leastRetentions(retryDelaysMs: readonly number[]): ReadonlyMap<string, number> {
  return new Map([
    ...retryDelaysMs.map((delay, index): [string, number] => [retryTopic(index + 1), delay + HOUR_MS]),
    [Topics.fanOutLedger, 25 * HOUR_MS],
  ]);
}
