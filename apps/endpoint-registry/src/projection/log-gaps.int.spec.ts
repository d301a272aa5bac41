import { Topics, topicDefinitions } from '@skillora/contracts';
import { startTestEngines, type TestEngines } from '@skillora/engines';
import { createKafka, ensureTopics, RecordProducer } from '@skillora/kafka';
import { createLogger, Readiness } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Admin, Kafka } from 'kafkajs';
import { register } from 'prom-client';
import type { DataSource } from 'typeorm';

import { Reconciliation } from '../reconciliation/reconciliation.js';
import { LogBuilder, ORGANIZATION } from './testing/log-builder.js';
import { projectedToTheEnd } from './testing/projected-to-the-end.js';
import { becomesReady, withProjection } from './testing/projecting-service.js';
import { openDatabase } from './testing/projection-database.js';

const logger = createLogger('log-gaps', 'silent');

let engines: TestEngines;
let kafka: Kafka;
let admin: Admin;
let producer: RecordProducer;
let dataSource: DataSource;

beforeAll(async () => {
  engines = await startTestEngines();
  kafka = createKafka({ brokers: engines.brokers, clientId: 'log-gaps-spec', logger });
  await ensureTopics(kafka, topicDefinitions(3), { partitions: 1, replicationFactor: 1 });
  admin = kafka.admin();
  await admin.connect();
  producer = new RecordProducer(kafka, { logger });
  await producer.connect();
  dataSource = await openDatabase(await engines.createDatabase());
});

afterAll(async () => {
  await producer.disconnect();
  await admin.disconnect();
  await dataSource.destroy();
  await engines.stop();
});

const accepted = new LogBuilder();
let written = 0;

/** Accepts so many events, and waits until they are on the log. */
async function accept(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) accepted.event(`event ${written + index}`);
  const values = accepted
    .build()
    .filter(({ topic }) => topic === Topics.events)
    .flatMap(({ records }) => records)
    .slice(written);
  written += values.length;
  await producer.send(values.map(({ key, value }) => ({ topic: Topics.events, key, value })));
}

async function deleteBefore(offset: number): Promise<void> {
  const partitions = [{ partition: 0, offset: String(offset) }];
  // kafkajs asks only the leaders that it has heard of.
  await admin.fetchTopicOffsets(Topics.events);
  await admin.deleteTopicRecords({ topic: Topics.events, partitions });
}

async function eventsInAudit(): Promise<number> {
  const [row] = await dataSource.query<{ count: number }[]>('SELECT count(*)::integer AS count FROM events');
  return row?.count ?? 0;
}

/** The gaps that the reconciliation names, as `from-to`. */
async function gapsNamed(): Promise<string[]> {
  const day = { after: new Date(Date.now() - 86_400_000), before: new Date() };
  const { log_gaps } = await new Reconciliation(dataSource).figures(
    ORGANIZATION,
    day,
    new AbortController().signal,
  );
  return log_gaps.map(({ topic, partition, from, to }) => `${topic}/${partition} ${from}-${to}`);
}

async function counted(): Promise<number> {
  const metric = await register.getSingleMetric('webhook_kafka_deleted_unread_total')?.get();
  return (
    metric?.values.find(({ labels }) => labels['group'] === 'projection' && labels['topic'] === Topics.events)
      ?.value ?? 0
  );
}

describe('records deleted before the projection had read them', () => {
  it('while it stood still, are named by the reconciliation and counted, and it goes on with what is left', async () => {
    await accept(3);
    await withProjection(kafka, dataSource, () => projectedToTheEnd(kafka, dataSource));
    await accept(5);
    await deleteBefore(7);

    await withProjection(kafka, dataSource, async (app) => {
      await projectedToTheEnd(kafka, dataSource);
      await accept(1);
      await projectedToTheEnd(kafka, dataSource);
      await becomesReady(app);
    });

    expect(await eventsInAudit()).toBe(5);
    expect(await gapsNamed()).toEqual(['webhook.events/0 3-7']);
    expect(await counted()).toBe(4);
  });

  it('while it waited for PostgreSQL, are named too', async () => {
    await withProjection(kafka, dataSource, async (app) => {
      await projectedToTheEnd(kafka, dataSource);
      const holding = dataSource.createQueryRunner();
      await holding.connect();
      await holding.startTransaction();
      // What is read next waits for this row.
      await holding.query("SELECT FROM projection_offsets WHERE topic = 'webhook.events' FOR UPDATE");
      await accept(1);
      await eventually(async () => {
        const [waiting] = await dataSource.query<{ count: string }[]>(
          "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%projection_offsets%'",
        );
        expect(Number(waiting?.count)).toBeGreaterThan(0);
      });
      await accept(3);
      await deleteBefore(13);
      await accept(1);
      await holding.rollbackTransaction();
      await holding.release();

      await projectedToTheEnd(kafka, dataSource);
      await becomesReady(app);
    });

    expect(await eventsInAudit()).toBe(7);
    expect(await gapsNamed()).toEqual(['webhook.events/0 3-7', 'webhook.events/0 10-13']);
  });

  it('are still told from a database that went back in time', async () => {
    await withProjection(kafka, dataSource, async (app) => {
      await projectedToTheEnd(kafka, dataSource);
      await accept(1);
      await projectedToTheEnd(kafka, dataSource);
      await dataSource.query(
        "UPDATE projection_offsets SET next_offset = next_offset - 1 WHERE topic = 'webhook.events'",
      );
      await accept(1);
      await eventually(async () => {
        expect(await app.get(Readiness).problems()).toEqual({
          projection: expect.stringContaining('the database went back in time'),
        });
      });
    });
    expect(await gapsNamed()).toHaveLength(2);
  });
});
