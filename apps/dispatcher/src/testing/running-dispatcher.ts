import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  type CanonicalEvent,
  canonicalEventSchema,
  type Delivery,
  type DeliveryResult,
  deliveryResultSchema,
  deliverySchema,
  endpointsLookSchema,
  type EndpointState,
  endpointStateSchema,
  recordHeaders,
  topicDefinitions,
  Topics,
} from '@skillora/contracts';
import {
  createKafka,
  ensureTopics,
  readPartition,
  type ReceivedRecord,
  RecordProducer,
} from '@skillora/kafka';
import { Readiness } from '@skillora/operability';
import { SecretBox } from '@skillora/signing';
import { EachOnce, waitFor } from '@skillora/testing';
import type { Consumer, Kafka } from 'kafkajs';
import { register } from 'prom-client';

import { DeliverController } from '../deliver/deliver.controller.js';
import type { Stages } from '../dispatcher.module.js';
import { readDispatcherSettings } from '../settings.js';
import { aTestSend } from './any-delivery.js';
import { eventWithBody } from './any-event.js';
import { dispatcherEnv, logger, PARTITIONS, SECRETS_KEY, startApplication } from './start-application.js';

/** The secret of the endpoints. */
export const SECRET = 'a-secret-of-sixteen-and-more';

/** One instance of the dispatcher in this process. */
export class RunningDispatcher {
  private constructor(private readonly app: NestFastifyApplication) {}

  static async start(
    brokers: string,
    env: NodeJS.ProcessEnv = {},
    stages?: Stages,
  ): Promise<RunningDispatcher> {
    const app = await startApplication(readDispatcherSettings(dispatcherEnv(brokers, env)), stages);
    const running = new RunningDispatcher(app);
    await waitFor(() => running.isReady(), 'the dispatcher being ready');
    return running;
  }

  async isReady(): Promise<boolean> {
    return Object.keys(await this.app.get(Readiness).problems()).length === 0;
  }

  /**
   * The value of a gauge or counter without labels, from the metrics of the newest instance in this process.
   */
  async metric(name: string): Promise<number> {
    const found = (await register.getSingleMetric(name)?.get())?.values ?? [];
    return found.reduce((sum, { value }) => sum + value, 0);
  }

  /** Resolves when it has been asked to end: from then on it begins no attempt. */
  beginsNoMore(): Promise<void> {
    const deliver = this.app.get(DeliverController);
    const beforeShutdown = deliver.beforeApplicationShutdown.bind(deliver);
    return new Promise((resolve) => {
      deliver.beforeApplicationShutdown = () => {
        const ended = beforeShutdown();
        resolve();
        return ended;
      };
    });
  }

  stop(): Promise<void> {
    return this.app.close();
  }
}

/** A request as the receiver got it. */
export interface Arrival {
  readonly endpointId: string;
  readonly deliveryId: string;
  readonly body: string;
  readonly signature: string;
  readonly at: number;
}

/** How the receiver answers for an endpoint; by default 200 at once. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** The surroundings of a dispatcher: endpoints and events in Kafka, a receiver, and the reported results. */
export class Surroundings {
  readonly arrivals: Arrival[] = [];
  readonly results: DeliveryResult[] = [];
  readonly answers = new Map<string, Answer>();
  private readonly kafka: Kafka;
  private readonly producer: RecordProducer;
  private readonly consumer: Consumer;
  private readonly receiver: Server;

  private constructor(
    brokers: string,
    private readonly writesLooks: boolean,
  ) {
    this.kafka = createKafka({ brokers: brokers.split(','), clientId: 'dispatcher-test', logger });
    this.producer = new RecordProducer(this.kafka, { logger });
    this.consumer = this.kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
    this.receiver = createServer((request, response) => this.receive(request, response));
  }

  /**
   * @param writesLooks whether a look is written behind each change of an endpoint, as by endpoint-registry. Dispatchers
   * with one hop need it: without it an event behind a change may be matched before the change is known.
   */
  static async set(brokers: string, writesLooks = false): Promise<Surroundings> {
    const created = new Surroundings(brokers, writesLooks);
    await ensureTopics(created.kafka, topicDefinitions(2), { partitions: PARTITIONS, replicationFactor: 1 });
    await created.producer.connect();
    await created.consumer.connect();
    await created.consumer.subscribe({ topic: Topics.deliveryResults, fromBeginning: true });
    const once = new EachOnce();
    await created.consumer.run({
      eachMessage: ({ message, ...place }) => {
        if (message.value && once.isNew({ message, ...place }))
          created.results.push(deliveryResultSchema.decode(message.value));
        return Promise.resolve();
      },
    });
    await new Promise<void>((resolve) => created.receiver.listen(0, '127.0.0.1', resolve));
    return created;
  }

  async clear(): Promise<void> {
    await this.consumer.disconnect();
    await this.producer.disconnect();
    this.receiver.closeAllConnections();
    this.receiver.close();
  }

  async endpoint(organizationId: string, change: Partial<EndpointState> = {}): Promise<EndpointState> {
    const id = randomUUID();
    const state: EndpointState = {
      id,
      organizationId,
      version: 1,
      url: `http://127.0.0.1:${(this.receiver.address() as AddressInfo).port}/${id}`,
      events: ['interview_completed'],
      isActive: true,
      sealedSecret: SecretBox.fromSetting(SECRETS_KEY).seal(SECRET, id),
      ...change,
    };
    await this.change(state);
    return state;
  }

  /** Writes another state of an endpoint. */
  async change(state: EndpointState): Promise<void> {
    await this.producer.send([
      { topic: Topics.endpoints, key: state.id, value: endpointStateSchema.encode(state) },
    ]);
    await this.look();
  }

  /** Deletes an endpoint. */
  async remove({ id }: EndpointState): Promise<void> {
    await this.producer.send([{ topic: Topics.endpoints, key: id, value: null }]);
    await this.look();
  }

  private async look(): Promise<void> {
    if (!this.writesLooks) return;
    const look = {
      topic: Topics.events,
      key: null,
      value: endpointsLookSchema.encode({ writtenAt: new Date().toISOString() }),
      headers: recordHeaders(endpointsLookSchema),
    };
    await this.producer.send(Array.from({ length: PARTITIONS }, (_, partition) => ({ ...look, partition })));
  }

  /**
   * Publishes `count` events of an organisation, in order.
   * @param bytes the least size of each body.
   * @returns their ids.
   */
  async publish(organizationId: string, count: number, bytes = 0): Promise<string[]> {
    const events = Array.from({ length: count }, () => eventWithBody(organizationId, bytes));
    await this.publishEvents(events);
    return events.map(({ id }) => id);
  }

  /** Publishes these events, in order. */
  async publishEvents(events: readonly CanonicalEvent[]): Promise<void> {
    await this.producer.send(
      events.map((event) => ({
        topic: Topics.events,
        key: event.organizationId,
        value: canonicalEventSchema.encode(event),
      })),
    );
  }

  /** Asks for `count` test sends to an endpoint, as a customer would. */
  async askForTests(endpoint: EndpointState, count: number): Promise<void> {
    await this.deliver(Array.from({ length: count }, () => aTestSend(endpoint)));
  }

  /** Writes deliveries to attempt. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    await this.producer.send(
      deliveries.map((delivery) => ({
        topic: Topics.deliveries,
        key: delivery.endpointId,
        value: deliverySchema.encode(delivery),
      })),
    );
  }

  /** The deliveries of an endpoint that the fan-out and retries have written, by topic. */
  async deliveriesOf({ id }: EndpointState, topic: string): Promise<Delivery[]> {
    const records = await this.committedRecords(topic);
    return records.flatMap(({ record: { key, value } }) =>
      key === id && value ? [deliverySchema.decode(value)] : [],
    );
  }

  /** All committed records of a topic, with their partitions. */
  async committedRecords(topic: string): Promise<{ partition: number; record: ReceivedRecord }[]> {
    const found: { partition: number; record: ReceivedRecord }[] = [];
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
        const range = { topic, partition, from: BigInt(low), until: BigInt(high) };
        await readPartition(
          this.kafka,
          range,
          (record) => {
            found.push({ partition, record });
            return 'go-on';
          },
          300_000,
        );
      }
    } finally {
      await admin.disconnect();
    }
    return found;
  }

  arrivedAt({ id }: EndpointState): Arrival[] {
    return this.arrivals.filter(({ endpointId }) => endpointId === id);
  }

  resultsOf({ id }: EndpointState): DeliveryResult[] {
    return this.results.filter(({ endpointId }) => endpointId === id);
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => {
      const endpointId = (request.url ?? '').slice(1);
      const deliveryId = String(request.headers['x-webhook-id']);
      const signature = String(request.headers['x-webhook-signature-256']);
      this.arrivals.push({ endpointId, deliveryId, body, signature, at: Date.now() });
      const answer = this.answers.get(endpointId);
      if (answer) answer(request, response);
      else response.writeHead(200).end();
    });
  }
}
