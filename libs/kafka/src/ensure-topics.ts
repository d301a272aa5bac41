import type { TopicDefinition } from '@skillora/contracts';
import type { Kafka } from 'kafkajs';

export interface TopicLayout {
  /** How many partitions the topics that are spread over consumers get. */
  readonly partitions: number;
  readonly replicationFactor: number;
}

/**
 * Creates every topic that is absent; those that exist are left as they are, their operator's configuration included.
 * Several services may do this at the same time.
 */
export async function ensureTopics(
  kafka: Kafka,
  definitions: readonly TopicDefinition[],
  layout: TopicLayout,
): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const absent = definitions.filter(({ name }) => !existing.has(name));
    if (absent.length === 0) return;
    // Topics that another service has just made are no error: kafkajs answers false then.
    await admin.createTopics({
      waitForLeaders: true,
      topics: absent.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions === 'single' ? 1 : layout.partitions,
        replicationFactor: layout.replicationFactor,
        configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}
