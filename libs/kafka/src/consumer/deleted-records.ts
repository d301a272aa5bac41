import { writtenInTransactions } from '@skillora/contracts';
import type { Logger } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { tryUntilDone } from '../backoff.js';
import { KafkaMetrics } from '../client/kafka-metrics.js';
import { onPositionOutOfRange } from '../kafkajs-patches/out-of-range-positions.js';
import { partitionKey } from './topic-partition.js';

/**
 * Offsets of a partition that were deleted before a group had read them: `from` inclusive, `to` exclusive.
 */
export interface UnreadGap {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

export interface DeletedRecordsOptions {
  readonly kafka: Kafka;
  readonly groupId: string;
  /**
   * The group's name in the log and in metrics, for a group whose id is generated at each start. Default: the
   * id.
   */
  readonly name?: string;
  readonly logger: Logger;
  /** Called before the group continues. If it rejects, it is called again for a while. */
  readonly onGap?: ((gap: UnreadGap) => Promise<void>) | undefined;
}

const TRIES = 5;
const BACKOFF = { firstMs: 400, mostMs: 3_200 };

/**
 * The gap before the remaining records of a log, or null. A gap of one offset in a topic with transactions is
 * no loss: that offset is the marker that ended the last transaction, since a transaction also has at least
 * one record.
 */
export function unreadGap({ topic, partition, from, to }: UnreadGap): UnreadGap | null {
  const least = writtenInTransactions(topic) ? 2n : 1n;
  return to - from >= least ? { topic, partition, from, to } : null;
}

/** Logs and counts a gap. */
export function reportGap(groupId: string, { topic, partition, from, to }: UnreadGap, logger: Logger): void {
  KafkaMetrics.deletedUnread(groupId, topic, Number(to - from));
  logger.error(
    { group: groupId, topic, partition, from: String(from), to: String(to), offsets: Number(to - from) },
    'records were deleted before they were read, from the first offset named here up to the second. The consumer continues with the records that are left. Raise retention.ms of the topic above the longest time that its readers may be down, and delete no records by hand',
  );
}

/**
 * Notices when records were deleted, by retention or by hand, before a group had read them. kafkajs itself
 * continues with the first record that is left, and does not report missing ones.
 * @returns a function that ends the watch.
 */
export function watchForDeletedRecords({
  kafka,
  groupId,
  name = groupId,
  logger,
  onGap,
}: DeletedRecordsOptions): () => void {
  const named = new Map<string, bigint>();
  const unclear = new Map<string, bigint>();
  return onPositionOutOfRange(groupId, async ({ topic, partition, position }) => {
    const key = partitionKey(topic, partition);
    const beginning = await beginningOf(kafka, topic, partition);
    if (typeof beginning !== 'bigint') {
      // kafkajs may ask several times at the same position.
      if (unclear.get(key) === position) return;
      unclear.set(key, position);
      logger.error(
        { err: beginning.error, group: name, topic, partition, position: String(position) },
        'a group wants to continue at an offset that its log does not have, and no broker says where the log begins. So it is not known whether records were deleted before they were read, and none are counted. The consumer continues with the records that are left. Check the leader of the partition, then compare the offset that is named here with the first one of the log (kafka-get-offsets.sh --time earliest). If the log begins later, see RecordsDeletedUnread in docs/operations.md',
      );
      return;
    }
    // kafkajs may need several tries to find the beginning; a gap is logged once.
    const known = named.get(key) ?? 0n;
    const from = known > position && known <= beginning ? known : position;
    // A log that ends before what was read was recreated; this is handled elsewhere.
    const gap = unreadGap({ topic, partition, from, to: beginning });
    if (gap === null) return;
    named.set(key, beginning);
    reportGap(name, gap, logger);
    if (onGap) await patiently(() => onGap(gap), logger);
  });
}

/** The first offset of a partition, or why it cannot be read. */
async function beginningOf(
  kafka: Kafka,
  topic: string,
  partition: number,
): Promise<bigint | { readonly error: unknown }> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    const low = offsets.find((each) => each.partition === partition)?.low;
    return low === undefined ? { error: new Error('the topic has no such partition') } : BigInt(low);
  } catch (error) {
    return { error };
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

async function patiently(work: () => Promise<void>, logger: Logger): Promise<void> {
  try {
    await tryUntilDone(work, {
      ...BACKOFF,
      onFailure: (error, failuresBefore) => {
        if (failuresBefore + 1 >= TRIES) throw error;
      },
    });
  } catch (error) {
    logger.error(
      { err: error },
      'a gap in the log could not be stored, so the reconciliation does not show it. Only the log line before this one names it',
    );
  }
}
