import { createDatabaseOn } from '@skillora/engines';
import { createLogger } from '@skillora/operability';
import type { PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';

import { applyEvents, type LoggedEvent } from './apply-events.js';
import { DAY_MS } from './partition-range.js';
import { dropShadow, makeShadow, swap } from './rebuild/shadow-tables.js';
import { Retention } from './retention.js';
import { interleaved, randomHistory, registerEndpoints } from './testing/history.js';
import { idOf, ORGANIZATION } from './testing/log-builder.js';
import { emptyTables, openDatabase, partitionsOf, readTables } from './testing/projection-database.js';
import { projectorOn } from './testing/projector-on.js';
import { inTransaction } from './transaction.js';

const newDatabase = (): Promise<string> => createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');

let dataSource: DataSource;

beforeAll(async () => {
  dataSource = await openDatabase(await newDatabase());
});

afterAll(async () => {
  await dataSource.destroy();
});

interface Plan {
  readonly 'Node Type': string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly Plans?: readonly Plan[];
}

const nodes = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodes)];

describe('events that the projection adds', () => {
  it('are looked up one by one, however many their organisation has that PostgreSQL has not counted', async () => {
    const at = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    await partitionsOf(dataSource).cover([at]);
    await dataSource.query(
      `INSERT INTO events (organization_id, id, event_type, payload, source, source_id, occurred_at, created_at)
       SELECT $1, md5('known ' || n)::uuid, 'interview_completed', '{}', '/', n, $2, $2::timestamptz + n * interval '1 second'
         FROM generate_series(1, 5000) AS n`,
      [ORGANIZATION, new Date(at)],
    );
    const events = Array.from({ length: 50 }, (_, n): LoggedEvent => ({
      id: idOf(`added ${n}`),
      organizationId: ORGANIZATION,
      eventType: 'interview_completed',
      payload: '{}',
      source: '/',
      sourceId: `${n}`,
      occurredAt: at,
      acceptedAt: at + n * 60_000,
      logPartition: 0,
      logOffset: BigInt(n),
    }));
    const plans: Plan[] = [];
    await inTransaction(dataSource, async (client) => {
      const explain = async (how: string, text: string, values?: unknown[]): Promise<void> => {
        const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
          `EXPLAIN (${how}, FORMAT JSON) ${text}`,
          values,
        );
        plans.push(...rows.map((row) => row['QUERY PLAN'][0].Plan));
      };
      const explaining = {
        query: async ({ text, values }: { text: string; values: unknown[] }) => {
          await explain('GENERIC_PLAN', text);
          await explain('ANALYZE', text, values);
          return { rows: [] };
        },
      } as unknown as PoolClient;
      await applyEvents(explaining, events);
    });

    const [generic, executed] = plans;
    const read = nodes(executed!).map((node) => (node['Actual Rows'] ?? 0) * (node['Actual Loops'] ?? 0));
    expect(Math.max(...read)).toBe(events.length);
    const indexes = nodes(generic!).flatMap((node) => node['Index Name'] ?? []);
    expect(indexes.length).toBeGreaterThan(0);
    expect(indexes.filter((name) => !name.endsWith('_pkey'))).toEqual([]);
  });
});

describe('statements that a connection keeps prepared', () => {
  it('write what they would write on a new connection, though partitions come and go and tables are swapped', async () => {
    const history = randomHistory(41, 120);
    const batches = interleaved(history.logs, 1);
    await emptyTables(dataSource);
    await registerEndpoints(dataSource, history.endpoints);
    for (const batch of batches) await projectorOn(dataSource).apply(batch);
    const expected = await readTables(dataSource);

    await emptyTables(dataSource);
    await registerEndpoints(dataSource, history.endpoints);
    // Plans for any values from the first use on, and one connection that keeps them.
    const options = dataSource.options as PostgresDataSourceOptions;
    const extra = options.extra as { options: string };
    const keeping = await new DataSource({
      ...options,
      poolSize: 1,
      extra: { ...extra, options: `${extra.options} -c plan_cache_mode=force_generic_plan` },
    }).initialize();
    const runner = dataSource.createQueryRunner();
    try {
      const projector = projectorOn(keeping);
      for (const [index, batch] of batches.entries()) {
        await projector.apply(batch);
        if (index === Math.floor(batches.length / 3)) await comeAndGo();
        if (index !== Math.floor(batches.length / 2)) continue;
        await makeShadow(runner);
        for (const table of await tableNames()) {
          await runner.query(`INSERT INTO projection_next.${table} SELECT * FROM projection.${table}`);
        }
        await swap(runner);
        await dropShadow(runner);
      }
      expect(await readTables(dataSource)).toEqual(expected);
      const [kept] = await keeping.query<{ most: string }[]>(
        'SELECT max(generic_plans)::text AS most FROM pg_prepared_statements',
      );
      expect(Number(kept?.most)).toBeGreaterThan(5);
    } finally {
      await runner.release();
      await keeping.destroy();
    }
  });
});

/** Adds partitions of the distant past, and lets the retention drop them again. */
async function comeAndGo(): Promise<void> {
  const past = Date.now() - 3_000 * DAY_MS;
  const partitions = partitionsOf(dataSource);
  await partitions.cover([past]);
  await new Retention(dataSource, partitions, 2_000, createLogger('retention', 'silent')).keep();
  const [found] = await dataSource.query<{ dropped_before: Date | null }[]>(
    'SELECT dropped_before FROM retention',
  );
  expect(found?.dropped_before?.getTime()).toBeGreaterThan(past);
}

async function tableNames(): Promise<string[]> {
  const tables = await dataSource.query<{ name: string }[]>(
    `SELECT relname AS name FROM pg_class
      WHERE relnamespace = 'projection'::regnamespace AND relkind IN ('p', 'r') AND NOT relispartition`,
  );
  return tables.map(({ name }) => name);
}
