import 'reflect-metadata';

import { randomUUID } from 'node:crypto';

import { canonicalEventSchema, type Delivery, deliverySchema, retryTopic, Topics } from '@skillora/contracts';
import {
  createKafka,
  type HeaderTexts,
  type OutgoingRecord,
  RecordProducer,
  toReceivedRecord,
} from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';
import type { Consumer, Kafka } from 'kafkajs';

import { anyEvent } from './testing/any-event.js';
import { RunningDispatcher, Surroundings } from './testing/running-dispatcher.js';

const brokers = process.env['TEST_KAFKA_BROKERS'] ?? '';
const logger = createLogger('unhandled-test', 'silent');

let around: Surroundings;
let dispatcher: RunningDispatcher;
let kafka: Kafka;
let producer: RecordProducer;
let consumer: Consumer;
const letters: { value: string; headers: HeaderTexts }[] = [];

beforeAll(async () => {
  around = await Surroundings.set(brokers);
  dispatcher = await RunningDispatcher.start(brokers);
  kafka = createKafka({ brokers: brokers.split(','), clientId: 'unhandled-test', logger });
  producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topic: Topics.deadLetter, fromBeginning: true });
  await consumer.run({
    eachMessage: ({ message }) => {
      letters.push({ value: String(message.value), headers: { ...toReceivedRecord(message).headers } });
      return Promise.resolve();
    },
  });
});

afterAll(async () => {
  await dispatcher.stop();
  await around.clear();
  await consumer.disconnect();
  await producer.disconnect();
});

async function letterOf(value: string): Promise<HeaderTexts> {
  await waitFor(() => letters.some((each) => each.value === value), `the dead letter of ${value}`);
  return letters.find((each) => each.value === value)!.headers;
}

function delivery(organizationId: string, endpointId: string, change: Partial<Delivery> = {}): Delivery {
  const now = new Date().toISOString();
  const eventId = randomUUID();
  return {
    deliveryId: randomUUID(),
    eventId,
    endpointId,
    organizationId,
    eventType: 'interview_completed',
    createdAt: now,
    round: 0,
    step: 2,
    trigger: 'automatic',
    dueAt: now,
    body: `{"id":"${eventId}"}`,
    ...change,
  };
}

const record = (topic: string, key: string, value: Buffer | string): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(value),
});

describe('a record of ours that a stage cannot handle is put aside, and what is behind it goes on', () => {
  it('in the fan-out', async () => {
    const organization = randomUUID();
    const registered = await around.endpoint(organization);
    // No id of a delivery can be made of this one.
    const poison = canonicalEventSchema.encode(
      anyEvent({ organizationId: organization, id: `no uuid ${randomUUID()}` }),
    );
    const noEvent = `no event ${randomUUID()}`;
    const [first, last] = [
      anyEvent({ organizationId: organization }),
      anyEvent({ organizationId: organization }),
    ];
    await producer.send(
      [canonicalEventSchema.encode(first), poison, noEvent, canonicalEventSchema.encode(last)].map((value) =>
        record(Topics.events, organization, value),
      ),
    );
    await waitFor(() => around.arrivedAt(registered).length === 2, 'the events around it');
    // Two attempts under way may arrive in either order.
    const bodies = around.arrivedAt(registered).map(({ body }) => body);
    expect(bodies.sort()).toEqual([first.body, last.body].sort());
    expect(await letterOf(String(poison))).toMatchObject({
      'dead-letter-reason': 'internal',
      'dead-letter-topic': Topics.events,
    });
    expect(await letterOf(noEvent)).toMatchObject({ 'dead-letter-reason': 'not_of_its_schema' });
  });

  it.each([
    ['where deliveries are made', Topics.deliveries],
    ['in the slow lane', Topics.slowDeliveries],
    ['where retries wait', retryTopic(1)],
  ])('%s', async (_, topic) => {
    const organization = randomUUID();
    const registered = await around.endpoint(organization);
    const foreign = `no delivery ${randomUUID()}`;
    const good = delivery(organization, registered.id);
    await producer.send([
      record(topic, registered.id, foreign),
      record(topic, registered.id, deliverySchema.encode(good)),
    ]);
    await waitFor(() => around.arrivedAt(registered).length === 1, 'the delivery behind it');
    expect(await letterOf(foreign)).toMatchObject({
      'dead-letter-reason': 'not_of_its_schema',
      'dead-letter-topic': topic,
    });
  });

  it('where retries wait, also one that is due at no time', async () => {
    const organization = randomUUID();
    const registered = await around.endpoint(organization);
    const never = deliverySchema.encode(delivery(organization, registered.id, { dueAt: 'never' }));
    await producer.send([record(retryTopic(1), registered.id, never)]);
    expect(await letterOf(String(never))).toMatchObject({ 'dead-letter-reason': 'not_of_its_schema' });
  });
});
