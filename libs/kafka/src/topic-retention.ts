import kafkajs, { type Kafka } from 'kafkajs';

// Not among the names that Node finds in kafkajs' CommonJS exports.
const { ConfigResourceTypes } = kafkajs;

/** How long topics keep their records, ms; null for ever. A topic that cannot be asked is left out. */
export async function topicRetentions(
  kafka: Kafka,
  topics: readonly string[],
): Promise<ReadonlyMap<string, number | null>> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({
        type: ConfigResourceTypes.TOPIC,
        name,
        configNames: ['retention.ms'],
      })),
    });
    return new Map(
      resources.flatMap(({ resourceName, configEntries }) => {
        const value = configEntries.find(({ configName }) => configName === 'retention.ms')?.configValue;
        if (value === undefined) return [];
        return [[resourceName, Number(value) < 0 ? null : Number(value)] as const];
      }),
    );
  } finally {
    await admin.disconnect();
  }
}
