import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import { json } from 'node:stream/consumers';

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { apiTokenStateSchema, type Scope, topicDefinitions, Topics } from '@skillora/contracts';
import {
  createKafka,
  ensureTopics,
  type HeaderTexts,
  type RawHeader,
  RecordProducer,
  toReceivedRecord,
} from '@skillora/kafka';
import { createLogger, createService } from '@skillora/operability';
import { EachOnce, waitFor } from '@skillora/testing';
import { ConfigResourceTypes, type Consumer, type IHeaders, type Kafka } from 'kafkajs';
import { register } from 'prom-client';

import { HttpIntake } from '../http-intake/http-intake.controller.js';
import { TokenTable } from '../http-intake/token-table.js';
import { ingestService } from '../ingest-service.js';
import { KafkaIntake } from '../kafka-intake/kafka-intake.js';
import { readRecord } from '../kafka-intake/read-record.js';
import { readIngestSettings } from '../settings.js';

/** The size of a record that shows whether a limit on records is in effect. */
const PROBE_BYTES = 100_000;

/** A record as a test reads it. */
export interface Written {
  readonly key: string | null;
  readonly value: Buffer;
  readonly headers: HeaderTexts;
  /** All headers byte for byte, in their order. */
  readonly headerList: readonly RawHeader[];
}

/** The service in this process against a broker, with what a test needs around it. */
export class RunningIngest {
  readonly events: Written[] = [];
  readonly deadLetters: Written[] = [];

  private constructor(
    private readonly app: NestFastifyApplication,
    readonly kafka: Kafka,
    private readonly producer: RecordProducer,
    private readonly consumer: Consumer,
    /** The base URL of the service. */
    readonly url: string,
    /** Every route of the application, as `POST /path`; HEAD counts as GET. */
    readonly routes: readonly string[],
  ) {}

  static async start(brokers: string, env: NodeJS.ProcessEnv = {}): Promise<RunningIngest> {
    const logger = createLogger('event-ingest-test', 'silent');
    const settings = readIngestSettings({
      KAFKA_BROKERS: brokers,
      TOPIC_PARTITIONS: '3',
      // The most there is: on a busy machine Kafka may take seconds to answer.
      INTAKE_TIMEOUT: '60s',
      ...env,
    });
    const kafka = createKafka({ brokers: settings.brokers, clientId: 'event-ingest-test', logger });
    await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
    const producer = new RecordProducer(kafka, { logger });
    await producer.connect();
    const routes = new Set<string>();
    const service = ingestService(settings, logger);
    const app = await createService({
      ...service,
      bodyLimitBytes: 1_000_000,
      prepare: async (created) => {
        created
          .getHttpAdapter()
          .getInstance()
          .addHook('onRoute', ({ method, url }) => {
            for (const each of [method].flat()) if (each !== 'HEAD') routes.add(`${each} ${url}`);
          });
        await service.prepare?.(created);
      },
    });
    await app.init();
    await app.startAllMicroservices();
    await app.listen(0, '127.0.0.1');
    const consumer = kafka.consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
    const running = new RunningIngest(app, kafka, producer, consumer, await app.getUrl(), [...routes].sort());
    await running.follow();
    return running;
  }

  /** Announces a token as endpoint-registry does. */
  async token(
    organizationId: string,
    scopes: Scope[] = ['events:write'],
    expiresAt: string | null = null,
  ): Promise<string> {
    const token = randomUUID() + randomUUID();
    const hash = createHash('sha256').update(token).digest('hex');
    const value = apiTokenStateSchema.encode({ hash, organizationId, scopes, expiresAt });
    await this.producer.send([{ topic: Topics.apiTokens, key: hash, value }]);
    return token;
  }

  async revoke(token: string): Promise<void> {
    const hash = createHash('sha256').update(token).digest('hex');
    await this.producer.send([{ topic: Topics.apiTokens, key: hash, value: null }]);
  }

  /** Stops the reading of tokens, and leaves the rest of the service as it is. */
  async loseTokens(): Promise<void> {
    await this.app.get(TokenTable).stop();
  }

  /** From now on, the service fails on records of the public topic that contain the text, this many times. */
  failAt(text: string, times: number): void {
    let left = times;
    this.app.get(KafkaIntake).read = (record, acceptedAt) => {
      if (left > 0 && record.value?.includes(text)) {
        left -= 1;
        throw new TypeError('x is undefined');
      }
      return readRecord(record, acceptedAt);
    };
  }

  /**
   * Holds back the reading of all HTTP bodies until `release`. `asked` lists the organisation of each body, and its bytes
   * after decompression.
   */
  holdReading(): { readonly asked: (readonly [organizationId: string, bytes: number])[]; release(): void } {
    const { turns } = this.app.get(HttpIntake);
    const turn = turns.of.bind(turns);
    const released = Promise.withResolvers<undefined>();
    const asked: [string, number][] = [];
    turns.of = async (organizationId, bytes) => {
      asked.push([organizationId, bytes]);
      await released.promise;
      return turn(organizationId, bytes);
    };
    return {
      asked,
      release: () => {
        turns.of = turn;
        released.resolve(undefined);
      },
    };
  }

  /** The sum of a metric over all of its series; 0 when there is none. */
  async metric(name: string): Promise<number> {
    const metric = await register.getSingleMetric(name)?.get();
    return (metric?.values ?? []).reduce((sum, { value }) => sum + value, 0);
  }

  async publish(
    value: Buffer | string | null,
    headers: IHeaders = {},
    key: string | null = null,
  ): Promise<void> {
    const outgoing = Object.entries(headers).map(([name, each]) => [name, each ?? '']);
    await this.producer.send([
      {
        topic: Topics.interviewCompletions,
        key,
        value: value === null ? null : Buffer.from(value),
        headers: Object.fromEntries(outgoing) as Record<string, string>,
      },
    ]);
  }

  /** Publishes a record with arbitrary headers, in this order. */
  async publishRaw(value: Buffer, headers: readonly RawHeader[], key: string): Promise<void> {
    await this.producer.send([{ topic: Topics.interviewCompletions, key, value, headers }]);
  }

  /** Sets the maximum size of a topic's records, bytes. Resolves when the broker goes by it. */
  async limitRecords(topic: string, bytes: number): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    const configEntries = [{ name: 'max.message.bytes', value: String(bytes) }];
    await admin.alterConfigs({
      validateOnly: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }],
    });
    await admin.disconnect();
    if (bytes >= PROBE_BYTES) return;
    const probe = { topic, key: null, value: Buffer.alloc(PROBE_BYTES) };
    const isRefused = (): Promise<boolean> =>
      this.producer.send([probe]).then(
        () => false,
        () => true,
      );
    await waitFor(isRefused, `the limit of ${bytes} bytes on records of ${topic}`);
  }

  post(
    content: string,
    token: string | null,
    contentType = 'application/cloudevents+json',
  ): Promise<Response> {
    return fetch(`${this.url}/api/v1/interview-completions/`, {
      method: 'POST',
      headers: {
        ...(contentType === '' ? {} : { 'content-type': contentType }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: Buffer.from(content),
    });
  }

  /** Sends headers and body as these bytes. @returns status and parsed body of the answer. */
  async postRaw(
    token: string,
    headers: readonly string[],
    content: Buffer,
  ): Promise<{ status: number; headers: IncomingHttpHeaders; body: unknown }> {
    const url = `${this.url}/api/v1/interview-completions/`;
    const own = ['Authorization', `Bearer ${token}`, 'Content-Length', String(content.length)];
    const sent = request(url, { method: 'POST', headers: [...own, 'Host', new URL(url).host, ...headers] });
    sent.end(content);
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const { statusCode: status = 0, headers: answered } = response;
    return { status, headers: answered, body: await json(response) };
  }

  get(path: string): Promise<Response> {
    return fetch(this.url + path);
  }

  async stop(): Promise<void> {
    await this.app.close();
    await this.consumer.disconnect();
    await this.producer.disconnect();
  }

  private async follow(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({
      topics: [Topics.events, Topics.interviewCompletionsDeadLetter],
      fromBeginning: true,
    });
    const once = new EachOnce();
    await this.consumer.run({
      eachMessage: ({ topic, partition, message }) => {
        if (!once.isNew({ topic, partition, message })) return Promise.resolve();
        const { key, value, headers, headerList } = toReceivedRecord(message);
        const written: Written = { key, value: value ?? Buffer.alloc(0), headers, headerList };
        (topic === Topics.events ? this.events : this.deadLetters).push(written);
        return Promise.resolve();
      },
    });
  }
}
