import { Topics } from '@skillora/contracts';
import { waitFor } from '@skillora/testing';
import type { Kafka } from 'kafkajs';
import type { DataSource } from 'typeorm';

import { hasRecords } from '../health/log-progress.js';
import { storedOffsets } from '../projection/offsets.js';

const TOPICS = [Topics.events, Topics.fanOuts, Topics.deliveries, Topics.deliveryResults];

/** Resolves when the projection has applied every record that is in the log at the call. */
export async function untilApplied(kafka: Kafka, dataSource: DataSource): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (const topic of TOPICS) {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const isApplied = async (): Promise<boolean> => {
          const [stored] = await storedOffsets(dataSource, [{ topic, partition }]);
          const next = stored?.offset ?? 0n;
          const from = next > BigInt(low) ? next : BigInt(low);
          const until = BigInt(high);
          return from >= until || !(await hasRecords(kafka, { topic, partition, from, until }));
        };
        await waitFor(isApplied, `that everything in ${topic}, partition ${partition}, is applied`);
      }
    }
  } finally {
    await admin.disconnect();
  }
}
