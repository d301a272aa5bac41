import { randomUUID } from 'node:crypto';

import { createLogger } from '@skillora/operability';
import { waitFor } from '@skillora/testing';
import type { Kafka } from 'kafkajs';
import { register } from 'prom-client';

import type { RecordBatch } from '../consumer/batch-handler.js';
import type { BatchTransportOptions } from '../consumer/batch-transport-options.js';
import { BatchTransport } from '../consumer/batch-transport.js';
import { createKafka, TRANSACTION_RETRY } from '../client/client.js';
import { ensureTopics } from '../topics/ensure-topics.js';
import { readPartition } from '../table/partition-reader.js';
import type { ReceivedRecord } from '../records/received-record.js';
import { RecordProducer } from '../producer/record-producer.js';
import { TransactionalProducer } from '../producer/transactional-producer.js';

/** What a test against the broker creates and closes again. */
export class BrokerTest {
  readonly kafka: Kafka;
  readonly transactionalKafka: Kafka;
  readonly logger = createLogger('kafka-test', 'silent');
  private readonly closing: (() => Promise<unknown>)[] = [];

  constructor() {
    const client = {
      brokers: (process.env['TEST_KAFKA_BROKERS'] ?? '').split(','),
      clientId: 'kafka-test',
      logger: this.logger,
    };
    this.kafka = createKafka(client);
    this.transactionalKafka = createKafka({ ...client, retry: TRANSACTION_RETRY });
  }

  /** Closes something after the test, the last first. */
  closeAfter(...close: (() => Promise<unknown>)[]): void {
    this.closing.push(...close);
  }

  async close(): Promise<void> {
    for (const close of this.closing.splice(0).reverse()) await close();
  }

  /** A topic of its own. */
  async topic(config: Record<string, string> = {}, partitions = 1): Promise<string> {
    const name = `test-${randomUUID()}`;
    await this.make(name, config, partitions);
    return name;
  }

  /** Deletes a topic, and makes it anew with one partition. */
  async makeAnew(name: string): Promise<void> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      await admin.deleteTopics({ topics: [name] });
      await waitFor(async () => !(await admin.listTopics()).includes(name));
    } finally {
      await admin.disconnect();
    }
    await this.make(name, {}, 1);
  }

  private async make(name: string, config: Record<string, string>, partitions: number): Promise<void> {
    const layout = { partitions, replicationFactor: 1 };
    await ensureTopics(this.kafka, [{ name, partitions: 'spread', config }], layout);
  }

  async producer(): Promise<RecordProducer> {
    const created = new RecordProducer(this.kafka, { logger: this.logger });
    await created.connect();
    this.closing.push(() => created.disconnect());
    return created;
  }

  transactionalProducer(): TransactionalProducer {
    const created = new TransactionalProducer(this.transactionalKafka, randomUUID(), this.logger);
    this.closing.push(() => created.disconnect());
    return created;
  }

  /** A transport with one handler, without the rest of Nest. */
  async transport(
    topic: string,
    handler: (batch: RecordBatch) => Promise<void>,
    options: Partial<BatchTransportOptions> = {},
  ): Promise<BatchTransport> {
    const created = new BatchTransport({
      id: Symbol(topic),
      kafka: this.kafka,
      groupId: topic,
      logger: this.logger,
      completion: 'batch',
      ...options,
    });
    created.addHandler(topic, handler, true);
    await new Promise<void>((resolve, reject) => {
      created.listen((error) =>
        error === undefined
          ? resolve()
          : reject(new Error('the transport does not listen', { cause: error })),
      );
    });
    this.closing.push(() => created.close());
    await waitFor(() => created.ready);
    return created;
  }

  /** The same, in a group of several or with a successor. */
  transportInGroup(
    topic: string,
    groupId: string,
    handler: (batch: RecordBatch) => Promise<void>,
    options: Partial<BatchTransportOptions> = {},
  ): Promise<BatchTransport> {
    return this.transport(topic, handler, { groupId, ...options });
  }

  /** What Kafka has of a group's commit in partition 0. */
  async committed(groupId: string, topic: string) {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const [found] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return found?.partitions[0];
    } finally {
      await admin.disconnect();
    }
  }

  /**
   * Resolves when the group has committed this offset in partition 0. Kafka shows what a transaction has committed
   * a moment after it has answered that.
   */
  async untilCommitted(groupId: string, topic: string, offset: string): Promise<void> {
    const isCommitted = async (): Promise<boolean> =>
      (await this.committed(groupId, topic))?.offset === offset;
    await waitFor(isCommitted, `the commit of offset ${offset}`);
  }

  /** The values in a topic, committed or not, while they are written. */
  async everythingWritten(topic: string): Promise<string[]> {
    const written: string[] = [];
    const consumer = this.kafka.consumer({
      groupId: randomUUID(),
      readUncommitted: true,
      maxWaitTimeInMs: 100,
    });
    await consumer.connect();
    this.closeAfter(() => consumer.disconnect());
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: ({ message }) => Promise.resolve(void written.push(String(message.value))),
    });
    return written;
  }

  /** The first `count` committed records of partition 0. */
  async read(topic: string, count: number): Promise<ReceivedRecord[]> {
    const read: ReceivedRecord[] = [];
    await readPartition(
      this.kafka,
      { topic, partition: 0, from: 0n },
      (record) => (read.push(record) === count ? 'enough' : 'go-on'),
      300_000,
    );
    return read;
  }

  /** The texts of these. */
  async readTexts(topic: string, count: number): Promise<string[]> {
    return (await this.read(topic, count)).map(({ value }) => String(value));
  }
}

/** The texts in a batch. */
export function textsOf({ records }: RecordBatch): string[] {
  return records.map(({ value }) => String(value));
}

/** A record with a text. */
export function textRecord(topic: string, value: string, key = 'k') {
  return { topic, key, value: Buffer.from(value) };
}

/**
 * The value of a gauge or counter with these labels, as Prometheus would read it; null when it does not
 * exist.
 */
export async function metric(name: string, labels: Record<string, string>): Promise<number | null> {
  const { values = [] } = (await register.getSingleMetric(name)?.get()) ?? {};
  const found = values.find((each) =>
    Object.entries(labels).every(
      ([label, value]) => (each.labels as Record<string, unknown>)[label] === value,
    ),
  );
  return found?.value ?? null;
}
