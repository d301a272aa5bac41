import { randomUUID } from 'node:crypto';

import type { TopicDefinition } from '@skillora/contracts';
import { createLogger, type Logger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { createKafka } from '../client/client.js';
import { demandTopics } from './demand-topics.js';
import { ensureTopics } from './ensure-topics.js';
import { topicStates } from './topic-states.js';

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let kafka: Kafka;
let admin: Admin;

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'demand-topics-test', logger: createLogger('test', 'silent') });
  admin = kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await admin.disconnect();
});

const log = (name: string): TopicDefinition => ({
  name,
  partitions: 'spread',
  config: { 'cleanup.policy': 'delete', 'retention.ms': '604800000', 'compression.type': 'producer' },
});

/** A logger whose warnings are kept. */
function keeping(warnings: string[]): Logger {
  return { warn: (_fields: unknown, message: string) => warnings.push(message) } as unknown as Logger;
}

async function demand(
  definition: TopicDefinition,
  replicationFactor: number | null = null,
): Promise<string[]> {
  const warnings: string[] = [];
  await demandTopics(kafka, {
    definitions: [definition],
    partitions: 3,
    replicationFactor,
    retryDelaysMs: [],
    logger: keeping(warnings),
  });
  return warnings;
}

const make = (name: string, config: Record<string, string>): Promise<void> =>
  ensureTopics(kafka, [{ name, partitions: 'single', config }], { partitions: 1, replicationFactor: 1 });

it('a topic that is absent is made with the cluster’s own number of replicas unless one is set', async () => {
  const name = `test-${randomUUID()}`;

  expect(await demand(log(name))).toEqual([]);
  expect(await topicStates(admin, [name])).toEqual([
    {
      name,
      partitions: 3,
      replicas: 1,
      settings: expect.objectContaining({
        'cleanup.policy': 'delete',
        'compression.type': 'producer',
        'min.insync.replicas': '1',
        'retention.ms': '604800000',
      }),
    },
  ]);
});

it('what differs of a topic made beforehand is said, a line each, and it is left as it is', async () => {
  const name = `test-${randomUUID()}`;
  await make(name, { 'compression.type': 'lz4', 'retention.ms': '3600000', 'retention.bytes': '1000000' });

  expect(await demand(log(name))).toEqual([
    expect.stringContaining(`topic ${name}: retention.ms is 3600000 and must be 604800000 or more`),
    expect.stringContaining(`topic ${name}: retention.bytes is 1000000 and must be -1`),
    expect.stringContaining(`topic ${name}: compression.type is lz4 and must be producer`),
  ]);
  expect((await topicStates(admin, [name]))[0]?.settings).toMatchObject({ 'compression.type': 'lz4' });
});

it('a topic that would lose records is refused, with the command that mends it', async () => {
  const name = `test-${randomUUID()}`;
  await make(name, { 'cleanup.policy': 'compact' });

  await expect(demand(log(name))).rejects.toThrow(
    `records would be lost: topic ${name}: cleanup.policy is compact and must be delete, because Kafka deletes all but the ` +
      `newest record of each key. Fix it with: kafka-configs.sh --bootstrap-server … --alter --entity-type topics --entity-name ${name} ` +
      '--add-config cleanup.policy=delete',
  );
});
