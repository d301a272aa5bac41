import { createDatabaseOn } from '@skillora/engines';
import { createLogger } from '@skillora/operability';
import { DataSource } from 'typeorm';

import { dataSourceOptions, migrate } from '../database/data-source.js';
import { FirstSchema1764000000000 } from '../database/migrations/1764000000000-first-schema.js';
import { TokenIds1764000001000 } from '../database/migrations/1764000001000-token-ids.js';
import { IdempotencyKeys1764000003000 } from '../database/migrations/1764000003000-idempotency-keys.js';
import { FormerSecrets1764000002000 } from '../database/migrations/1764000002000-former-secrets.js';
import { DAY_MS } from './partition-range.js';
import { existingRanges, TablePartitions } from './table-partitions.js';
import { Retention } from './retention.js';
import { interleaved, randomHistory, registerEndpoints } from './testing/history.js';
import { idOf, LogBuilder, ORGANIZATION } from './testing/log-builder.js';
import { countedStatistics, openDatabase, readTables } from './testing/projection-database.js';
import { projectorOn } from './testing/projector-on.js';

const logger = createLogger('retention', 'silent');

const newDatabase = (): Promise<string> => createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');

let dataSource: DataSource;

beforeEach(async () => {
  dataSource = await openDatabase(await newDatabase());
});

afterEach(async () => {
  await dataSource.destroy();
});

/** A history that begins 60 days ago, in the tables. */
async function projected(seed: number, holding = true): Promise<ReturnType<typeof randomHistory>> {
  const history = randomHistory(seed);
  await registerEndpoints(dataSource, history.endpoints);
  for (const batch of interleaved(history.logs, seed))
    await projectorOn(dataSource, { holding }).apply(batch);
  return history;
}

function retention(days: number): Retention {
  return new Retention(dataSource, new TablePartitions(dataSource, days), days, logger);
}

const createdAts = (rows: Record<string, unknown>[], column: string): number[] =>
  rows.map((row) => (row[column] as Date).getTime());

describe('retention', () => {
  const DAYS = 52;
  /** TablePartitions of seven days, made with a retention of 90, go when the youngest of them is 52 days old. */
  const KEPT_FOR_MS = (DAYS + 7) * DAY_MS;

  it('drops what is older than asked, soon after, of every table', async () => {
    const history = await projected(51);
    const before = await readTables(dataSource);

    await retention(DAYS).keep();

    const after = await readTables(dataSource);
    for (const [table, column] of [
      ['events', 'created_at'],
      ['deliveries', 'created_at'],
      ['attempts', 'delivery_created_at'],
    ] as const) {
      expect(after[table].length).toBeLessThan(before[table].length);
      expect(after[table].length).toBeGreaterThan(0);
      expect(Math.min(...createdAts(after[table], column))).toBeGreaterThan(Date.now() - KEPT_FOR_MS);
      const young = createdAts(before[table], column).filter((at) => at > Date.now() - DAYS * DAY_MS);
      expect(after[table].length).toBeGreaterThanOrEqual(young.length);
    }
    expect(history.logs.length).toBeGreaterThan(0);
  });

  it('forgets the gaps of the log that were noticed before, and no others', async () => {
    const gap = (from: number, days: number): Promise<unknown> =>
      dataSource.query(
        `INSERT INTO log_gaps (topic, partition, from_offset, to_offset, noticed_at)
         VALUES ('webhook.events', 0, $1, 100, now() - make_interval(days => $2))`,
        [from, days],
      );
    await gap(1, DAYS + 1);
    await gap(2, DAYS - 1);

    await retention(DAYS).keep();

    expect(await dataSource.query('SELECT from_offset FROM log_gaps')).toEqual([{ from_offset: '2' }]);
  });

  it.each([
    ['in rows of their own', false],
    ['in the rows of deliveries', true],
  ])(
    'leaves the statistics as they were, and what was dropped stays dropped when the log is read again (attempts %s)',
    async (_, holding) => {
      const history = await projected(52, holding);
      const before = await readTables(dataSource);
      await retention(DAYS).keep();
      const after = await readTables(dataSource);
      expect(after.endpoint_statistics).toEqual(before.endpoint_statistics);

      await dataSource.query('TRUNCATE projection_offsets');
      for (const batch of interleaved(history.logs, 7))
        await projectorOn(dataSource, { holding }).apply(batch);

      expect(await readTables(dataSource)).toEqual(after);
      expect(
        await dataSource.query(
          `SELECT endpoint_id, total_deliveries, failed_deliveries FROM retired_statistics ORDER BY endpoint_id`,
        ),
      ).toEqual(difference(before.endpoint_statistics, await countedStatistics(dataSource)));
    },
  );

  it.each([true, false])(
    'keeps when the last attempt began that it dropped (in its delivery: %s)',
    async (holding) => {
      const log = new LogBuilder();
      log.success(log.delivery(log.event('old'), idOf('endpoint')));
      for (const batch of log.build()) await projectorOn(dataSource, { holding }).apply(batch);
      const { attempts } = await readTables(dataSource);

      await retention(DAYS).keep();

      expect((await readTables(dataSource)).attempts).toEqual([]);
      expect(await dataSource.query('SELECT last_triggered_at FROM retired_statistics')).toEqual([
        { last_triggered_at: attempts[0]!['started_at'] },
      ]);
    },
  );

  it('makes the partitions of now and of the span after it, and finds nothing more to do', async () => {
    await retention(90).keep();
    const ranges = await existingRanges(dataSource);
    expect(ranges.length).toBe(2);

    await Promise.all([retention(90).keep(), retention(90).keep()]);

    expect(await existingRanges(dataSource)).toEqual(ranges);
  });

  it('does not stop the projection while somebody reads what is to be dropped, and drops it afterwards', async () => {
    await projected(53);
    const reader = dataSource.createQueryRunner();
    await reader.startTransaction();
    await reader.query('SELECT count(*) FROM attempts');

    const dropping = retention(DAYS).keep();
    const refused = expect(dropping).rejects.toThrow('lock timeout');
    for (let turn = 0; turn < 5; turn += 1) {
      const log = new LogBuilder();
      log.success(log.delivery(log.event(`meanwhile ${turn}`), idOf('endpoint')));
      await dataSource.query('TRUNCATE projection_offsets');
      for (const batch of log.build()) await projectorOn(dataSource).apply(batch);
    }
    await refused;
    await reader.rollbackTransaction();
    await reader.release();

    await retention(DAYS).keep();

    const oldest = Math.min(...createdAts((await readTables(dataSource)).attempts, 'delivery_created_at'));
    expect(oldest).toBeGreaterThan(Date.now() - KEPT_FOR_MS);
  });

  it('finishes what a copy that died has left detached', async () => {
    await projected(54);
    const [oldest] = (await existingRanges(dataSource)).sort((a, b) => a.from - b.from);
    const name = new Date(oldest!.from).toISOString().slice(0, 10).replaceAll('-', '');
    await dataSource.query(`ALTER TABLE attempts DETACH PARTITION projection.attempts_${name} CONCURRENTLY`);
    await dataSource.query(`ALTER TABLE events DETACH PARTITION projection.events_${name} CONCURRENTLY`);

    await retention(DAYS).keep();

    expect(
      await dataSource.query(`SELECT relname FROM pg_class WHERE relname ~ ('^[a-z_]+_' || $1 || '$')`, [
        name,
      ]),
    ).toEqual([]);
  });
});

describe('an installation of before', () => {
  it('keeps its rows, and the rounds asked for by hand, when its tables are cut by time', async () => {
    const url = await newDatabase();
    const former = await new DataSource({
      ...dataSourceOptions(url),
      migrations: [
        FirstSchema1764000000000,
        TokenIds1764000001000,
        FormerSecrets1764000002000,
        IdempotencyKeys1764000003000,
      ],
    }).initialize();
    await former.runMigrations();
    const at = new Date(Date.now() - 40 * DAY_MS);
    await former.query(`INSERT INTO events VALUES ($1, $2, 'interview_completed', '{}', '/', '1', $3, $3)`, [
      ORGANIZATION,
      idOf('event'),
      at,
    ]);
    await former.query(
      `INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, event_type, status, round, step, step_ended,
                               attempt_count, requested_round, created_at, updated_at)
       VALUES ($1, $2, $3, $4, 'interview_completed', 'failed', 1, 2, true, 1, 2, $5, $5)`,
      [idOf('delivery'), ORGANIZATION, idOf('event'), idOf('endpoint'), at],
    );
    await former.query(
      `INSERT INTO attempts VALUES ($1, 1, 2, 'manual', $2, 7, 500, 'no', 'http_status', 'The server answered 500.')`,
      [idOf('delivery'), at],
    );
    await former.query('INSERT INTO endpoint_statistics VALUES ($1, 1, 1, $2)', [idOf('endpoint'), at]);
    await former.query(`INSERT INTO projection_offsets VALUES ('webhook.events', 0, 7)`);
    await former.destroy();

    const now = await migrate(await new DataSource(dataSourceOptions(url)).initialize());
    try {
      const tables = await readTables(now);
      expect(tables.events).toMatchObject([{ id: idOf('event'), created_at: at, payload: '{}' }]);
      expect(tables.deliveries).toMatchObject([
        { id: idOf('delivery'), created_at: at, status: 'failed', round: 1 },
      ]);
      expect(tables.attempts).toMatchObject([
        {
          delivery_id: idOf('delivery'),
          delivery_created_at: at,
          trigger: 'manual',
          duration_ms: 7,
          response_body: 'no',
        },
      ]);
      expect(tables.endpoint_statistics).toMatchObject([{ total_deliveries: '1' }]);
      expect(await now.query('SELECT next_offset FROM projection_offsets')).toEqual([{ next_offset: '7' }]);
      expect(await now.query('SELECT delivery_id, round FROM requested_rounds')).toEqual([
        { delivery_id: idOf('delivery'), round: 2 },
      ]);
    } finally {
      await now.destroy();
    }
  });
});

/** What the one counts and the other does not, by endpoint. */
function difference(
  all: Record<string, unknown>[],
  part: Record<string, unknown>[],
): Record<string, unknown>[] {
  return all.map((row) => {
    const rest = part.find(({ endpoint_id }) => endpoint_id === row['endpoint_id']);
    const minus = (column: string): string => String(Number(row[column]) - Number(rest?.[column] ?? 0));
    return {
      endpoint_id: row['endpoint_id'],
      total_deliveries: minus('total_deliveries'),
      failed_deliveries: minus('failed_deliveries'),
    };
  });
}
