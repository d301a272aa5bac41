import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

import { restartAt, storedOffsets, type TopicPartition } from './offsets.js';

/**
 * Where to read on: the database knows, since the offset is written with the rows. What the log still has is compared,
 * because both of these go unnoticed otherwise: a log made anew (its offsets begin again, and all of it would pass for
 * applied), and a log whose retention has removed what was never read.
 */
export async function startingPoints(
  { dataSource, kafka, logger }: { dataSource: DataSource; kafka: Kafka; logger: Logger },
  assigned: readonly TopicPartition[],
): Promise<(TopicPartition & { offset: bigint })[]> {
  const stored = new Map((await storedOffsets(dataSource, assigned)).map((each) => [key(each), each.offset]));
  const ranges = await logRanges(kafka, new Set(assigned.map(({ topic }) => topic)));
  const points: (TopicPartition & { offset: bigint })[] = [];
  for (const { topic, partition } of assigned) {
    const which = { topic, partition };
    const { low, high } = ranges.get(key(which)) ?? { low: 0n, high: null };
    const next = stored.get(key(which));
    if (next === undefined) {
      points.push({ ...which, offset: low });
    } else if (high !== null && next > high) {
      logger.error(
        { ...which, stored: String(next), end: String(high) },
        'the log ends before what the database has applied of it, so it was made anew or cut off; reading it from its beginning, which changes nothing that was applied before',
      );
      await restartAt(dataSource, which, low);
      points.push({ ...which, offset: low });
    } else {
      if (next < low) {
        logger.error(
          { ...which, stored: String(next), beginning: String(low) },
          'retention has removed records that were never applied; what they told is missing from the delivery log. Let the topic keep records for longer than the projection may stand still',
        );
      }
      points.push({ ...which, offset: next > low ? next : low });
    }
  }
  return points;
}

async function logRanges(
  kafka: Kafka,
  topics: ReadonlySet<string>,
): Promise<Map<string, { low: bigint; high: bigint }>> {
  const ranges = new Map<string, { low: bigint; high: bigint }>();
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (const topic of topics) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        ranges.set(key({ topic, partition }), { low: BigInt(low), high: BigInt(high) });
      }
    }
  } finally {
    await admin.disconnect();
  }
  return ranges;
}

function key({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
