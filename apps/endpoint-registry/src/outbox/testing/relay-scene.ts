import { topicDefinitions } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { createKafka, ensureTopics, RecordProducer, TRANSACTION_RETRY } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually, PATIENCE_MS } from '@skillora/testing';
import type { Kafka } from 'kafkajs';
import { register } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';

import { dataSourceOptions, migrate } from '../../database/data-source.js';
import { EndpointsLooks, LookedAtInKafka } from '../endpoints-looks.js';
import { OnceOnlyWriter } from '../once-only-writer.js';
import type { NewOutboxRecord } from '../outbox.js';
import { writeOutbox } from '../outbox.js';
import { OutboxRelay } from '../relay.js';

const logger = createLogger('relay-test', 'silent');

/** What a test may replace of a relay. */
export interface RelayParts {
  readonly source: DataSource;
  readonly producer: Pick<RecordProducer, 'send'>;
  readonly looks: EndpointsLooks;
}

/** An outbox in a database of its own, and relays that move it to Kafka. */
export class RelayScene {
  /** Those of the relays, in their order. */
  readonly writers: OnceOnlyWriter[] = [];
  private readonly allLooks: EndpointsLooks[] = [];

  private constructor(
    private readonly brokers: string[],
    readonly kafka: Kafka,
    readonly producer: RecordProducer,
    readonly dataSource: DataSource,
  ) {}

  /** Against the engines of the run (`TEST_KAFKA_BROKERS`, `TEST_DATABASE_URL`). */
  static async set(): Promise<RelayScene> {
    const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
    const kafka = createKafka({ brokers, clientId: 'relay-test', logger });
    // As all specs make them: others rely on the number of partitions.
    await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
    const producer = new RecordProducer(kafka, { lingerMs: 0, logger });
    await producer.connect();
    return new RelayScene(brokers, kafka, producer, await newDatabase());
  }

  /** The relay of one instance of the service. */
  relay(parts: Partial<RelayParts> = {}): OutboxRelay {
    const { source = this.dataSource, producer = this.producer, looks = this.looks() } = parts;
    register.removeSingleMetric('webhook_outbox_rows');
    const transactional = { brokers: this.brokers, clientId: 'relay-test', logger, retry: TRANSACTION_RETRY };
    const writer = new OnceOnlyWriter(createKafka(transactional), logger);
    this.writers.push(writer);
    const settings = { isOneHop: false };
    return new OutboxRelay(source, producer as RecordProducer, writer, looks, settings, logger);
  }

  /** The looks of one instance. @param topic by default that of the events. */
  looks(topic?: string): EndpointsLooks {
    // A look that is late would be written again with the next pass, and counted twice.
    const created = new EndpointsLooks(new LookedAtInKafka(this.kafka, logger, topic), PATIENCE_MS);
    this.allLooks.push(created);
    return created;
  }

  /** The database as an instance sees it that ends just before the deletion of what it has written counts. */
  dyingBeforeDeletion(): DataSource {
    return Object.create(this.dataSource, {
      transaction: {
        value: (work: (manager: EntityManager) => Promise<unknown>) =>
          this.dataSource.transaction(async (manager) => {
            await work(manager);
            throw new Error('the instance ended here');
          }),
      },
    }) as DataSource;
  }

  async store(rows: readonly NewOutboxRecord[], source = this.dataSource): Promise<void> {
    await source.transaction((manager) => writeOutbox(manager, rows));
  }

  /** The topics of the rows that are not moved yet. */
  async topicsLeft(): Promise<string[]> {
    const rows = await this.dataSource.query<{ topic: string }[]>('SELECT topic FROM outbox ORDER BY id');
    return rows.map(({ topic }) => topic);
  }

  /** Call it after each test. */
  async closeRelays(): Promise<void> {
    for (const writer of this.writers.splice(0)) await writer.close();
    for (const looks of this.allLooks.splice(0)) await looks.close();
  }

  async clear(): Promise<void> {
    await this.closeRelays();
    await this.producer.disconnect();
    await this.dataSource.destroy();
  }
}

/** A row for Kafka. */
export function outboxRow(topic: string, value: string): NewOutboxRecord {
  return { topic, key: 'relay-test', headers: {}, value: Buffer.from(value) };
}

/** Resolves when the relay has moved everything: on a busy machine an answer may not wait so long for Kafka. */
export function flushed(by: OutboxRelay): Promise<void> {
  return eventually(() => by.flush());
}

export async function newDatabase(): Promise<DataSource> {
  const url = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  return migrate(await new DataSource(dataSourceOptions(url)).initialize());
}
