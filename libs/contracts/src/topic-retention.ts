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

/**
 * What would be lost, a line for each topic that keeps its records for less than it must.
 * @param retentions what topics keep, ms; null for ever.
 */
export function retentionProblems(
  retentions: ReadonlyMap<string, number | null>,
  retryDelaysMs: readonly number[],
): string[] {
  const problems: string[] = [];
  for (const [topic, least] of leastRetentions(retryDelaysMs)) {
    const kept = retentions.get(topic) ?? null;
    if (kept !== null && kept < least) {
      problems.push(
        `${topic} keeps records for ${kept} ms and must for ${least} ms (retention.ms), or what waits there is lost`,
      );
    }
  }
  return problems;
}
