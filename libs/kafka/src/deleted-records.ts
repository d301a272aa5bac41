import { setTimeout as delay } from 'node:timers/promises';

import { writtenInTransactions } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { KafkaMetrics } from './kafka-metrics.js';
import { amendOnce, type ConsumerGroup, consumerGroupPrototype } from './kafkajs-internals.js';

/** Offsets of a partition that were deleted before a group had read them: `from` inclusive, `to` exclusive. */
export interface UnreadGap {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

export interface DeletedRecordsOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  /** What the group is called in the log and in metrics, where its id is made up anew each time. Default: the id. */
  readonly name?: string;
  readonly logger: Logger;
  /** Called before the group goes on; what it rejects with is tried again for a while. */
  readonly onGap?: ((gap: UnreadGap) => Promise<void>) | undefined;
}

/** A group wanted to read on from an offset that its log does not have. */
type OutOfRange = (place: { topic: string; partition: number; position: bigint }) => Promise<void>;

const TRIES = 5;
const AGAIN_MS = 200;

/** By the id of their group; of several in one process the last hears of it. */
const watchers = new Map<string, OutOfRange[]>();

/**
 * The gap that lies before what is left of a log, or null. Of a topic written in transactions a single offset is the marker
 * that ended the last one, which every reader may have read or not: a transaction has a record besides.
 */
export function unreadGap({ topic, partition, from, to }: UnreadGap): UnreadGap | null {
  const least = writtenInTransactions(topic) ? 2n : 1n;
  return to - from >= least ? { topic, partition, from, to } : null;
}

/** Names a gap in the log and counts it. */
export function reportGap(groupId: string, { topic, partition, from, to }: UnreadGap, logger: Logger): void {
  KafkaMetrics.deletedUnread(groupId, topic, Number(to - from));
  logger.error(
    { group: groupId, topic, partition, from: String(from), to: String(to), offsets: Number(to - from) },
    'records were deleted before they were read, from the first offset named here up to the second. The consumer continues with the records that are left. Raise retention.ms of the topic above the longest time that its readers may be down, and delete no records by hand',
  );
}

/**
 * Notices that records were deleted, by retention or by hand, before a group had read them. kafkajs goes on with the first
 * that is there, and says nothing of what is missing.
 * @returns what ends it.
 */
export function watchForDeletedRecords({
  kafka,
  groupId,
  name = groupId,
  logger,
  onGap,
}: DeletedRecordsOptions): () => void {
  amendOnce(
    consumerGroupPrototype(),
    'recoverFromOffsetOutOfRange',
    (recover) =>
      async function (this: ConsumerGroup, error) {
        const { topic, partition } = error;
        const position = BigInt(this.offsetManager?.nextOffset(topic, partition).toString() ?? 0);
        await watchers.get(this.groupId)?.at(-1)?.({ topic, partition, position });
        return recover.call(this, error);
      },
  );
  const named = new Map<string, bigint>();
  const watcher: OutOfRange = async ({ topic, partition, position }) => {
    const beginning = await beginningOf(kafka, topic, partition);
    if (beginning === null) return;
    // kafkajs may take some tries to find the beginning; what was named once is not named again.
    const known = named.get(`${topic}/${partition}`) ?? 0n;
    const from = known > position && known <= beginning ? known : position;
    // A log that is shorter than what was read was made anew, which is another matter.
    const gap = unreadGap({ topic, partition, from, to: beginning });
    if (gap === null) return;
    named.set(`${topic}/${partition}`, beginning);
    reportGap(name, gap, logger);
    if (onGap) await patiently(() => onGap(gap), logger);
  };
  watchers.set(groupId, [...(watchers.get(groupId) ?? []), watcher]);
  return () => {
    const others = (watchers.get(groupId) ?? []).filter((each) => each !== watcher);
    if (others.length > 0) watchers.set(groupId, others);
    else watchers.delete(groupId);
  };
}

/** The first offset that a partition has; null when it cannot be found out. */
async function beginningOf(kafka: Kafka, topic: string, partition: number): Promise<bigint | null> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    const low = offsets.find((each) => each.partition === partition)?.low;
    return low === undefined ? null : BigInt(low);
  } catch {
    return null;
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function patiently(work: () => Promise<void>, logger: Logger): Promise<void> {
  for (let tried = 1; ; tried += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (tried >= TRIES) {
        logger.error(
          { err: error },
          'a gap in the log could not be stored, so the reconciliation does not show it. Only the log line before this one names it',
        );
        return;
      }
      await delay(AGAIN_MS * 2 ** tried, undefined, { ref: false });
    }
  }
}
