import { randomUUID } from 'node:crypto';

import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';

import { createKafka } from '../client/client.js';
import { ensureTopics } from '../topics/ensure-topics.js';

const logger = createLogger('kafka-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const kafka = createKafka({ brokers, clientId: 'kafka-test', logger });
const topic = `test-${randomUUID()}`;
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 50 });
/** How long the fetches took, ms. */
const fetches: number[] = [];
const seen: string[] = [];

beforeAll(async () => {
  await ensureTopics(kafka, [{ name: topic, partitions: 'spread', config: {} }], {
    ...{ partitions: 2, replicationFactor: 1 },
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  consumer.on(consumer.events.REQUEST, ({ payload }) => {
    if (payload.apiName === 'Fetch') fetches.push(payload.duration);
  });
  await consumer.run({
    eachMessage: ({ message }) => {
      seen.push(String(message.value));
      return Promise.resolve();
    },
  });
});

afterAll(async () => {
  jest.restoreAllMocks();
  await consumer.disconnect();
  await producer.disconnect();
});

it('a consumer without records asks rarely, stays a member, and has the next record all the same', async () => {
  // From then on nothing is under way that the leap of the clock would make late, and then be done once more.
  const committed = new Promise((resolve) => consumer.on(consumer.events.COMMIT_OFFSETS, resolve));
  await producer.send({ topic, messages: [{ value: 'first' }] });
  await waitFor(() => seen.includes('first'), 'the first record');
  await committed;
  const { now } = Date;
  jest.spyOn(Date, 'now').mockImplementation(() => now() + 31_000);
  await waitFor(() => fetches.filter((ms) => ms >= 600).length >= 2, 'two fetches that the broker held');

  await producer.send({ topic, messages: [{ value: 'second' }] });
  await waitFor(() => seen.includes('second'), 'the record after the rest');
  expect(seen).toEqual(['first', 'second']);
});
