import { jest } from '@jest/globals';
import { canonicalEventSchema, Topics } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import pg from 'pg';
import { Registry } from 'prom-client';
import type { DataSource } from 'typeorm';

import type { ProjectedBatch } from './projected-work.js';
import { expectedHealth } from './testing/expected-health.js';
import { interleaved, madeInPlace, randomHistory, registerEndpoints } from './testing/history.js';
import { idOf, iso, LogBuilder } from './testing/log-builder.js';
import {
  countedBuckets,
  countedStatistics,
  emptyTables,
  openDatabase,
  readTables,
  type Tables,
} from './testing/projection-database.js';
import { projectorOn } from './testing/projector-on.js';
import { pastTheLog } from '../testing/past-the-log.js';

const newDatabase = (): Promise<string> => createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');

let dataSource: DataSource;

beforeAll(async () => {
  dataSource = await openDatabase(await newDatabase());
});

afterAll(async () => {
  await dataSource.destroy();
});

beforeEach(async () => {
  await emptyTables(dataSource);
});

async function project(batches: readonly ProjectedBatch[], by = projectorOn(dataSource)): Promise<void> {
  for (const batch of batches) await by.apply(batch);
}

/** The tables that a history leaves behind when its batches come in the order that `seed` chooses. */
async function tablesAfter(history: ReturnType<typeof randomHistory>, seed: number): Promise<Tables> {
  await emptyTables(dataSource);
  await registerEndpoints(dataSource, history.endpoints);
  await project(interleaved(history.logs, seed));
  return readTables(dataSource);
}

describe('replaying the log', () => {
  it('changes nothing, not even when the offsets are forgotten', async () => {
    const history = randomHistory(1);
    const before = await tablesAfter(history, 1);
    // Three endpoints want all of 60 events; another one left 20 of them out by its filter.
    expect(before.deliveries.length).toBe(200);

    await project(interleaved(history.logs, 2));
    expect(await readTables(dataSource)).toEqual(before);

    await dataSource.query('TRUNCATE projection_offsets');
    await project(interleaved(history.logs, 3));
    expect(await readTables(dataSource)).toEqual(before);
  });
});

describe('the order in which topics are read', () => {
  it.each([11, 12, 13, 14, 15])('makes no difference (history %d)', async (seed) => {
    const history = randomHistory(seed);
    const tables = await tablesAfter(history, 1);

    expect(await tablesAfter(history, 2)).toEqual(tables);
    expect(await tablesAfter(history, 3)).toEqual(tables);
  });
});

describe('deliveries that are made from the records of their events', () => {
  it.each([16, 17, 18])('have the same rows, which their reports make (history %d)', async (seed) => {
    const history = randomHistory(seed);
    const tables = await tablesAfter(history, 1);
    const inPlace = { ...history, logs: madeInPlace(history.logs) };

    expect(await tablesAfter(inPlace, 2)).toEqual(tables);
    expect(tables.deliveries.some(({ status }) => status === 'pending')).toBe(true);
  });
});

describe('the statistics of an endpoint', () => {
  it.each([21, 22, 23])(
    'are what counting its deliveries and attempts would give (history %d)',
    async (seed) => {
      const { endpoint_statistics: statistics } = await tablesAfter(randomHistory(seed), seed);

      expect(statistics).toEqual(await countedStatistics(dataSource));
      expect(statistics.length).toBe(3);
    },
  );
});

describe('the health of an endpoint', () => {
  it.each([21, 22, 23, 24])('is what its attempts say all together (history %d)', async (seed) => {
    const history = randomHistory(seed);
    const { endpoint_health: health } = await tablesAfter(history, seed);

    expect(health).toEqual(expectedHealth(history.logs));
    expect(health.length).toBe(3);
  });

  it('is the same when a success is read after failures that came later', async () => {
    const log = new LogBuilder();
    const deliveries = ['a', 'b', 'c', 'd'].map((name) => log.delivery(log.event(name), idOf('endpoint')));
    log.result(deliveries[0]!, { status: 'failed' });
    log.success(deliveries[1]!);
    log.result(deliveries[2]!, { status: 'failed' });
    log.result(deliveries[3]!, { status: 'failed' });
    const logs = log.build();
    const [results] = [logs.filter(({ topic }) => topic === Topics.deliveryResults)];
    const all = results.flatMap(({ records }) => records);
    const isSuccess = ({ value }: { value: Buffer | null }): boolean =>
      value?.includes('"status":"success"') ?? false;
    const [last] = all.filter(isSuccess);
    const order = [...all.filter((each) => !isSuccess(each)), last!];
    for (const [index, record] of order.entries()) {
      await project([{ topic: Topics.deliveryResults, partition: index, records: [record] }]);
    }

    expect((await readTables(dataSource)).endpoint_health).toEqual(expectedHealth(logs));
    expect(expectedHealth(logs)).toMatchObject([{ failures: 2 }]);
  });
});

describe('the buckets of an endpoint', () => {
  it.each([21, 22])('hold each attempt once, in its minute and its hour (history %d)', async (seed) => {
    const { attempt_buckets: buckets } = await tablesAfter(randomHistory(seed), seed);

    const shown = buckets.map(({ success, retrying, failed, durations, ...key }) => {
      const attempts = Number(success) + Number(retrying) + Number(failed);
      expect((durations as number[]).reduce((sum, count) => sum + count, 0)).toBe(attempts);
      return { ...key, attempts, success };
    });
    expect(shown).toEqual(await countedBuckets(dataSource));
    expect(shown.length).toBeGreaterThanOrEqual(6);
  });
});

describe('offsets and rows', () => {
  it('are written together or not at all', async () => {
    const log = new LogBuilder();
    const event = log.event('first');
    const delivery = log.delivery(event, idOf('endpoint'));
    log.success(delivery);
    const logs = log.build();
    const results = logs.find(({ topic }) => topic === Topics.deliveryResults)!;
    // The last table to be written refuses.
    await dataSource.query(
      'ALTER TABLE endpoint_statistics ADD CONSTRAINT none CHECK (total_deliveries = 0)',
    );
    try {
      await expect(projectorOn(dataSource).apply(results)).rejects.toThrow('none');

      expect(await readTables(dataSource)).toMatchObject({ deliveries: [], attempts: [] });
      expect(await dataSource.query('SELECT * FROM projection_offsets')).toEqual([]);
    } finally {
      await dataSource.query('ALTER TABLE endpoint_statistics DROP CONSTRAINT none');
    }

    await projectorOn(dataSource).apply(results);

    expect((await readTables(dataSource)).attempts.length).toBe(1);
    expect(await dataSource.query('SELECT next_offset FROM projection_offsets')).toEqual([
      { next_offset: '1' },
    ]);
  });

  it('are kept for each thousand records of a large batch', async () => {
    const log = new LogBuilder();
    for (let index = 0; index < 2_500; index += 1) log.event(`event ${index}`);
    const [events] = log.build();

    await project([events!]);

    expect(await dataSource.query('SELECT count(*) FROM events')).toEqual([{ count: '2500' }]);
    const next = events!.records.at(-1)!.offset + 1n;
    expect(await dataSource.query('SELECT next_offset FROM projection_offsets')).toEqual([
      { next_offset: String(next) },
    ]);
  });

  it('of partitions that are handed over at the same time share a transaction', async () => {
    const by = projectorOn(dataSource);
    await Promise.all(randomHistory(6).logs.map((log) => by.apply(log)));

    const transactions = await dataSource.query<{ xmin: string }[]>(
      'SELECT DISTINCT xmin::text FROM projection_offsets',
    );
    expect(transactions).toHaveLength(1);
  });

  it('that went back under a running projection stop it, instead of leaving a hole', async () => {
    const [events] = interleaved([eventLog(10)], 1);
    const running = projectorOn(dataSource);
    await running.apply(events!);
    await dataSource.query('UPDATE projection_offsets SET next_offset = 0');

    await expect(running.apply(events!)).rejects.toThrow('went back in time');

    await projectorOn(dataSource).apply(events!);
  });
});

describe('two copies at work on the same records', () => {
  it.each([31, 32, 33])('leave what one would have left (history %d)', async (seed) => {
    const history = randomHistory(seed, 120);
    const tables = await tablesAfter(history, 1);
    await emptyTables(dataSource);
    await registerEndpoints(dataSource, history.endpoints);

    const byPartition = (order: number): ProjectedBatch[][] => {
      const batches = interleaved(history.logs, order);
      return history.logs.map((log) =>
        batches.filter(({ topic, partition }) => topic === log.topic && partition === log.partition),
      );
    };
    const copies = [projectorOn(dataSource), projectorOn(dataSource)];
    await Promise.all(
      copies.flatMap((copy, index) => byPartition(index + 5).map((batches) => project(batches, copy))),
    );

    expect(await readTables(dataSource)).toEqual(tables);
    expect(tables.endpoint_statistics).toEqual(await countedStatistics(dataSource));
  });
});

describe('the deletion of an endpoint', () => {
  const endpointId = idOf('endpoint');
  const deletedAt = Date.now();

  async function deleteEndpoint(): Promise<void> {
    await pastTheLog(dataSource, 'UPDATE endpoints SET deleted_at = $1', [iso(deletedAt)]);
  }
  const tombstone: ProjectedBatch = {
    topic: Topics.endpoints,
    partition: 0,
    records: [{ key: endpointId, value: null, headers: {}, offset: 0n, timestamp: deletedAt }],
  };
  const statuses = (): Promise<unknown> =>
    dataSource.query('SELECT status, error, next_retry_at, updated_at FROM deliveries ORDER BY created_at');
  const closed = { status: 'failed', error: 'endpoint_deleted', next_retry_at: null };

  beforeEach(async () => {
    await registerEndpoints(dataSource, [{ id: endpointId, deletedAt: null }]);
  });

  it('ends what is pending and retrying, leaves what has ended, and counts the failures', async () => {
    const log = new LogBuilder();
    const deliveries = ['a', 'b', 'c', 'd'].map((name) => log.delivery(log.event(name), endpointId));
    log.result(deliveries[1]!, { nextRetryAt: iso(deletedAt + 60_000) });
    log.success(deliveries[2]!);
    log.result(deliveries[3]!, { status: 'failed', error: 'timeout' });
    await project(log.build());

    await deleteEndpoint();
    await project([tombstone]);

    const ended = { ...closed, updated_at: new Date(deletedAt) };
    expect(await statuses()).toMatchObject([
      ended,
      ended,
      { status: 'success' },
      { status: 'failed', error: 'timeout' },
    ]);
    expect((await readTables(dataSource)).endpoint_statistics).toMatchObject([
      { total_deliveries: '3', failed_deliveries: '3' },
    ]);
  });

  it('ends a delivery that is heard of only afterwards', async () => {
    await deleteEndpoint();
    await project([tombstone]);
    const log = new LogBuilder();
    log.delivery(log.event('late'), endpointId);

    await project(log.build());

    expect(await statuses()).toMatchObject([closed]);
    expect((await readTables(dataSource)).endpoint_statistics).toMatchObject([{ failed_deliveries: '1' }]);
  });

  it('ends a delivery whose transaction looked just before the deletion', async () => {
    const log = new LogBuilder();
    log.delivery(log.event('racing'), endpointId);
    const deliveries = log.build().find(({ topic }) => topic === Topics.deliveries)!;
    // Holds up the transaction behind its look at the endpoint, where it adds the delivery.
    const obstacle = dataSource.createQueryRunner();
    await obstacle.connect();
    await obstacle.startTransaction();
    await obstacle.query('LOCK TABLE deliveries IN SHARE MODE');
    const racing = projectorOn(dataSource).apply(deliveries);
    await waitingTransactions(1);
    await deleteEndpoint();

    const closing = projectorOn(dataSource).apply(tombstone);
    await waitingTransactions(2);
    await obstacle.rollbackTransaction();
    await obstacle.release();
    await Promise.all([racing, closing]);

    expect(await statuses()).toMatchObject([closed]);
  });

  it('is made up for at the start when the tombstone was compacted away', async () => {
    const log = new LogBuilder();
    log.delivery(log.event('forgotten'), endpointId);
    await project(log.build());
    await deleteEndpoint();

    await projectorOn(dataSource).closeDeliveriesOfDeleted();

    expect(await statuses()).toMatchObject([closed]);
  });
});

describe('a record that is not ours', () => {
  it('is skipped, counted once, and does not hold up the records around it', async () => {
    const log = new LogBuilder();
    log.event('before');
    for (const value of [
      'not JSON',
      '{"id":"no uuid"}',
      JSON.stringify({ ...JSON.parse(log.build()[0]!.records[0]!.value!.toString()), acceptedAt: 'noon' }),
    ]) {
      log.append(Topics.events, 'foreign', Buffer.from(value));
    }
    log.event('after');
    const registry = new Registry();

    await project([...log.build(), ...log.build()], projectorOn(dataSource, { registry }));

    expect(await dataSource.query('SELECT source_id FROM events ORDER BY created_at')).toEqual([
      { source_id: 'before' },
      { source_id: 'after' },
    ]);
    expect(await registry.metrics()).toContain(
      `webhook_projection_records_skipped_total{topic="${Topics.events}"} 3`,
    );
  });

  it('is not counted when it is a look among the events, and reading goes on behind it', async () => {
    const log = new LogBuilder();
    log.look();
    log.event('before');
    log.look();
    log.event('after');
    log.look();
    const registry = new Registry();
    const events = log.build().filter(({ topic }) => topic === Topics.events);

    await project([...events, ...events], projectorOn(dataSource, { registry }));

    expect(await dataSource.query('SELECT source_id FROM events ORDER BY created_at')).toEqual([
      { source_id: 'before' },
      { source_id: 'after' },
    ]);
    expect(
      await dataSource.query('SELECT next_offset::int FROM projection_offsets WHERE topic = $1', [
        Topics.events,
      ]),
    ).toEqual([{ next_offset: 5 }]);
    expect(await registry.metrics()).not.toContain('webhook_projection_records_skipped_total{');
  });

  it('may hold a NUL character, which the database cannot', async () => {
    const log = new LogBuilder();
    const delivery = log.delivery(log.event('nul'), idOf('endpoint'));
    log.result(delivery, { attempt: { responseBody: 'a\0b' } });

    await project(log.build());

    expect((await readTables(dataSource)).attempts).toMatchObject([{ response_body: 'a\uFFFDb' }]);
  });
});

function eventLog(events: number): ReturnType<LogBuilder['build']>[number] {
  const log = new LogBuilder();
  for (let index = 0; index < events; index += 1) log.event(`event ${index}`);
  return log.build()[0]!;
}

/** Resolves when so many transactions of this database wait for a lock. */
async function waitingTransactions(count: number): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (Date.now() < deadline) {
    const rows = await dataSource.query<{ waiting: number }[]>(
      `SELECT count(*)::integer AS waiting FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    if ((rows[0]?.waiting ?? 0) >= count) return;
  }
  throw new Error(`no ${count} transactions came to wait for a lock`);
}

describe('an event that is accepted again', () => {
  const again = (log: LogBuilder, event: ReturnType<LogBuilder['event']>, hours: number): void => {
    const at = iso(Date.parse(event.acceptedAt) + hours * 3_600_000);
    log.append(
      Topics.events,
      event.organizationId,
      canonicalEventSchema.encode({ ...event, acceptedAt: at }),
    );
  };
  const acceptances = (): Promise<unknown[]> =>
    dataSource.query('SELECT created_at FROM events ORDER BY created_at');

  it('within a day is the same, in whatever pieces the log is read', async () => {
    const log = new LogBuilder();
    const event = log.event('twice');
    for (const hours of [-1, 20, 23]) again(log, event, hours);
    const [events] = log.build();

    await project([events!]);
    expect(await acceptances()).toEqual([{ created_at: new Date(event.acceptedAt) }]);

    await emptyTables(dataSource);
    await project(events!.records.map((record) => ({ ...events!, records: [record] })));
    expect(await acceptances()).toEqual([{ created_at: new Date(event.acceptedAt) }]);
  });

  it('a thousand times in one transaction costs a few statements, and later ones still count', async () => {
    const log = new LogBuilder();
    const event = log.event('over and over');
    for (let times = 0; times < 1_000; times += 1) again(log, event, 0);
    again(log, event, 25);
    const queries = jest.spyOn(pg.Client.prototype, 'query');
    await project(log.build());
    const texts = (queries.mock.calls as unknown as [string | { text: string }][]).map(([query]) =>
      typeof query === 'string' ? query : query.text,
    );
    const onEvents = texts.filter((text) => / FROM events |INTO events /.test(text));
    queries.mockRestore();
    expect(onEvents.length).toBeGreaterThanOrEqual(2);
    expect(onEvents.length).toBeLessThanOrEqual(4);
    expect(await acceptances()).toHaveLength(2);
  });

  it('later is delivered again, and both stand with their own attempts', async () => {
    const log = new LogBuilder();
    const event = log.event('forgotten');
    const first = log.delivery(event, idOf('endpoint'));
    log.success(first);
    again(log, event, 24 * 30);
    const second = { ...first, createdAt: iso(Date.parse(first.createdAt) + 30 * 24 * 3_600_000) };
    log.deliver(second);
    log.result(second, { status: 'failed' });

    await project(log.build());

    expect((await acceptances()).length).toBe(2);
    const { deliveries, attempts, endpoint_statistics: statistics } = await readTables(dataSource);
    expect(deliveries).toMatchObject([
      { id: first.deliveryId, status: 'success', attempt_count: 1 },
      { id: first.deliveryId, status: 'failed', attempt_count: 1 },
    ]);
    expect(attempts).toMatchObject([{ response_status: 200 }, { response_status: 500 }]);
    expect(statistics).toMatchObject([{ total_deliveries: '2', failed_deliveries: '1' }]);
  });
});

describe('a time that is nonsense', () => {
  it.each(['0001-01-01T00:00:00.000Z', '9999-12-31T23:59:59.000Z'])(
    'finds its place (%s)',
    async (acceptedAt) => {
      const log = new LogBuilder();
      const event = log.event('odd');
      log.append(
        Topics.events,
        'odd',
        canonicalEventSchema.encode({ ...event, id: idOf('odd one'), acceptedAt }),
      );

      await project(log.build());

      expect((await readTables(dataSource)).events.length).toBe(2);
    },
  );
});
