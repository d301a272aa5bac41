import type { TopicDefinition } from '@skillora/contracts';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';

import { type ClusterDefaults, replicationOf } from './replication.js';

// Node does not find this name in kafkajs' CommonJS exports.
const { ConfigResourceTypes } = kafkajs;

export interface TopicLayout {
  /** The number of partitions of topics that are spread over consumers. */
  readonly partitions: number;
  /** Null: the default of the cluster. */
  readonly replicationFactor: number | null;
}

/**
 * Creates every missing topic. Existing topics are not changed, including their configuration. Several
 * services may do this at the same time.
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
    const { factor, minInsync } = replicationOf(layout.replicationFactor, await clusterDefaults(admin));
    const common = minInsync === null ? {} : { 'min.insync.replicas': String(minInsync) };
    // A topic that another service has just created is no error: kafkajs then answers false.
    await admin.createTopics({
      waitForLeaders: true,
      topics: absent.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions === 'single' ? 1 : layout.partitions,
        replicationFactor: factor,
        configEntries: Object.entries({ ...common, ...config }).map(([key, value]) => ({ name: key, value })),
      })),
    });
  } finally {
    await admin.disconnect();
  }
}

/**
 * The setting of the controller. A cluster may refuse to answer (it asks for DescribeConfigs on the cluster).
 */
async function clusterDefaults(admin: Admin): Promise<ClusterDefaults> {
  try {
    const { brokers, controller } = await admin.describeCluster();
    const broker = controller ?? brokers[0]?.nodeId;
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [
        {
          type: ConfigResourceTypes.BROKER,
          name: String(broker),
          configNames: ['default.replication.factor', 'min.insync.replicas'],
        },
      ],
    });
    const number = (name: string): number | null => {
      const value = resources[0]?.configEntries.find(({ configName }) => configName === name)?.configValue;
      return value === undefined ? null : Number(value);
    };
    return { factor: number('default.replication.factor'), minInsync: number('min.insync.replicas') };
  } catch {
    return { factor: null, minInsync: null };
  }
}
