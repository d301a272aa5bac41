import { randomUUID } from 'node:crypto';

import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';

import { createKafka } from '../client/client.js';
import { ensureTopics } from '../topics/ensure-topics.js';
import { FetchSession } from './fetch-session.js';
import { createCluster, fetchProtocol, send } from './kafkajs-internals.js';

const PARTITIONS = 24;
/** What an answer about all partitions has at least, bytes. */
const FULL_ANSWER = PARTITIONS * 42;
const FETCH = 1;
/** Ends a session (KIP-227). */
const FINAL_EPOCH = -1;

const logger = createLogger('kafka-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const kafka = createKafka({ brokers, clientId: 'kafka-test', logger });
const topic = `test-${randomUUID()}`;
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
/** The sizes of the answers, bytes. */
const answers: number[] = [];
const seen = new Set<string>();
const sessions = jest.spyOn(FetchSession.prototype, 'answered');
const begun = jest.spyOn(FetchSession.prototype, 'lost');

/** Writes a record to each partition, and waits until those of these partitions are read. */
async function writeAndRead(name: string, read: (partition: number) => boolean = () => true): Promise<void> {
  const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
  await producer.send({
    topic,
    messages: partitions.map((partition) => ({ partition, value: `${name} ${partition}` })),
  });
  await waitFor(
    () => partitions.filter(read).every((partition) => seen.has(`${name} ${partition}`)),
    `the records ${name}`,
  );
}

beforeAll(async () => {
  await ensureTopics(kafka, [{ name: topic, partitions: 'spread', config: {} }], {
    ...{ partitions: PARTITIONS, replicationFactor: 1 },
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'Fetch') answers.push(payload.size);
  });
  await consumer.run({
    partitionsConsumedConcurrently: 4,
    eachMessage: ({ message }) => Promise.resolve(void seen.add(String(message.value))),
  });
});

afterAll(async () => {
  jest.restoreAllMocks();
  await consumer.disconnect();
  await producer.disconnect();
});

it('an answer without records says nothing of the partitions, and all that is written is read', async () => {
  await writeAndRead('first');
  await waitFor(() => answers.filter((bytes) => bytes < FULL_ANSWER / 4).length >= 2, 'two short answers');
  await writeAndRead('second');
});

it('a partition that is paused is left out, and read from where it was when it is resumed', async () => {
  consumer.pause([{ topic, partitions: [3] }]);
  await writeAndRead('third', (partition) => partition !== 3);
  await writeAndRead('fourth', (partition) => partition !== 3);
  expect([seen.has('third 3'), seen.has('fourth 3')]).toEqual([false, false]);
  consumer.resume([{ topic, partitions: [3] }]);
  await waitFor(() => seen.has('third 3') && seen.has('fourth 3'), 'the records of the resumed partition');
});

it('a session that the broker has ended is begun anew, and nothing is missed', async () => {
  const cluster = createCluster(kafka, { isolationLevel: 1 });
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  const [nodeId = ''] = cluster.getNodeIds();
  const broker = await cluster.findBroker({ nodeId });
  const [sessionId = 0] = sessions.mock.calls.at(-1) ?? [];
  expect(sessionId).toBeGreaterThan(0);
  begun.mockClear();
  const end = {
    sessionId,
    sessionEpoch: FINAL_EPOCH,
    maxWaitTime: 0,
    minBytes: 0,
    maxBytes: 1,
    topics: [],
    rackId: '',
  };
  await send(broker, broker.lookupRequest(FETCH, fetchProtocol())(end));
  await cluster.disconnect();
  await waitFor(() => begun.mock.calls.length > 0, 'the end of the session');
  await writeAndRead('fifth');
  expect(seen.size).toBe(5 * PARTITIONS);
});
