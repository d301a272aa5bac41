import { randomUUID } from 'node:crypto';

import { topicDefinitions, Topics } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { createKafka, ensureTopics, readPartition, RecordProducer, TRANSACTION_RETRY } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Kafka } from 'kafkajs';
import { register } from 'prom-client';
import { DataSource, type EntityManager } from 'typeorm';

import { dataSourceOptions, migrate } from '../database/data-source.js';
import { forgetWhatWasWritten, OnceOnlyWriter } from './once-only-writer.js';
import { writeOutbox } from './outbox.js';
import { OutboxRelay } from './relay.js';

const brokers = (process.env['TEST_KAFKA_BROKERS'] ?? '').split(',');
const logger = createLogger('relay-test', 'silent');
/** Only a topic from which nothing comes takes so long. */
const READ_LIMIT_MS = 300_000;

let kafka: Kafka;
let dataSource: DataSource;
let producer: RecordProducer;
const writers: OnceOnlyWriter[] = [];

beforeAll(async () => {
  kafka = createKafka({ brokers, clientId: 'relay-test', logger });
  // As all specs make them: others rely on the number of partitions.
  await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
  dataSource = await newDatabase();
  producer = new RecordProducer(kafka, { lingerMs: 0, logger });
  await producer.connect();
});

afterEach(async () => {
  for (const writer of writers.splice(0)) await writer.close();
});

afterAll(async () => {
  await producer.disconnect();
  await dataSource.destroy();
});

async function newDatabase(): Promise<DataSource> {
  const url = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  return migrate(await new DataSource(dataSourceOptions(url)).initialize());
}

/** The relay of one copy of the service. */
function relay(source: DataSource = dataSource): OutboxRelay {
  register.removeSingleMetric('webhook_outbox_rows');
  const transactionalKafka = createKafka({
    brokers,
    clientId: 'relay-test',
    logger,
    retry: TRANSACTION_RETRY,
  });
  const writer = new OnceOnlyWriter(transactionalKafka, logger);
  writers.push(writer);
  return new OutboxRelay(source, producer, writer, logger);
}

/** The database as a copy sees it that ends just before it deletes what it has written. */
function dyingBeforeDeletion(): DataSource {
  return Object.create(dataSource, {
    transaction: {
      value: (work: (manager: EntityManager) => Promise<unknown>) =>
        dataSource.transaction((manager) =>
          work(
            Object.create(manager, {
              query: {
                value: (sql: string, values?: unknown[]) => {
                  if (sql.startsWith('DELETE')) throw new Error('the copy ended here');
                  return manager.query(sql, values);
                },
              },
            }) as EntityManager,
          ),
        ),
    },
  }) as DataSource;
}

const row = (topic: string, value: string) => ({
  topic,
  key: 'relay-test',
  headers: {},
  value: Buffer.from(value),
});

/** Resolves when the relay has moved everything: on a busy machine an answer may not wait so long for Kafka. */
function flushed(by: OutboxRelay): Promise<void> {
  return eventually(() => by.flush());
}

async function store(rows: ReturnType<typeof row>[], source = dataSource): Promise<void> {
  await source.transaction((manager) => writeOutbox(manager, rows));
}

/** What readers of committed records find, in all partitions, up to now. */
async function read(topic: string): Promise<string[]> {
  const admin = kafka.admin();
  await admin.connect();
  const partitions = (await admin.fetchTopicOffsets(topic)).map(({ partition }) => partition);
  await admin.disconnect();
  const values: string[] = [];
  for (const partition of partitions) {
    const mark = randomUUID();
    await producer.send([{ topic, partition, key: null, value: Buffer.from(mark) }]);
    await readPartition(
      kafka,
      { topic, partition, from: 0n },
      ({ value }) => {
        if (String(value) === mark) return 'enough';
        values.push(String(value));
        return 'go-on';
      },
      READ_LIMIT_MS,
    );
  }
  return values;
}

describe('the relay of the outbox', () => {
  it('writes a delivery once, though a copy ended after it was written and before its row was deleted', async () => {
    const first: string = randomUUID();
    const second: string = randomUUID();
    await store([row(Topics.manualRetries, first), row(Topics.deliveries, first)]);
    const dying = relay(dyingBeforeDeletion());
    await expect(dying.flush()).rejects.toThrow();
    // Whoever tries again without having ended must find out as well.
    await expect(dying.flush()).rejects.toThrow();
    await store([row(Topics.deliveries, second)]);

    await flushed(relay());
    const written = await read(Topics.deliveries);
    expect(written.filter((value) => value === first || value === second)).toEqual([first, second]);
    expect(await dataSource.query('SELECT id FROM outbox')).toEqual([]);
  });

  it('lets copies take turns, and none writes what another has written', async () => {
    const copies = [relay(), relay(), relay()];
    const values = Array.from({ length: 9 }, () => randomUUID());
    for (const [index, value] of values.entries()) {
      await store([row(Topics.deliveries, value)]);
      await flushed(copies[index % copies.length]!);
    }
    const ours = new Set<string>(values);
    expect((await read(Topics.deliveries)).filter((value) => ours.has(value))).toEqual(values);
  });

  it('remembers no more than what was written last, however often instances take turns', async () => {
    const instances = [relay(), relay()];
    for (let turn = 0; turn < 8; turn += 1) {
      await store([row(Topics.deliveries, randomUUID())]);
      await flushed(instances[turn % instances.length]!);
    }
    const [, second] = writers;
    await second?.close();
    expect(await second?.takeOver()).toHaveLength(1);
  });

  it('writes the rows of a new database, though Kafka remembers those of another', async () => {
    const values: string[] = [];
    for (let databases = 0; databases < 2; databases += 1) {
      const source = await newDatabase();
      const value: string = randomUUID();
      values.push(value);
      await store([row(Topics.deliveries, value)], source);
      await flushed(relay(source));
      await source.destroy();
    }
    expect((await read(Topics.deliveries)).filter((value) => values.includes(value))).toEqual(values);
  });

  it('moves rows in their order, whichever way each is written', async () => {
    const values = Array.from({ length: 6 }, () => randomUUID());
    const [a = '', b = '', c = '', d = '', e = '', f = ''] = values;
    await store([
      row(Topics.manualRetries, a),
      row(Topics.deliveries, b),
      row(Topics.deliveries, c),
      row(Topics.manualRetries, d),
      row(Topics.deliveries, e),
      row(Topics.manualRetries, f),
    ]);
    await flushed(relay());
    const ours = new Set<string>(values);
    expect((await read(Topics.deliveries)).filter((value) => ours.has(value))).toEqual([b, c, e]);
    expect((await read(Topics.manualRetries)).filter((value) => ours.has(value))).toEqual([a, d, f]);
  });

  it('knows what it wrote until that is deleted, whatever else was deleted meanwhile', async () => {
    relay();
    const [writer] = writers;
    await writer?.takeOver();
    const { topic, key, value } = row(Topics.deliveries, randomUUID());
    await writer?.write([{ topic, key, value }], ['9007']);
    writer?.settled(new Set(['1', '2']));
    expect(await writer?.takeOver()).toContain('9007');
    writer?.settled(new Set(['9007']));
    expect(await writer?.takeOver()).not.toContain('9007');
  });

  it('writes a row that has the id of one written before the database was set back', async () => {
    const value: string = randomUUID();
    await store([row(Topics.deliveries, value)]);
    await expect(relay(dyingBeforeDeletion()).flush()).rejects.toThrow();
    // The row is there still, as a new one with its id would be.
    await forgetWhatWasWritten(kafka);
    await flushed(relay());
    expect((await read(Topics.deliveries)).filter((each) => each === value)).toHaveLength(2);
    await forgetWhatWasWritten(kafka);
    await forgetWhatWasWritten(kafka);
  });
});
