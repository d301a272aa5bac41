import { randomUUID } from 'node:crypto';

import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';

import { createKafka } from '../client/client.js';
import { ensureTopics } from '../topics/ensure-topics.js';
import { FetchSession, type SessionRequest } from './fetch-session.js';
import { type Broker, createCluster, fetchProtocol, send } from './kafkajs-internals.js';

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

/** A broker object without a session, as a consumer gets it. */
async function newBroker(): Promise<{ broker: Broker; disconnect: () => Promise<void> }> {
  const cluster = createCluster(kafka, { isolationLevel: 1 });
  await cluster.connect();
  await cluster.addTargetTopic(topic);
  const [nodeId = ''] = cluster.getNodeIds();
  return { broker: await cluster.findBroker({ nodeId }), disconnect: () => cluster.disconnect() };
}

it('a reader whose offset is out of range keeps its session, and does not take up room for another one each time', async () => {
  const { broker, disconnect } = await newBroker();
  const asked: SessionRequest[] = [];
  const lookup = broker.lookupRequest.bind(broker);
  broker.lookupRequest = (...what) => {
    const make = lookup(...what);
    return (content) => {
      asked.push(content as SessionRequest);
      return make(content);
    };
  };
  const partition = { partition: 0, fetchOffset: '1000000', maxBytes: 1_000 };
  const request = {
    isolationLevel: 1,
    maxWaitTime: 0,
    rackId: '',
    topics: [{ topic, partitions: [partition] }],
  };
  for (let times = 0; times < 3; times += 1)
    await expect(broker.fetch(request)).rejects.toMatchObject({ type: 'OFFSET_OUT_OF_RANGE' });
  await disconnect();
  const [first, second, third] = asked;
  expect(asked.map(({ sessionEpoch }) => sessionEpoch)).toEqual([0, 1, 2]);
  expect([first?.sessionId, third?.sessionId]).toEqual([0, second?.sessionId]);
  expect(second?.sessionId).toBeGreaterThan(0);
});

it('a session that the broker has ended is begun anew, and nothing is missed', async () => {
  const { broker, disconnect } = await newBroker();
  const [sessionId = 0] = sessions.mock.calls.at(-1) ?? [];
  expect(sessionId).toBeGreaterThan(0);
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
  await disconnect();
  await waitFor(() => sessions.mock.calls.at(-1)?.[0] !== sessionId, 'another session');
  await writeAndRead('fifth');
  expect(seen.size).toBe(5 * PARTITIONS);
});
