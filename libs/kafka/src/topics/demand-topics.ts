import { setTimeout as delay } from 'node:timers/promises';

import { checkTopics, describeFinding, type TopicDefinition, type TopicFinding } from '@skillora/contracts';
import { type Logger, SettingsError } from '@skillora/operability';
import type { Kafka } from 'kafkajs';

import { ensureTopics, type TopicLayout } from './ensure-topics.js';
import { topicStates } from './topic-states.js';

/** A new topic may not be known to every broker yet: it is asked for this many times, with this pause, ms. */
const TRIES = 4;
const AGAIN_MS = 500;

export interface DemandedTopics extends TopicLayout {
  readonly definitions: readonly TopicDefinition[];
  /**
   * The topics that this service reads or writes; other topics are checked by the services that use them.
   * Default: all.
   */
  readonly used?: (topic: string) => boolean;
  readonly retryDelaysMs: readonly number[];
  /** The longest time that a delivery can wait for its next attempt, ms, if the service knows it. */
  readonly longestWaitMs?: number | undefined;
  /** The longest time that the schedules keep a delivery which names its event, ms, if the service makes such. */
  readonly longestReferenceMs?: number | undefined;
  /** Whether the service writes to partitions by their number, so that some topics need equally many. */
  readonly isOneHop?: boolean | undefined;
  readonly logger: Logger;
}

/**
 * Creates missing topics and checks existing ones. Each setting that differs from what is needed is logged in
 * one line.
 * @throws {SettingsError} naming every setting that would lose records, and the command that fixes it.
 */
export async function demandTopics(kafka: Kafka, demanded: DemandedTopics): Promise<void> {
  const { definitions, used = () => true, logger } = demanded;
  await ensureTopics(kafka, definitions, demanded);
  const findings = await findingsOf(kafka, {
    ...demanded,
    definitions: definitions.filter(({ name }) => used(name)),
  });
  const losing = findings.filter(({ severity }) => severity === 'loses').map(describeFinding);
  for (const finding of findings) {
    const { severity, topic, setting, value, needed } = finding;
    if (severity === 'differs') logger.warn({ topic, setting, value, needed }, describeFinding(finding));
  }
  if (losing.length > 0) throw new SettingsError(`records would be lost: ${losing.join('; ')}`);
}

async function findingsOf(
  kafka: Kafka,
  { definitions, retryDelaysMs, longestWaitMs, longestReferenceMs, isOneHop, logger }: DemandedTopics,
): Promise<TopicFinding[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    for (let tried = 1; ; tried += 1) {
      try {
        const { brokers } = await admin.describeCluster();
        const states = await topicStates(
          admin,
          definitions.map(({ name }) => name),
        );
        return checkTopics(definitions, states, {
          brokers: brokers.length,
          retryDelaysMs,
          longestWaitMs,
          longestReferenceMs,
          isOneHop,
        });
      } catch (error) {
        if (tried < TRIES) {
          await delay(AGAIN_MS);
          continue;
        }
        logger.warn(
          { err: error },
          'the settings of the topics could not be read, so they were not checked. Allow this service DescribeConfigs on the topics',
        );
        return [];
      }
    }
  } finally {
    await admin.disconnect();
  }
}
