import { Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';
import type { Admin } from 'kafkajs';

/** Partitions of the ledger that one test uses alone: no dispatcher of another test reads them. */
export const LEDGER_PARTITIONS = { parts: 28, silent: 29, replaced: 30, closedTwice: 31 };
const COUNT = 32;

/**
 * Creates these partitions if no test has done so yet; other tests may have created the topic with fewer.
 * Resolves when all of them have a leader.
 */
export async function makeLedgerPartitions(admin: Admin): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [Topics.fanOutLedger] });
  if ((topics[0]?.partitions.length ?? 0) < COUNT) {
    await admin.createPartitions({ topicPartitions: [{ topic: Topics.fanOutLedger, count: COUNT }] });
  }
  const haveLeaders = (): Promise<boolean> =>
    admin.fetchTopicOffsets(Topics.fanOutLedger).then(
      (partitions) => partitions.length >= COUNT,
      () => false,
    );
  await waitFor(haveLeaders, 'the partitions of the ledger having leaders');
}
