import { DELIVERY_STATUSES, EVENT_TYPES } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { createKafka } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import type { PageRequest } from '@skillora/rest';
import { waitFor } from '@skillora/testing';
import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { Reconciliation } from '../reconciliation/reconciliation.js';
import { PreparedQueries } from '../database/prepared-queries.js';
import { type DeliveryFilter, DeliveryQueries } from '../deliveries/delivery-queries.js';
import { EndpointQueries } from '../endpoints/endpoint-queries.js';
import { EventLogEnd } from '../events/event-log-end.js';
import { EventQueries } from '../events/event-queries.js';
import { ProjectedEvents } from '../events/projected-events.js';
import { lockDeliveries, updateDeliveries } from './delivery-rows.js';
import { DAY_MS } from './partition-range.js';
import { dropShadow, makeShadow, SHADOW_SCHEMA, swap } from './rebuild/shadow-tables.js';
import { idOf, ORGANIZATION } from './testing/log-builder.js';
import { openDatabase, partitionsOf } from './testing/projection-database.js';
import { inTransaction } from './transaction.js';

const newDatabase = (): Promise<string> => createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');

let dataSource: DataSource;

const WEEKS = 6;
const ENDPOINTS = Array.from({ length: 5 }, (_, index) => idOf(`endpoint ${index}`));

beforeAll(async () => {
  dataSource = await openDatabase(await newDatabase());
  // None that stays empty: reading a table of no pages is no scan worth the name, and the planner knows it.
  await partitionsOf(dataSource).cover(Array.from({ length: WEEKS }, (_, week) => ago(7 * week)));
  await seed();
});

afterAll(async () => {
  await dataSource.destroy();
});

/** The history ends with the last whole partition, so that all are full. */
const END = Math.floor(Date.now() / (7 * DAY_MS)) * 7 * DAY_MS - 1;
const ago = (days: number): number => END - days * DAY_MS;

/**
 * 30,240 deliveries over six weeks, one every two minutes: rows enough that a plan that reads a whole
 * partition costs more than one that does not.
 */
async function seed(): Promise<void> {
  const numbers = `(SELECT n, '${new Date(END).toISOString()}'::timestamptz - n * interval '2 minutes' AS at
                            FROM generate_series(0, 30239) AS n) AS numbers`;
  await dataSource.query(
    `INSERT INTO events (organization_id, id, event_type, payload, source, source_id, occurred_at, created_at)
     SELECT $1, md5('event ' || n)::uuid, CASE WHEN n % 9999 = 0 THEN 'test' ELSE 'interview_completed' END, '{}', '/', n, at, at
       FROM ${numbers}`,
    [ORGANIZATION],
  );
  await dataSource.query(
    `INSERT INTO deliveries (id, organization_id, event_id, endpoint_id, event_type, status, round, step, step_ended,
                             attempt_count, created_at, updated_at)
     SELECT md5('delivery ' || n)::uuid, $1, md5('event ' || n)::uuid, ($2::uuid[])[n % 5 + 1],
            CASE WHEN n % 9999 = 0 THEN 'test' ELSE 'interview_completed' END,
            CASE WHEN n % 7000 = 0 THEN 'pending' WHEN n % 50 = 0 THEN 'failed' ELSE 'success' END, 0, 1, true, 1, at, at
       FROM ${numbers}`,
    [ORGANIZATION, ENDPOINTS],
  );
  await dataSource.query(
    `INSERT INTO attempts (delivery_id, delivery_created_at, round, step, trigger, started_at, duration_ms)
     SELECT md5('delivery ' || n)::uuid, at, 0, 1, 'automatic', at, 5 FROM ${numbers}`,
  );
  await dataSource.query(
    `INSERT INTO fan_outs (organization_id, accepted_at, event_id, part, made_at, delivery_ids, endpoint_ids)
     SELECT $1, at, md5('event ' || n)::uuid, 0, at, ARRAY[md5(CASE WHEN n % 5000 = 4001 THEN 'lost ' ELSE 'delivery ' END || n)::uuid], ARRAY[($2::uuid[])[n % 5 + 1]]
       FROM ${numbers}`,
    [ORGANIZATION, ENDPOINTS],
  );
  await dataSource.query('ANALYZE events, deliveries, attempts, fan_outs');
}

interface Plan {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows'?: number;
  readonly 'Actual Loops'?: number;
  readonly Plans?: readonly Plan[];
}

/**
 * The plans of the queries that `work` makes; of those that are planned once, the plan for any values too.
 * @param options of EXPLAIN.
 */
async function plansOf(
  work: (explaining: DataSource, preparing: PreparedQueries) => Promise<unknown>,
  options = 'FORMAT JSON',
): Promise<Plan[]> {
  const plans: Plan[] = [];
  const explain = async (how: string, text: string, parameters?: unknown[]): Promise<void> => {
    const [row] = await dataSource.query<[{ 'QUERY PLAN': [{ Plan: Plan }] }]>(
      `EXPLAIN (${how}) ${text}`,
      parameters,
    );
    plans.push(row['QUERY PLAN'][0].Plan);
  };
  const explaining = {
    query: async (text: string, parameters: unknown[]) => {
      await explain(options, text, parameters);
      return [{}];
    },
  };
  const preparing = {
    query: async (text: string, parameters: unknown[]) => {
      await explain(options, text, parameters);
      await explain('GENERIC_PLAN, FORMAT JSON', text);
      return [];
    },
  };
  await work(explaining as unknown as DataSource, preparing as unknown as PreparedQueries);
  return plans;
}

/** Every node of a plan that reads a table or an index. */
function scans(plan: Plan): string[] {
  const table = plan['Relation Name'] ?? plan['Index Name'];
  const own = table === undefined ? [] : [`${plan['Node Type']} of ${table}`];
  return [...own, ...(plan.Plans ?? []).flatMap(scans)];
}

/** How many rows each node of a plan that was carried out has read. */
function rowsRead(plan: Plan): number[] {
  const read = (plan['Actual Rows'] ?? 0) * (plan['Actual Loops'] ?? 0);
  return [read, ...(plan.Plans ?? []).flatMap(rowsRead)];
}

/** Nothing here is in a log. */
const nowhere = (): ProjectedEvents =>
  new ProjectedEvents(
    dataSource,
    new EventLogEnd(
      createKafka({ brokers: ['127.0.0.1:9'], clientId: 'plans', logger: createLogger('plans', 'silent') }),
    ),
  );

const firstPage: PageRequest = { size: 50, cursor: null };
const deepPage: PageRequest = {
  size: 50,
  cursor: { direction: 'next', time: ago(20), id: idOf('anywhere') },
};
const pageBack: PageRequest = {
  size: 50,
  cursor: { direction: 'previous', time: ago(20), id: idOf('anywhere') },
};

/** Each filter alone and all of them in every combination. */
function filters(): DeliveryFilter[] {
  const choices: [keyof DeliveryFilter, unknown[]][] = [
    ['endpointId', [undefined, ENDPOINTS[0]]],
    ['eventId', [undefined, idOf('event')]],
    ['eventType', [undefined, 'interview_completed', 'test']],
    ['status', [undefined, ...DELIVERY_STATUSES]],
    ['createdAfter', [undefined, new Date(ago(30))]],
    ['createdBefore', [undefined, new Date(ago(10))]],
  ];
  return choices.reduce<DeliveryFilter[]>(
    (found, [name, values]) =>
      found.flatMap((filter) => values.map((value) => ({ ...filter, [name]: value }))),
    [{}],
  );
}

describe('a page of deliveries', () => {
  it.each([
    ['first', firstPage],
    ['deep', deepPage],
    ['backwards', pageBack],
  ])('is read from indexes alone, whatever it is filtered by (%s)', async (_, page) => {
    const plans = await plansOf(async (explaining, preparing) => {
      const queries = new DeliveryQueries(explaining, preparing);
      for (const filter of filters()) await queries.list(ORGANIZATION, filter, page);
    });

    expect(plans.length).toBe(240 + 2);
    expect(new Set(plans.flatMap(scans).filter((scan) => !/^(Index|Bitmap) /.test(scan)))).toEqual(new Set());
  });

  it('leaves out the partitions that lie before its cursor', async () => {
    const [first, deep] = await plansOf(async (explaining, preparing) => {
      const queries = new DeliveryQueries(explaining, preparing);
      await queries.list(ORGANIZATION, { status: 'success' }, firstPage);
      await queries.list(ORGANIZATION, { status: 'success' }, deepPage);
    });
    const partitions = (plan: Plan): number =>
      new Set(scans(plan).flatMap((scan) => /deliveries_\d+/.exec(scan) ?? [])).size;

    expect(partitions(first!)).toBeGreaterThanOrEqual(WEEKS);
    expect(partitions(deep!)).toBeLessThan(partitions(first!) - 1);
  });

  it('reads each partition in one place of its plan, however many lists are merged', async () => {
    const plans = await plansOf(async (explaining, preparing) => {
      const queries = new DeliveryQueries(explaining, preparing);
      for (const filter of [{}, { endpointId: ENDPOINTS[0] }]) {
        await queries.list(ORGANIZATION, filter, firstPage);
      }
    });
    for (const plan of plans) {
      const partitions = scans(plan).flatMap((scan) => /deliveries_\d+$/.exec(scan) ?? []);
      expect(partitions.length).toBeGreaterThanOrEqual(WEEKS);
      expect(new Set(partitions).size).toBe(partitions.length);
    }
  });

  it('reads no more of a list than a page', async () => {
    const plans = await plansOf(async (explaining, preparing) => {
      for (const filter of [{}, { endpointId: ENDPOINTS[0] }]) {
        await new DeliveryQueries(explaining, preparing).list(ORGANIZATION, filter, firstPage);
      }
    }, 'ANALYZE, FORMAT JSON');
    const lists = (EVENT_TYPES.length + 1) * DELIVERY_STATUSES.length;
    for (const plan of plans) {
      expect(Math.max(...rowsRead(plan))).toBeLessThanOrEqual(lists * (firstPage.size + 1));
    }
  });
});

describe('a page that many ask for', () => {
  it('answers the same by a plan that is made once for any values', async () => {
    const runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    const one = { createQueryRunner: () => ({ connect: () => runner.connect(), release: () => undefined }) };
    const prepared = new PreparedQueries(one as unknown as DataSource);
    try {
      // It is for PostgreSQL to decide when that is cheaper.
      await client.query('SET plan_cache_mode = force_generic_plan');
      for (const page of [firstPage, deepPage, pageBack]) {
        for (const filter of [{}, { endpointId: ENDPOINTS[0] }]) {
          const planned = dataSource as unknown as PreparedQueries;
          const expected = await new DeliveryQueries(dataSource, planned).list(ORGANIZATION, filter, page);
          expect([expected.rows.length, expected.found]).toEqual([51, 51]);
          for (let turn = 0; turn < 2; turn += 1) {
            const rows = await new DeliveryQueries(dataSource, prepared).list(ORGANIZATION, filter, page);
            expect(rows).toEqual(expected);
          }
        }
      }
      const { rows } = await client.query<{ generic_plans: string; custom_plans: string }>(
        'SELECT generic_plans::text, custom_plans::text FROM pg_prepared_statements',
      );
      expect(rows).toEqual(Array.from({ length: 6 }, () => ({ generic_plans: '2', custom_plans: '0' })));
    } finally {
      await client.query('RESET plan_cache_mode; DEALLOCATE ALL');
      await runner.release();
    }
  });

  it('leaves out the partitions before its cursor when it begins, whatever it was planned for', async () => {
    const runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    try {
      let plan = '';
      const explaining = {
        query: async (text: string, values: (string | Date)[]) => {
          const literals = values.map((value) => `'${value instanceof Date ? value.toISOString() : value}'`);
          await client.query(`SET plan_cache_mode = force_generic_plan; PREPARE page AS ${text}`);
          const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
            `EXPLAIN (FORMAT JSON) EXECUTE page (${literals.join(', ')})`,
          );
          plan = JSON.stringify(rows[0]?.['QUERY PLAN']);
          return [];
        },
      } as unknown as PreparedQueries;
      await new DeliveryQueries(dataSource, explaining).list(ORGANIZATION, {}, deepPage);

      const removed = [...plan.matchAll(/"Subplans Removed":(\d+)/g)].map(([, number]) => Number(number));
      expect(removed.filter((number) => number > 1).length).toBe(1);
    } finally {
      await client.query('RESET plan_cache_mode; DEALLOCATE page');
      await runner.release();
    }
  });

  it('is read from the tables that have taken the place of those it was planned for', async () => {
    const other = await openDatabase(await newDatabase());
    const runner = other.createQueryRunner();
    const deliveries = new DeliveryQueries(other, new PreparedQueries(other));
    const ids = async (): Promise<string[]> =>
      (await deliveries.list(ORGANIZATION, {}, firstPage)).rows.map(({ id }) => id);
    try {
      await partitionsOf(other).cover([END]);
      const row = `SELECT $1::uuid, $2::uuid, $1::uuid, $1::uuid, 'test', 'success', 0, 1, true, 1, $3::timestamptz, $3::timestamptz`;
      const columns =
        'id, organization_id, event_id, endpoint_id, event_type, status, round, step, step_ended, attempt_count, created_at, updated_at';
      const at = new Date(END);
      await other.query(`INSERT INTO deliveries (${columns}) ${row}`, [idOf('former'), ORGANIZATION, at]);
      for (let turn = 0; turn < 7; turn += 1) expect(await ids()).toEqual([idOf('former')]);

      await makeShadow(runner);
      await runner.query(`INSERT INTO ${SHADOW_SCHEMA}.deliveries (${columns}) ${row}`, [
        idOf('new'),
        ORGANIZATION,
        at,
      ]);
      await swap(runner);
      expect(await ids()).toEqual([idOf('new')]);
      await dropShadow(runner);
      expect(await ids()).toEqual([idOf('new')]);
    } finally {
      await runner.release();
      await other.destroy();
    }
  });
});

describe('a page of events', () => {
  it('is read from indexes alone, the counts of its deliveries too', async () => {
    const plans = await plansOf(async (explaining, preparing) => {
      const queries = new EventQueries(explaining, preparing, nowhere());
      for (const page of [firstPage, deepPage, pageBack]) {
        await queries.list(ORGANIZATION, {}, page);
        await queries.list(ORGANIZATION, { eventType: 'test' }, page);
        await queries.list(
          ORGANIZATION,
          { createdAfter: new Date(ago(9)), createdBefore: new Date(ago(5)) },
          page,
        );
      }
    });

    expect(new Set(plans.flatMap(scans).filter((scan) => !/^(Index|Bitmap) /.test(scan)))).toEqual(new Set());
  });
});

describe('a reconciliation', () => {
  it('reads what belongs to its range from indexes alone', async () => {
    const plans: Plan[] = [];
    const runner = dataSource.createQueryRunner();
    const client = (await runner.connect()) as PoolClient;
    const explaining = {
      createQueryRunner: () => ({
        connect: () =>
          Promise.resolve({
            query: async (text: string, parameters: unknown[]) => {
              if (/FROM (events|fan_outs)/.test(text)) {
                const explain = `EXPLAIN (FORMAT JSON) ${text}`;
                const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(explain, parameters);
                plans.push(...rows.map((row) => row['QUERY PLAN'][0].Plan));
              }
              return client.query(text, parameters);
            },
          }),
        release: () => runner.release(),
      }),
    };

    const range = { after: new Date(ago(20)), before: new Date(ago(19)) };
    const reconciliation = new Reconciliation(explaining as unknown as DataSource);
    const figures = await reconciliation.figures(ORGANIZATION, range, new AbortController().signal);

    expect(figures).toMatchObject({
      events_accepted: 719,
      deliveries_expected: 719,
      deliveries_ended: 717,
      deliveries_open: 1,
      deliveries_missing: 1,
    });
    // The bounds, the events, the deliveries and the names of the missing ones.
    expect(plans.length).toBe(4);
    expect(new Set(plans.flatMap(scans).filter((scan) => !/^(Index|Bitmap) /.test(scan)))).toEqual(new Set());
  });
});

describe('one delivery, one event', () => {
  it('are found by their ids through indexes', async () => {
    const plans = await plansOf(async (explaining, preparing) => {
      await new DeliveryQueries(explaining, preparing).read(ORGANIZATION, idOf('delivery'));
      await new EventQueries(explaining, preparing, nowhere()).read(ORGANIZATION, idOf('event'));
    });

    expect(new Set(plans.flatMap(scans).filter((scan) => !/^(Index|Bitmap) /.test(scan)))).toEqual(new Set());
  });
});

describe('deliveries that the projection changes', () => {
  it('are looked up one by one, however much younger they are than what PostgreSQL has counted', async () => {
    const keys = Array.from({ length: 20_000 }, (_, n) => ({
      id: idOf(`recent ${n}`),
      createdAt: END + n * 1_000,
    }));
    await partitionsOf(dataSource).cover(keys.map(({ createdAt }) => createdAt));
    const add = (some: typeof keys): Promise<unknown> =>
      dataSource.query(
        `INSERT INTO deliveries (id, created_at, organization_id, event_id, endpoint_id, event_type, status, round, step,
                                 step_ended, attempt_count, updated_at)
         SELECT id, created_at, $3, id, $3, 'interview_completed', 'pending', 0, 1, false, 0, created_at
           FROM unnest($1::uuid[], $2::timestamptz[]) AS recent (id, created_at)`,
        [some.map(({ id }) => id), some.map(({ createdAt }) => new Date(createdAt)), ORGANIZATION],
      );
    await add(keys.slice(0, 15_000));
    await dataSource.query('ANALYZE deliveries');
    const young = keys.slice(15_000);
    await add(young);
    // The oldest of them and many of the youngest: all the others lie between.
    const some = [young[0]!, ...young.slice(-500)];
    const plans: Plan[] = [];
    await inTransaction(dataSource, async (client) => {
      const explaining = {
        query: async (query: string | { text: string; values: unknown[] }, values: unknown[]) => {
          const [text, parameters] = typeof query === 'string' ? [query, values] : [query.text, query.values];
          const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
            `EXPLAIN (ANALYZE, FORMAT JSON) ${text}`,
            parameters,
          );
          plans.push(...rows.map((row) => row['QUERY PLAN'][0].Plan));
          return client.query(text, parameters);
        },
      } as unknown as PoolClient;
      const locked = await lockDeliveries(explaining, some);
      expect(locked.map(({ identity }) => identity.id)).toEqual(some.map(({ id }) => id).toSorted());
      await updateDeliveries(explaining, locked);
    });
    expect(plans.length).toBe(2);
    expect(Math.max(...plans.flatMap(rowsRead))).toBe(some.length);
  });
});

describe('deliveries of several partitions', () => {
  it('are all locked, as they are by then, when another transaction changes one meanwhile', async () => {
    const keys = [8, 1, 15, 2, 9, 22].map((days, n) => ({
      id: idOf(`waited for ${n}`),
      createdAt: ago(days),
    }));
    await dataSource.query(
      `INSERT INTO deliveries (id, created_at, organization_id, event_id, endpoint_id, event_type, status, round, step,
                               step_ended, attempt_count, updated_at)
       SELECT id, created_at, $3, id, $3, 'interview_completed', 'pending', 0, 1, false, 0, created_at
         FROM unnest($1::uuid[], $2::timestamptz[]) AS made (id, created_at)`,
      [keys.map(({ id }) => id), keys.map(({ createdAt }) => new Date(createdAt)), ORGANIZATION],
    );
    const inOrder = keys.map(({ id }) => id).toSorted();
    for (const changed of inOrder) {
      const other = dataSource.createQueryRunner();
      await other.connect();
      try {
        await other.startTransaction();
        await other.query('UPDATE deliveries SET attempt_count = attempt_count + 1 WHERE id = $1', [changed]);
        const locking = inTransaction(dataSource, (client) => lockDeliveries(client, keys));
        await waitFor(async () => {
          const waiting = await dataSource.query<unknown[]>(
            `SELECT FROM pg_stat_activity
              WHERE datname = current_database() AND cardinality(pg_blocking_pids(pid)) > 0`,
          );
          return waiting.length > 0;
        }, 'the transaction that waits');
        await other.commitTransaction();
        const locked = await locking;
        expect(locked.map(({ identity }) => identity.id)).toEqual(inOrder);
        expect(locked.map(({ attemptCount }) => attemptCount)).toEqual(
          inOrder.map((id) => (id <= changed ? 1 : 0)),
        );
      } finally {
        await other.release();
      }
    }
  });
});

describe('the statistics of endpoints', () => {
  it('are read, not counted', async () => {
    const [plan] = await plansOf((explaining) =>
      new EndpointQueries(explaining).list(ORGANIZATION, firstPage),
    );

    expect(scans(plan!).filter((scan) => /deliveries|attempts/.test(scan))).toEqual([]);
  });
});
