import { randomUUID } from 'node:crypto';
import { mkdtemp, chmod, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type CanonicalEvent, canonicalEventSchema, Topics, topicDefinitions } from '@skillora/contracts';
import { freePort, startEmbeddedDatabase, startTestEngines, type TestEngines } from '@skillora/engines';
import {
  createKafka,
  ensureTopics,
  readPartition,
  type ReceivedRecord,
  RecordProducer,
} from '@skillora/kafka';
import { createLogger, Readiness } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Kafka } from 'kafkajs';
import { register } from 'prom-client';
import type { DataSource } from 'typeorm';

import { type History, randomHistory, registerEndpoints } from './testing/history.js';
import { BEGINNING, iso, ORGANIZATION } from './testing/log-builder.js';
import { projectedToTheEnd } from './testing/projected-to-the-end.js';
import { becomesReady, withProjection } from './testing/projecting-service.js';
import { emptyTables, openDatabase, readTables, type Tables } from './testing/projection-database.js';

const logger = createLogger('projection', 'silent');

let engines: TestEngines;
let kafka: Kafka;
let producer: RecordProducer;
let dataSource: DataSource;

beforeAll(async () => {
  engines = await startTestEngines();
  kafka = createKafka({ brokers: engines.brokers, clientId: 'projection-spec', logger });
  await ensureTopics(kafka, topicDefinitions(3), { partitions: 3, replicationFactor: 1 });
  producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  dataSource = await openDatabase(await engines.createDatabase());
});

afterAll(async () => {
  await producer.disconnect();
  await dataSource.destroy();
  await engines.stop();
});

async function write(history: History): Promise<void> {
  await producer.send(
    history.logs.flatMap(({ topic, records }) => records.map(({ key, value }) => ({ topic, key, value }))),
  );
}

const ANY_EVENT: CanonicalEvent = {
  id: '',
  organizationId: ORGANIZATION,
  eventType: 'interview_completed',
  source: '/projection-spec',
  sourceId: '',
  occurredAt: '2026-01-02T03:04:05.000Z',
  acceptedAt: '',
  body: '{}',
};

/** The headers of the dead letter that holds a record's value. */
async function deadLetterOf(value: Buffer): Promise<Readonly<Record<string, string | undefined>>> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(Topics.deadLetter);
  await admin.disconnect();
  const [place] = ends.filter(({ high }) => high !== '0');
  if (!place) throw new Error('there is no dead letter');
  const found: ReceivedRecord[] = [];
  await readPartition(
    kafka,
    { topic: Topics.deadLetter, partition: place.partition, from: 0n },
    (record) => (found.push(record) > 0 && record.value?.equals(value) ? 'enough' : 'go-on'),
    300_000,
  );
  return found.at(-1)?.headers ?? {};
}

/** The rows once every record in the log is applied. */
async function tablesAtTheEnd(of: DataSource): Promise<Tables> {
  await projectedToTheEnd(kafka, of);
  return readTables(of);
}

const histories = [randomHistory(41), randomHistory(42)] as const;

describe('the projection of a service', () => {
  it('follows the log, says that it is ready, and goes on where it stopped', async () => {
    await registerEndpoints(dataSource, histories[0].endpoints);
    await registerEndpoints(dataSource, histories[1].endpoints);
    await write(histories[0]);

    await withProjection(kafka, dataSource, async (app) => {
      expect((await tablesAtTheEnd(dataSource)).events.length).toBe(60);
      await becomesReady(app);
      const metrics = await register.metrics();
      expect(metrics).toContain(
        `webhook_projection_records_applied_total{topic="${Topics.deliveryResults}"}`,
      );
      expect(metrics).toMatch(/webhook_projection_lag_seconds\{topic="webhook\.events"\} \d/);
    });

    await write(histories[1]);
    await withProjection(kafka, dataSource, async () => {
      expect((await tablesAtTheEnd(dataSource)).events.length).toBe(120);
    });
  });

  it('puts aside a record that the database refuses for good, and goes on behind it', async () => {
    const poison: CanonicalEvent = {
      ...ANY_EVENT,
      id: randomUUID(),
      sourceId: 'poison',
      // A day whose part of the table is there: one that is made while the constraint is does not fit.
      acceptedAt: iso(BEGINNING + 1_000),
    };
    const behind: CanonicalEvent = { ...poison, id: randomUUID(), sourceId: 'behind' };
    const refused = canonicalEventSchema.encode(poison);
    await dataSource.query(`ALTER TABLE events ADD CONSTRAINT no_poison CHECK (source_id <> 'poison')`);
    try {
      await withProjection(kafka, dataSource, async (app) => {
        const records = [refused, canonicalEventSchema.encode(behind)];
        await producer.send(
          records.map((value) => ({ topic: Topics.events, key: ANY_EVENT.organizationId, value })),
        );
        await projectedToTheEnd(kafka, dataSource);
        await becomesReady(app);
      });
      const rows = await dataSource.query<{ source_id: string }[]>(
        `SELECT source_id FROM events WHERE source_id IN ('poison', 'behind')`,
      );
      expect(rows).toEqual([{ source_id: 'behind' }]);
      expect(await deadLetterOf(refused)).toMatchObject({
        'dead-letter-reason': 'internal',
        'dead-letter-topic': Topics.events,
      });
    } finally {
      await dataSource.query('ALTER TABLE events DROP CONSTRAINT no_poison');
    }
    // The log keeps it: read again where nothing stands in its way, it is there.
    await dataSource.query('UPDATE projection_offsets SET next_offset = 0');
    await withProjection(kafka, dataSource, async () => {
      await projectedToTheEnd(kafka, dataSource);
    });
    const rows = await dataSource.query<unknown[]>(`SELECT 1 FROM events WHERE source_id = 'poison'`);
    expect(rows).toHaveLength(1);
  });

  it('makes the same tables from the log when they are dropped', async () => {
    const before = await readTables(dataSource);
    await emptyTables(dataSource);
    for (const { endpoints } of histories) await registerEndpoints(dataSource, endpoints);

    await withProjection(kafka, dataSource, async () => {
      expect(await tablesAtTheEnd(dataSource)).toEqual(before);
    });
  });

  it('reads a log made anew from its beginning, instead of taking it for applied', async () => {
    const before = await readTables(dataSource);
    await dataSource.query('DELETE FROM events');
    await dataSource.query('UPDATE projection_offsets SET next_offset = next_offset + 1000000');

    await withProjection(kafka, dataSource, async () => {
      await eventually(async () => expect(await readTables(dataSource)).toEqual(before));
    });
  });

  it('waits for a database that is killed and goes on when it is back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'skillora-projection-'));
    await chmod(folder, 0o711);
    const database = await startEmbeddedDatabase({
      dataDir: join(folder, 'postgres'),
      port: await freePort(),
      durable: true,
    });
    const other = await openDatabase(database.url);
    try {
      for (const { endpoints } of histories) await registerEndpoints(other, endpoints);
      await withProjection(kafka, other, async (app) => {
        const before = await tablesAtTheEnd(other);
        await database.kill();
        await write(randomHistory(43));
        await eventually(async () => {
          expect(await app.get(Readiness).problems()).toEqual({ projection: 'waits for PostgreSQL' });
        });

        await database.start();

        const after = await tablesAtTheEnd(other);
        expect(after.events.length).toBe(before.events.length + 60);
        await becomesReady(app);
      });
    } finally {
      await other.destroy();
      await database.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is shared by two copies, of which one ends in the middle', async () => {
    const history = randomHistory(44, 200);
    await registerEndpoints(dataSource, history.endpoints);

    await withProjection(kafka, dataSource, async () => {
      await withProjection(kafka, dataSource, async () => {
        await write(history);
      });
      await tablesAtTheEnd(dataSource);
    });

    const both = await readTables(dataSource);
    await dataSource.query(
      'TRUNCATE events, deliveries, attempts, fan_outs, endpoint_statistics, attempt_buckets, projection_offsets',
    );
    await withProjection(kafka, dataSource, async () => {
      expect(await tablesAtTheEnd(dataSource)).toEqual(both);
    });
  });
});
