import { CHECKED_SETTINGS, type TopicState } from '@skillora/contracts';
import kafkajs, { type Admin } from 'kafkajs';

// Node does not find this name in kafkajs' CommonJS exports.
const { ConfigResourceTypes } = kafkajs;

/** The state of existing topics, as their cluster reports it. Rejects if the client may not ask for it. */
export async function topicStates(admin: Admin, names: readonly string[]): Promise<TopicState[]> {
  const existing = new Set(await admin.listTopics());
  const topics = names.filter((name) => existing.has(name));
  if (topics.length === 0) return [];
  const { topics: metadata } = await admin.fetchTopicMetadata({ topics });
  const settings = await effectiveSettings(admin, topics);
  return metadata.map(({ name, partitions }) => ({
    name,
    partitions: partitions.length,
    replicas: Math.min(...partitions.map(({ replicas }) => replicas.length)),
    settings: settings.get(name) ?? {},
  }));
}

async function effectiveSettings(
  admin: Admin,
  topics: readonly string[],
): Promise<Map<string, TopicState['settings']>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: ConfigResourceTypes.TOPIC,
      name,
      configNames: [...CHECKED_SETTINGS],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
    ]),
  );
}
