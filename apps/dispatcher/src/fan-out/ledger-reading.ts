import { Topics } from '@skillora/contracts';
import { KafkaMetrics } from '@skillora/kafka';
import type { Logger } from '@skillora/operability';
import type { Admin } from 'kafkajs';

/** A repeated CloudEvent is recognised for this long; the ledger topic keeps its records twice as long. */
export const DEDUPE_WINDOW_MS = 24 * 3_600_000;
/** How long the reading of a ledger may take at most. */
export const LEDGER_TIMEOUT_MS = 120_000;

/** The offset of the first ledger record of a partition that was written at `since` (ms since the epoch) or later. */
export async function firstOffsetSince(admin: Admin, partition: number, since: number): Promise<bigint> {
  const offsets = await admin.fetchTopicOffsetsByTimestamp(Topics.fanOutLedger, since);
  return BigInt(offsets.find((each) => each.partition === partition)?.offset ?? 0);
}

/**
 * Reports a ledger record that is not valid. It is skipped, because otherwise the partition could not be opened for as
 * long as the topic keeps that record.
 */
export function reportInvalidLedgerRecord(
  error: unknown,
  { partition, offset }: { readonly partition: number; readonly offset: bigint },
  logger: Logger,
): void {
  const topic = Topics.fanOutLedger;
  KafkaMetrics.recordUnhandled('ledger', topic);
  logger.error(
    { err: error, topic, partition, offset: String(offset) },
    'a record on the ledger topic is not valid and was skipped. Something other than the dispatchers writes to this topic: find it and stop it',
  );
}
