import 'reflect-metadata';

import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type CanonicalEvent,
  canonicalEventSchema,
  type Delivery,
  type DeliveryResult,
  deliveryResultSchema,
  deliverySchema,
  type EndpointState,
  endpointStateSchema,
  type FanOutReport,
  fanOutReportSchema,
  manualRetrySchema,
  topicDefinitions,
  Topics,
} from '@skillora/contracts';
import {
  createKafka,
  ensureTopics,
  type ReceivedRecord,
  RecordProducer,
  toReceivedRecord,
} from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { SecretBox, verifySignature } from '@skillora/signing';
import { EachOnce, waitFor } from '@skillora/testing';
import type { Consumer, Kafka } from 'kafkajs';

import { readDispatcherSettings } from './settings.js';
import { anyEvent } from './testing/any-event.js';
import { startApplication } from './testing/start-application.js';

const SECRETS_KEY = Buffer.alloc(32, 7).toString('base64');
const SECRET = 'a-secret-of-sixteen-and-more';
const logger = createLogger('dispatcher-test', 'silent');
const settings = readDispatcherSettings({
  KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
  SECRETS_KEY,
  RETRY_DELAYS: '1s,2s',
  // The receiver shares a process with the dispatcher: on a busy machine an answer may take seconds.
  DELIVERY_TIMEOUT: '10m',
  ALLOW_HTTP_TARGETS: 'true',
  ALLOWED_TARGET_CIDRS: '127.0.0.0/8',
  TOPIC_PARTITIONS: '3',
});

let kafka: Kafka;
let producer: RecordProducer;
let consumer: Consumer;
let receiver: Server;
let dispatcher: NestFastifyApplication;
const results: DeliveryResult[] = [];
/** What the fan-out says that it made, by committed transactions alone. */
const reports: FanOutReport[] = [];
/** The dead letters, by committed transactions alone. */
const deadLetters: ReceivedRecord[] = [];
const arrivals: { path: string; signature: string; body: string }[] = [];
/** The status each path answers with, in order; 200 when there is none left. */
const answers = new Map<string, number[]>();

beforeAll(async () => {
  kafka = createKafka({ brokers: settings.brokers, clientId: 'dispatcher-test', logger });
  await ensureTopics(kafka, topicDefinitions(2), { partitions: 3, replicationFactor: 1 });
  producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({
    topics: [Topics.deliveryResults, Topics.fanOuts, Topics.interviewCompletionsDeadLetter],
    fromBeginning: true,
  });
  const once = new EachOnce();
  await consumer.run({
    eachMessage: ({ topic, partition, message }) => {
      if (!message.value || !once.isNew({ topic, partition, message })) return Promise.resolve();
      if (topic === Topics.interviewCompletionsDeadLetter) deadLetters.push(toReceivedRecord(message));
      else if (topic === Topics.fanOuts) reports.push(fanOutReportSchema.decode(message.value));
      else results.push(deliveryResultSchema.decode(message.value));
      return Promise.resolve();
    },
  });
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const path = request.url ?? '';
      arrivals.push({ path, body, signature: String(request.headers['x-webhook-signature-256']) });
      response.writeHead(answers.get(path)?.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  dispatcher = await startApplication(settings);
});

afterAll(async () => {
  await dispatcher.close();
  await consumer.disconnect();
  await producer.disconnect();
  receiver.closeAllConnections();
  receiver.close();
});

async function endpoint(organizationId: string, change: Partial<EndpointState> = {}): Promise<EndpointState> {
  const id = randomUUID();
  const state: EndpointState = {
    id,
    organizationId,
    version: 1,
    url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/${id}`,
    events: ['interview_completed'],
    isActive: true,
    sealedSecret: SecretBox.fromSetting(SECRETS_KEY).seal(SECRET, id),
    ...change,
  };
  await producer.send([{ topic: Topics.endpoints, key: id, value: endpointStateSchema.encode(state) }]);
  return state;
}

const publish = (...events: CanonicalEvent[]): Promise<void> =>
  producer.send(
    events.map((each) => ({
      topic: Topics.events,
      key: each.organizationId,
      value: canonicalEventSchema.encode(each),
    })),
  );

const arrivedAt = ({ id }: EndpointState) => arrivals.filter(({ path }) => path === `/${id}`);
const resultsOf = ({ id }: EndpointState) => results.filter(({ endpointId }) => endpointId === id);

describe('the dispatcher', () => {
  it('delivers an event, signed, to every endpoint registered before it, and reports', async () => {
    const organization = randomUUID();
    const [one, two] = [await endpoint(organization), await endpoint(organization)];
    const published = anyEvent({ organizationId: organization });
    await publish(published);
    await waitFor(() => resultsOf(one).length === 1 && resultsOf(two).length === 1, 'both results');
    const [arrival] = arrivedAt(one);
    expect(arrival?.body).toBe(published.body);
    expect(verifySignature(published.body, arrival?.signature ?? '', SECRET)).toBe(true);
    expect(resultsOf(two)[0]).toMatchObject({ eventId: published.id, status: 'success', round: 0, step: 1 });
  });

  it('counts an endpoint that was acknowledged just before the event, every time', async () => {
    for (let i = 0; i < 20; i += 1) {
      const organization = randomUUID();
      const registered = await endpoint(organization);
      await publish(anyEvent({ organizationId: organization }));
      await waitFor(() => arrivedAt(registered).length === 1, 'the delivery');
    }
  });

  it('fans an event out once, within a batch, later, and after a restart', async () => {
    const organization = randomUUID();
    const registered = await endpoint(organization);
    const published = anyEvent({ organizationId: organization });
    await publish(published, published);
    await publish(published);
    await waitFor(() => resultsOf(registered).length > 0, 'the result');
    await dispatcher.close();
    dispatcher = await startApplication(settings);
    await publish(published);
    const last = anyEvent({ organizationId: organization });
    await publish(last);
    await waitFor(() => arrivedAt(registered).some(({ body }) => body === last.body), 'the event behind it');
    expect(arrivedAt(registered)).toHaveLength(2);
  });

  it('delivers of one source and id what came first, and puts a repeat with other data on the dead-letter topic', async () => {
    const organization = randomUUID();
    const registered = await endpoint(organization);
    const first = anyEvent({ organizationId: organization });
    const other = { ...first, body: first.body.replace('"data":{', '"data":{"score":1,') };
    const again = { ...first, occurredAt: new Date(0).toISOString() };
    // In one batch, later, and after a restart, when only the ledger knows.
    await publish(first, other, again);
    await publish(other);
    await waitFor(() => resultsOf(registered).length > 0, 'the result');
    await dispatcher.close();
    dispatcher = await startApplication(settings);
    await publish(again, other);
    const last = anyEvent({ organizationId: organization });
    await publish(last);
    await waitFor(() => arrivedAt(registered).some(({ body }) => body === last.body), 'the event behind it');
    expect(arrivedAt(registered).map(({ body }) => body)).toEqual([first.body, last.body]);
    const letters = () => deadLetters.filter(({ key }) => key === organization);
    await waitFor(() => letters().length >= 3, 'the dead letters');
    expect(letters()).toHaveLength(3);
    for (const { value, headers } of letters()) {
      expect(JSON.parse(String(value))).toEqual({
        specversion: '1.0',
        id: first.sourceId,
        source: first.source,
        type: first.eventType,
        time: first.occurredAt,
        organizationid: organization,
        datacontenttype: 'application/json',
        data: { score: 1, id: first.id },
      });
      expect(headers['dead-letter-reason']).toBe('conflicting_data');
      expect(headers['dead-letter-topic']).toBe(Topics.events);
    }
  });

  it('says of each event it read what it made of it, of a repetition and an event for nobody nothing', async () => {
    const organization = randomUUID();
    const registered = await endpoint(organization, { events: ['interview_completed'] });
    const published = anyEvent({ organizationId: organization });
    const forNobody = {
      ...anyEvent({ organizationId: organization }),
      eventType: 'mock_interview_completed' as const,
    };
    await publish(published, published, forNobody);
    await waitFor(() => resultsOf(registered).length === 1, 'the result');
    const told = () =>
      reports.filter(({ organizationId }) => organizationId === organization).flatMap(({ events }) => events);
    await waitFor(() => told().length === 3, 'the reports');
    const { deliveryId, createdAt } = resultsOf(registered)[0]!;
    const of = ({ id, acceptedAt }: CanonicalEvent) => ({ id, acceptedAt, part: 0 });
    expect(told()).toEqual([
      { ...of(published), deliveryIds: [deliveryId], endpointIds: [registered.id] },
      { ...of(published), deliveryIds: [], endpointIds: [] },
      { ...of(forNobody), deliveryIds: [], endpointIds: [] },
    ]);
    expect(reports.find(({ organizationId }) => organizationId === organization)?.madeAt).toBe(createdAt);
  });

  it('tries again through the retry topics and gives up after the last', async () => {
    const organization = randomUUID();
    const registered = await endpoint(organization);
    answers.set(`/${registered.id}`, [500, 500, 500]);
    await publish(anyEvent({ organizationId: organization }));
    await waitFor(() => resultsOf(registered).some(({ status }) => status === 'failed'), 'the failure');
    expect(resultsOf(registered).map(({ step, status }) => [step, status])).toEqual([
      [1, 'retrying'],
      [2, 'retrying'],
      [3, 'failed'],
    ]);
    expect(new Set(arrivedAt(registered).map(({ body }) => body)).size).toBe(1);
  });

  it('takes up what waits for its retry after a restart', async () => {
    const organization = randomUUID();
    const registered = await endpoint(organization);
    answers.set(`/${registered.id}`, [500]);
    await publish(anyEvent({ organizationId: organization }));
    await waitFor(() => resultsOf(registered).length >= 1, 'the first result');
    await dispatcher.close();
    dispatcher = await startApplication(settings);
    await waitFor(() => resultsOf(registered).length >= 2, 'the second result');
    expect(resultsOf(registered)[1]).toMatchObject({ step: 2, status: 'success' });
    expect(arrivedAt(registered)).toHaveLength(2);
  });

  it('drops what waits of an earlier round once a manual retry was asked for', async () => {
    const registered = await retriedWhileItWaits();
    const { organizationId: organization } = registered;
    const bytes = Buffer.byteLength(arrivedAt(registered)[0]!.body);
    expect(resultsOf(registered).map(({ attempt }) => attempt?.requestBytes)).toEqual([bytes, bytes]);
    // What fails now passes through the same retry topic behind the dropped one.
    answers.set(`/${registered.id}`, [500]);
    await publish(anyEvent({ organizationId: organization }));
    await waitFor(() => resultsOf(registered).length >= 4, 'the later retry');
    expect(arrivedAt(registered)).toHaveLength(4);
  });

  it('ends deliveries to a deleted endpoint without an attempt, and passes over what is not a delivery', async () => {
    const { registered, ended } = await deletedWhileItWaits();
    expect(ended).toMatchObject({ status: 'failed', error: 'endpoint_deleted', attempt: null });
    // One, unless a slow machine has made a retry before it heard of the deletion.
    expect(arrivedAt(registered)).toHaveLength(resultsOf(registered).length - 1);
  });
});

/** An endpoint that was deleted while its only delivery waited for a retry, and the end of that. */
async function deletedWhileItWaits(): Promise<{ registered: EndpointState; ended: DeliveryResult }> {
  const organization = randomUUID();
  const registered = await endpoint(organization);
  answers.set(`/${registered.id}`, [500, 500, 500]);
  await publish(anyEvent({ organizationId: organization }));
  await waitFor(() => resultsOf(registered).length >= 1, 'the first result');
  await producer.send([
    { topic: Topics.endpoints, key: registered.id, value: null },
    { topic: Topics.deliveries, key: registered.id, value: Buffer.from('not a delivery') },
  ]);
  const ended = await waitFor(
    () => resultsOf(registered).find(({ status }) => status !== 'retrying'),
    'the end',
  );
  // On a slow machine it may have come to the end of its retries before: then it is another's turn.
  return ended.attempt === null ? { registered, ended } : deletedWhileItWaits();
}

/** An endpoint whose only delivery has failed once, waits for its retry, and was then retried by hand. */
async function retriedWhileItWaits(): Promise<EndpointState> {
  const organization = randomUUID();
  const registered = await endpoint(organization);
  answers.set(`/${registered.id}`, [500]);
  await publish(anyEvent({ organizationId: organization }));
  await waitFor(() => resultsOf(registered).length >= 1, 'the first result');
  const { deliveryId, eventId, createdAt } = resultsOf(registered)[0]!;
  const requestedAt = new Date().toISOString();
  const retry: Delivery = {
    deliveryId,
    eventId,
    endpointId: registered.id,
    organizationId: organization,
    eventType: 'interview_completed',
    createdAt,
    round: 1,
    step: 1,
    trigger: 'manual',
    dueAt: requestedAt,
    body: arrivedAt(registered)[0]!.body,
  };
  await producer.send([
    {
      topic: Topics.manualRetries,
      key: deliveryId,
      value: manualRetrySchema.encode({ deliveryId, round: 1, requestedAt }),
    },
    { topic: Topics.deliveries, key: registered.id, value: deliverySchema.encode(retry) },
  ]);
  await waitFor(() => resultsOf(registered).some(({ round }) => round === 1), 'the manual result');
  // On a slow machine its retry may have come before: then it is another's turn.
  return resultsOf(registered).length === 2 ? registered : retriedWhileItWaits();
}
