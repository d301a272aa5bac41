import type { Admin } from 'kafkajs';

import type { LogRange } from '../log-ranges.js';

/**
 * The time since which the log has every record, ms since the epoch. It is -Infinity when nothing was ever
 * removed. It is Infinity when nothing is left of a partition, since nobody knows then how recent the removed
 * records were.
 */
export async function completeSince(admin: Admin, ranges: readonly LogRange[]): Promise<number> {
  const cut = ranges.filter(({ low }) => low > 0n);
  if (cut.some(({ low, high }) => low >= high)) return Infinity;
  let since = -Infinity;
  for (const topic of new Set(cut.map((range) => range.topic))) {
    const lows = new Map(
      cut.filter((range) => range.topic === topic).map((each) => [each.partition, each.low]),
    );
    since = Math.max(since, await beginningOf(admin, topic, lows));
  }
  return since;
}

/**
 * When the youngest of the first records was written; the brokers are asked for their first record from a
 * time on.
 */
async function beginningOf(admin: Admin, topic: string, lows: ReadonlyMap<number, bigint>): Promise<number> {
  let [before, after] = [0, Math.ceil(Date.now() / 1_000) + 86_400];
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, middle * 1_000);
    const past = found.every(({ partition, offset }) => BigInt(offset) > (lows.get(partition) ?? -1n));
    if (past) after = middle;
    else before = middle;
  }
  return after * 1_000;
}
