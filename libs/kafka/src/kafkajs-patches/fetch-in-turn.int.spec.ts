import { randomUUID } from 'node:crypto';

import { jest } from '@jest/globals';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';
import { PartitionAssigners } from 'kafkajs';

import { createKafka } from '../client/client.js';
import { ensureTopics } from '../topics/ensure-topics.js';
import { fetchInTurn } from './fetch-in-turn.js';
import { brokerPrototype } from './kafkajs-internals.js';

const logger = createLogger('kafka-test', 'silent');
const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const kafka = createKafka({ brokers, clientId: 'kafka-test', logger });
const [urgent, waiting] = [`urgent-${randomUUID()}`, `waiting-${randomUUID()}`];
const producer = kafka.producer();
const consumer = kafka.consumer({
  groupId: randomUUID(),
  maxWaitTimeInMs: 250,
  partitionAssigners: [fetchInTurn(PartitionAssigners.roundRobin, (topic) => topic === waiting)],
});
/** The topics of each fetch. */
let fetches: string[][] = [];
const seen: string[] = [];

const send = (topic: string, value: string): Promise<unknown> =>
  producer.send({ topic, messages: [{ value }] });
const withWaiting = (): string[][] => fetches.filter((topics) => topics.includes(waiting));

beforeAll(async () => {
  const topics = [urgent, waiting].map((name) => ({ name, partitions: 'spread' as const, config: {} }));
  await ensureTopics(kafka, topics, { partitions: 2, replicationFactor: 1 });
  const prototype = brokerPrototype();
  const { fetch } = prototype;
  jest.spyOn(prototype, 'fetch').mockImplementation(function (this: typeof prototype, request) {
    fetches.push(request.topics.map(({ topic }) => topic));
    return fetch.call(this, request);
  });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topics: [urgent, waiting], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      seen.push(String(message.value));
      return Promise.resolve();
    },
  });
  await send(urgent, 'first');
  await waitFor(() => seen.includes('first'), 'the first record');
});

afterAll(async () => {
  jest.restoreAllMocks();
  await consumer.disconnect();
  await producer.disconnect();
});

it('while urgent topics have records, topics that may wait are in a fetch when 100 ms have passed', async () => {
  let now = performance.now() + 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  await send(urgent, 'at this time');
  await waitFor(() => seen.includes('at this time'), 'an urgent record');
  await waitFor(() => fetches.at(-1)?.includes(waiting) === false, 'a fetch without topics that may wait');
  fetches = [];
  await send(waiting, 'has waited');
  for (let sent = 0; fetches.length < 10; sent += 1) await send(urgent, `urgent ${sent}`);
  expect(fetches.every((topics) => topics.join() === urgent)).toBe(true);
  expect(seen).not.toContain('has waited');

  now += 100;
  await waitFor(() => seen.includes('has waited'), 'the record that has waited');
  expect(fetches.find((topics) => topics.includes(waiting))).toEqual([urgent, waiting]);
});

it('while urgent topics have had no records for 100 ms, topics that may wait are in each fetch', async () => {
  const now = performance.now() + 1_000;
  jest.spyOn(performance, 'now').mockImplementation(() => now);
  await waitFor(() => fetches.at(-1)?.includes(waiting) === true, 'a fetch at this time');
  fetches = [];
  for (let sent = 0; fetches.length < 10; sent += 1) await send(waiting, `alone ${sent}`);
  expect(withWaiting()).toHaveLength(fetches.length);
});

it('while urgent topics are paused, topics that may wait are in each fetch', async () => {
  consumer.pause([{ topic: urgent }]);
  await waitFor(() => fetches.at(-1)?.includes(urgent) === false, 'a fetch without the paused topic');
  fetches = [];
  for (let sent = 0; fetches.length < 10; sent += 1) await send(waiting, `waiting ${sent}`);
  expect(withWaiting()).toHaveLength(fetches.length);
});
