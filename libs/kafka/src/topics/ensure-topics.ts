import type { TopicDefinition } from '@skillora/contracts';
import kafkajs, { type Admin, type Kafka } from 'kafkajs';

import { tryUntilDone } from '../backoff.js';
import { type ClusterDefaults, replicationOf } from './replication.js';

// Node does not find this name in kafkajs' CommonJS exports.
const { ConfigResourceTypes } = kafkajs;

export interface TopicLayout {
  /** The number of partitions of topics that are spread over consumers. */
  readonly partitions: number;
  /** Null: the default of the cluster. */
  readonly replicationFactor: number | null;
}

/** How long the controller may take to make topics, ms. Its default of 5 s is little for a busy machine. */
const MAKE_MS = 20_000;
/** How long brokers may take to hear of new topics, ms. */
const KNOWN_MS = 60_000;
/** The pause between two questions. */
const ASK_AGAIN = { firstMs: 100, mostMs: 100 };
/**
 * What a broker answers that has not heard yet of a topic, or of its leaders. kafkajs loses the kind of some answers.
 */
const NOT_KNOWN_YET: readonly unknown[] = [undefined, 'UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'];

/**
 * Creates every missing topic, and waits until they can be written and read. Existing topics are not changed,
 * including their configuration. Several services may do this at the same time.
 * @throws Kafka's answer, also when its brokers have not heard of the topics after a minute.
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
      // kafkajs waits for leaders, but fails when the broker has not heard yet that there is such a topic.
      waitForLeaders: false,
      timeout: MAKE_MS,
      topics: absent.map(({ name, partitions, config }) => ({
        topic: name,
        numPartitions: partitions === 'single' ? 1 : layout.partitions,
        replicationFactor: factor,
        configEntries: Object.entries({ ...common, ...config }).map(([key, value]) => ({ name: key, value })),
      })),
    });
    await untilKnown(
      admin,
      absent.map(({ name }) => name),
    );
  } finally {
    await admin.disconnect();
  }
}

/** The controller makes a topic and answers; brokers read of it in the controller's log after that. */
async function untilKnown(admin: Admin, topics: string[]): Promise<void> {
  const deadline = Date.now() + KNOWN_MS;
  await tryUntilDone(() => admin.fetchTopicMetadata({ topics }), {
    ...ASK_AGAIN,
    // Nothing else may keep the process running at its start.
    keepsRunning: true,
    onFailure: (error) => {
      const { type } = error as { type?: unknown };
      if (!NOT_KNOWN_YET.includes(type) || Date.now() > deadline) throw error;
    },
  });
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
