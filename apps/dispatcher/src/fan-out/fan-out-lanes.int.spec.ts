import { randomUUID } from 'node:crypto';

import { topicDefinitions, Topics } from '@skillora/contracts';
import { createKafka, ensureTopics, TRANSACTION_RETRY } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import type { Admin } from 'kafkajs';

import { FanOutLanes } from './fan-out-lanes.js';

const EVENTS = { topic: Topics.events, partition: 0 };
const logger = createLogger('fan-out-lanes-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let admin: Admin;
let lanes: FanOutLanes;
let group: string;

beforeAll(async () => {
  const kafka = createKafka({ brokers, clientId: 'lanes-test', logger });
  const transactional = createKafka({ brokers, clientId: 'lanes-test', logger, retry: TRANSACTION_RETRY });
  await ensureTopics(kafka, topicDefinitions(2), { partitions: 4, replicationFactor: 1 });
  admin = kafka.admin();
  await admin.connect();
  lanes = new FanOutLanes(kafka, transactional, logger);
});

beforeEach(() => {
  group = `lanes-test-${randomUUID()}`;
});

afterAll(async () => {
  await lanes.onApplicationShutdown();
  await admin.disconnect();
});

/** The group has committed this offset of the events. */
async function committed(offset: string): Promise<void> {
  const { topic, partition } = EVENTS;
  await admin.setOffsets({ groupId: group, topic, partitions: [{ partition, offset }] });
}

describe('where the fan-out reads on', () => {
  it('is what the ledger says, which is ahead of what the group commits from time to time', async () => {
    await committed('7');
    await (await lanes.of(EVENTS.partition)).write([], [], 9n);
    expect(await lanes.startingOffsets(group, [EVENTS])).toEqual([{ ...EVENTS, offset: 9n }]);
  });

  it('is where the group has come to when a former release has worked since without telling the ledger', async () => {
    await (await lanes.of(EVENTS.partition)).write([], [], 9n);
    await committed('2000000');
    expect(await lanes.startingOffsets(group, [EVENTS])).toEqual([{ ...EVENTS, offset: 2_000_000n }]);
  });
});
