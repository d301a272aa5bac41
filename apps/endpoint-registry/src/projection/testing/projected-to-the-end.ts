import { Topics } from '@skillora/contracts';
import { whileItMoves } from '@skillora/testing';
import type { Admin, Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

import { hasRecords } from '../../health/log-progress.js';
import { logRanges, type LogRange } from '../log-ranges.js';
import { storedOffsets, type TopicPartition } from '../offsets.js';

const TOPICS = [
  Topics.events,
  Topics.fanOuts,
  Topics.deliveries,
  Topics.deliveryResults,
  Topics.endpoints,
] as const;

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;

/** Resolves when the projection has applied every record that is in the log at the call. */
export async function projectedToTheEnd(kafka: Kafka, dataSource: DataSource): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const written = (await logRanges(admin, TOPICS)).filter(({ low, high }) => low < high);
    let former: ReadonlyMap<string, bigint> = new Map();
    await whileItMoves(
      'the projection of everything that is in the log',
      async () => {
        const next = await nextOffsets(dataSource, written);
        if (next === null) return { over: false, come: 0 };
        const isResting = [...next].every(([name, offset]) => former.get(name) === offset);
        former = next;
        const come = [...next.values()].reduce((sum, offset) => sum + Number(offset), 0);
        return { over: await isApplied(kafka, admin, written, next, isResting), come };
      },
      { everyMs: 50 },
    );
  } finally {
    await admin.disconnect();
  }
}

/** Where the projection continues, by partition; null while the database is away. */
async function nextOffsets(
  dataSource: DataSource,
  partitions: readonly TopicPartition[],
): Promise<ReadonlyMap<string, bigint> | null> {
  const stored = await storedOffsets(dataSource, partitions).catch(() => null);
  return stored && new Map(stored.map((each) => [nameOf(each), each.offset]));
}

/** @param isResting the positions have not moved. Only then it is worth reading what is left. */
async function isApplied(
  kafka: Kafka,
  admin: Admin,
  written: readonly LogRange[],
  next: ReadonlyMap<string, bigint>,
  isResting: boolean,
): Promise<boolean> {
  const ends = new Map((await logRanges(admin, TOPICS)).map((range) => [nameOf(range), range.high]));
  for (const range of written) {
    const offset = next.get(nameOf(range)) ?? 0n;
    // A position beyond the end, which was read later, is one in a former log.
    if (offset > (ends.get(nameOf(range)) ?? 0n)) return false;
    if (offset >= range.high) continue;
    const from = offset > range.low ? offset : range.low;
    // The last offsets can be markers of transactions, which are no records.
    if (!isResting || (await hasRecords(kafka, { ...range, from, until: range.high }))) return false;
  }
  return true;
}
