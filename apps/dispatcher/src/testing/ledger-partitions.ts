import { Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';
import type { Admin } from 'kafkajs';

/**
 * Partitions of the ledger that one test uses alone: no dispatcher of another test reads them. What tests write there as
 * the place of the events is not true, and a dispatcher that believes it reads none.
 */
export const LEDGER_PARTITIONS = {
  /** The first of those of units: each test of a unit's ledger takes the next one. */
  firstOfUnits: 8,
  fannedOut: 27,
  parts: 28,
  silent: 29,
  replaced: 30,
  closedTwice: 31,
};
export const LEDGER_PARTITION_COUNT = 32;

/**
 * Creates these partitions if no test has done so yet; other tests may have created the topic with fewer.
 * Resolves when all of them have a leader.
 */
export async function makeLedgerPartitions(admin: Admin): Promise<void> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [Topics.fanOutLedger] });
  if ((topics[0]?.partitions.length ?? 0) < LEDGER_PARTITION_COUNT) {
    await admin.createPartitions({
      topicPartitions: [{ topic: Topics.fanOutLedger, count: LEDGER_PARTITION_COUNT }],
    });
  }
  await untilLeadersAreThere(admin, Topics.fanOutLedger, LEDGER_PARTITION_COUNT);
}

/** Resolves when so many partitions of a topic have a leader. */
export async function untilLeadersAreThere(admin: Admin, topic: string, count: number): Promise<void> {
  const haveLeaders = (): Promise<boolean> =>
    admin.fetchTopicOffsets(topic).then(
      (partitions) => partitions.length >= count,
      () => false,
    );
  await waitFor(haveLeaders, `the partitions of ${topic} having leaders`);
}
