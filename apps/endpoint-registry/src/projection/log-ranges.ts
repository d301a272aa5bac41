import type { Admin } from 'kafkajs';

import type { TopicPartition } from './offsets.js';

/** The offsets that a partition of the log holds: from `low` inclusive to `high` exclusive. */
export interface LogRange extends TopicPartition {
  readonly low: bigint;
  readonly high: bigint;
}

/** The present offsets of each partition of the topics. */
export async function logRanges(admin: Admin, topics: Iterable<string>): Promise<LogRange[]> {
  const ranges: LogRange[] = [];
  for (const topic of topics) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      ranges.push({ topic, partition, low: BigInt(low), high: BigInt(high) });
    }
  }
  return ranges;
}
