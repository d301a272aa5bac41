import { reportGap, unreadGap } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

import { noteGap } from './log-gaps.js';
import { logRanges, type LogRange } from './log-ranges.js';
import { restartAt, storedOffsets, type TopicPartition } from './offsets.js';

/**
 * Where to continue reading. The database knows, since the offset is written with the rows. The answer is
 * compared with the offsets of the log, because two cases would go unnoticed otherwise. In a recreated log
 * the offsets start again, and all of it would count as applied. In a log whose unread records were deleted,
 * reading continues with the remaining records.
 */
export async function startingPoints(
  {
    dataSource,
    kafka,
    logger,
    groupId,
  }: { dataSource: DataSource; kafka: Kafka; logger: Logger; groupId: string },
  assigned: readonly TopicPartition[],
): Promise<(TopicPartition & { offset: bigint })[]> {
  const stored = new Map((await storedOffsets(dataSource, assigned)).map((each) => [key(each), each.offset]));
  const present = await presentRanges(kafka, new Set(assigned.map(({ topic }) => topic)));
  const ranges = new Map(present.map((range) => [key(range), range]));
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
        'the topic ends before the offset that the database has already applied, so the topic was recreated or truncated. The projection reads it from the beginning; data that was already applied does not change',
      );
      await restartAt(dataSource, which, low);
      points.push({ ...which, offset: low });
    } else {
      // A gap is stored before anything behind it is read: the database is then at the beginning of the log.
      const gap = unreadGap({ ...which, from: next, to: low });
      if (gap !== null) reportGap(groupId, gap, logger);
      if (next < low) await (gap === null ? restartAt(dataSource, which, low) : noteGap(dataSource, gap));
      points.push({ ...which, offset: next > low ? next : low });
    }
  }
  return points;
}

async function presentRanges(kafka: Kafka, topics: ReadonlySet<string>): Promise<LogRange[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await logRanges(admin, topics);
  } finally {
    await admin.disconnect();
  }
}

function key({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
