import { randomUUID } from 'node:crypto';

import { topicDefinitions, Topics } from '@skillora/contracts';
import { createKafka, ensureTopics, TRANSACTION_RETRY } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import type { Admin, Kafka } from 'kafkajs';

import { LEDGER_PARTITIONS, makeLedgerPartitions } from '../testing/ledger-partitions.js';
import { FanOutPartitions } from './fan-out-partitions.js';

const EVENTS = { topic: Topics.events, partition: 0 };
const logger = createLogger('fan-out-partitions-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');

let kafka: Kafka;
let admin: Admin;
let partitions: FanOutPartitions;
let group: string;

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'partitions-test', logger });
  const transactional = createKafka({
    brokers,
    clientId: 'partitions-test',
    logger,
    retry: TRANSACTION_RETRY,
  });
  await ensureTopics(kafka, topicDefinitions(2), { partitions: 4, replicationFactor: 1 });
  admin = kafka.admin();
  await admin.connect();
  await makeLedgerPartitions(admin);
  partitions = new FanOutPartitions(kafka, transactional, logger);
});

beforeEach(() => {
  group = `partitions-test-${randomUUID()}`;
});

afterAll(async () => {
  // The place told here is not true; whoever reads this ledger later is to begin at the beginning.
  await (await partitions.of(EVENTS.partition)).write([], new Map(), 0n);
  await partitions.onApplicationShutdown();
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
    await (await partitions.of(EVENTS.partition)).write([], new Map(), 9n);
    expect(await partitions.startingOffsets(group, [EVENTS])).toEqual([{ ...EVENTS, offset: 9n }]);
  });

  it('is where the group has come to when a former release has worked since without telling the ledger', async () => {
    await (await partitions.of(EVENTS.partition)).write([], new Map(), 9n);
    await committed('2000000');
    expect(await partitions.startingOffsets(group, [EVENTS])).toEqual([{ ...EVENTS, offset: 2_000_000n }]);
  });

  it('is what the ledger says even when it has been silent for longer than events are recognised', async () => {
    const place = { topic: Topics.events, partition: LEDGER_PARTITIONS.silent };
    const producer = kafka.producer();
    await producer.connect();
    const timestamp = String(Date.now() - 25 * 3_600_000);
    const message = { partition: place.partition, value: '', headers: { 'next-offset': '11' }, timestamp };
    await producer.send({ topic: Topics.fanOutLedger, messages: [message] });
    await producer.disconnect();
    expect(await partitions.startingOffsets(group, [place])).toEqual([{ ...place, offset: 11n }]);
  });
});

describe('a partition that is given up', () => {
  it('while it opens does not take the partition from its successor', async () => {
    const { replaced } = LEDGER_PARTITIONS;
    const first = partitions.of(replaced);
    await Promise.all([
      partitions.close(replaced),
      partitions.of(replaced).then(async (second) => {
        await first;
        for (const next of [1n, 2n, 3n]) expect(await second.write([], new Map(), next)).toBe(true);
      }),
    ]);
  });

  it('once more leaves its successor alone', async () => {
    const { closedTwice } = LEDGER_PARTITIONS;
    const former = partitions.of(closedTwice);
    await partitions.close(closedTwice, former);
    const present = partitions.of(closedTwice);
    await partitions.close(closedTwice, former);
    expect(partitions.of(closedTwice)).toBe(present);
    expect(await (await present).write([], new Map(), 1n)).toBe(true);
  });
});
