import { execFile, type ChildProcess } from 'node:child_process';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';

import { topicDefinitions, Topics } from '@skillora/contracts';
import { startTestEngines, type TestEngines } from '@skillora/engines';
import { createKafka, ensureTopics } from '@skillora/kafka';
import { createLogger } from '@skillora/operability';
import { eventually } from '@skillora/testing';
import type { Admin, Kafka, Producer } from 'kafkajs';
import type { DataSource, QueryRunner } from 'typeorm';

import { type History, randomHistory, registerEndpoints } from '../testing/history.js';
import { LogBuilder, type PartitionLog } from '../testing/log-builder.js';
import { projectedToTheEnd } from '../testing/projected-to-the-end.js';
import { withProjection } from '../testing/projecting-service.js';
import { openDatabase, partitionsOf, readTables, type Tables } from '../testing/projection-database.js';
import { dropOldBuckets } from '../../statistics/old-buckets.js';
import { DAY_MS } from '../partition-range.js';
import { Retention } from '../retention.js';
import { inTransaction } from '../transaction.js';
import { databaseTime, keepChangedAt, takeOverChangedAt } from './changed-at.js';
import { rebuildProjection } from './rebuild.js';
import { dropShadow, makeShadow, SHADOW_SCHEMA } from './shadow-tables.js';

const ADMIN = fileURLToPath(new URL('../../../dist/admin.js', import.meta.url));
const HOUR_MS = 3_600_000;

let engines: TestEngines;
let kafka: Kafka;
let producer: Producer;
let admin: Admin;

beforeAll(async () => {
  engines = await startTestEngines();
  kafka = createKafka({
    brokers: engines.brokers,
    clientId: 'rebuild-spec',
    logger: createLogger('rebuild', 'silent'),
  });
  admin = kafka.admin();
  producer = kafka.producer();
  await Promise.all([admin.connect(), producer.connect()]);
});

afterAll(async () => {
  await Promise.all([admin.disconnect(), producer.disconnect()]);
  await engines.stop();
});

let databaseUrl: string;
let dataSource: DataSource;

/** A log that has nothing yet. Its records say when they were made, weeks ago, and none goes for that. */
beforeEach(async () => {
  const topics = topicDefinitions(3).map((topic) => ({
    ...topic,
    config: { ...topic.config, 'retention.ms': '-1' },
  }));
  const there = await admin.listTopics();
  const old = topics.map(({ name }) => name).filter((name) => there.includes(name));
  if (old.length > 0) {
    await admin.deleteTopics({ topics: old });
    await eventually(async () =>
      expect((await admin.listTopics()).some((name) => old.includes(name))).toBe(false),
    );
  }
  // A broker under load still says for a moment that they are gone.
  await eventually(() => ensureTopics(kafka, topics, { partitions: 3, replicationFactor: 1 }));
  databaseUrl = await engines.createDatabase();
  dataSource = await openDatabase(databaseUrl);
});

afterEach(() => dataSource.destroy());

/** Writes records in the order in which they were made, as the log has them. */
async function write(logs: readonly PartitionLog[]): Promise<void> {
  const messages = logs.flatMap(({ topic, records }) =>
    records.map(({ key, value, headers, timestamp }) => ({ topic, key, value, headers, timestamp })),
  );
  messages.sort((a, b) => a.timestamp - b.timestamp);
  await producer.sendBatch({
    topicMessages: [...new Set(messages.map(({ topic }) => topic))].map((topic) => ({
      topic,
      messages: messages
        .filter((message) => message.topic === topic)
        .map(({ key, value, headers, timestamp }) => ({
          key,
          value,
          headers: headers as Record<string, string>,
          timestamp: String(timestamp),
        })),
    })),
  });
}

/** Runs a service until it has projected these histories. */
async function project(histories: readonly History[], holding = true): Promise<Tables> {
  for (const { endpoints, logs } of histories) {
    await registerEndpoints(dataSource, endpoints);
    await write(logs);
  }
  await withProjection(kafka, dataSource, () => projectedToTheEnd(kafka, dataSource), holding);
  // A service drops them every hour.
  await dropOldBuckets(dataSource, Date.now());
  return readTables(dataSource);
}

/**
 * A history of which some of the last two days is left to be counted by minutes. Its events are six hours apart, and none
 * happened near the time of day that it is: it could come to be two days old while a test runs.
 */
const recentHistory = (seed: number): History =>
  randomHistory(seed, 58, Math.floor(Date.now() / HOUR_MS + 3) * HOUR_MS - 15 * DAY_MS);

/** When the database learnt last of each delivery that was not given up. */
async function changeTimes(): Promise<Record<string, unknown>[]> {
  return dataSource.query(
    `SELECT id, created_at, changed_at FROM deliveries WHERE status <> 'failed' ORDER BY id, created_at`,
  );
}

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function rebuilding({ brokers = engines.brokers.join(','), holding = true } = {}): {
  process: ChildProcess;
  ended: Promise<Ended>;
} {
  const env = {
    PATH: process.env['PATH'],
    DATABASE_URL: databaseUrl,
    KAFKA_BROKERS: brokers,
    FIRST_ATTEMPT_IN_DELIVERY: String(holding),
  };
  const args = ['--no-warnings', ADMIN, 'projection', 'rebuild', '--json'];
  let child: ChildProcess | undefined;
  const ended = new Promise<Ended>((resolve) => {
    child = execFile(process.execPath, args, { env, cwd: tmpdir() }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? -1) : 0, stdout, stderr }),
    );
  });
  return { process: child!, ended };
}

const schemas = async (): Promise<string[]> =>
  (
    await dataSource.query<{ nspname: string }[]>(
      `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'projection%' ORDER BY 1`,
    )
  ).map(({ nspname }) => nspname);

/** What there is beside rows: columns, keys and indexes, by their names. */
const shape = (): Promise<unknown> =>
  dataSource.query(`
    SELECT c.relname, c.relkind, c.reloptions, a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull,
           row_number() OVER (PARTITION BY c.oid ORDER BY a.attnum) AS place,
           pg_get_expr(d.adbin, d.adrelid) AS default, pg_get_partkeydef(c.oid) AS cut,
           CASE WHEN c.relkind IN ('i', 'I') THEN pg_get_indexdef(c.oid) END AS index,
           (SELECT indisvalid FROM pg_index WHERE indexrelid = c.oid) AS valid
      FROM pg_class c
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'projection'::regnamespace AND NOT c.relispartition
     ORDER BY c.relname, place`);

const setInUse = (): Promise<unknown> => dataSource.query(`SELECT 'deliveries'::regclass::oid AS oid`);

/** Notes beside the set in use what it says of the last change of each delivery. */
async function noteChangeTimes(): Promise<void> {
  await dataSource.query(`
    CREATE TABLE noted AS SELECT id, created_at, changed_at FROM deliveries;
    ALTER TABLE noted ADD PRIMARY KEY (id, created_at);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
      INSERT INTO public.noted VALUES (NEW.id, NEW.created_at, NEW.changed_at)
      ON CONFLICT (id, created_at) DO UPDATE SET changed_at = excluded.changed_at;
      RETURN NULL;
    END $$;
    CREATE TRIGGER note AFTER INSERT OR UPDATE ON deliveries FOR EACH ROW EXECUTE FUNCTION note()`);
}

/** Deliveries that say otherwise now, although nothing has changed of them since the sets were exchanged. */
const changedOtherwise = (): Promise<unknown[]> =>
  dataSource.query(
    `SELECT id, d.changed_at, noted.changed_at AS noted FROM deliveries d JOIN noted USING (id, created_at)
      WHERE d.changed_at <> noted.changed_at AND d.changed_at <= (SELECT max(changed_at) FROM noted)`,
  );

/** Of how many deliveries the rows hold an attempt. */
async function holding(): Promise<number> {
  const [row] = await dataSource.query<{ count: number }[]>(
    'SELECT count(*)::integer AS count FROM deliveries WHERE first_step IS NOT NULL',
  );
  return row?.count ?? 0;
}

const FORMS = [
  ['in rows of their own', false, false],
  ['in the rows of deliveries', true, true],
  ['of deliveries, given rows of their own', true, false],
] as const;

describe('a rebuild', () => {
  it.each(FORMS)(
    'makes every row again as it was, whatever had become of the tables (attempts %s)',
    async (_, held, holds) => {
      const before = await project([randomHistory(51), recentHistory(52)], held);
      const heldBefore = await holding();
      expect(heldBefore > 0).toBe(held);
      expect(new Set(before.attempt_buckets.map(({ width }) => width))).toEqual(new Set([60, 3_600]));
      const [former, shaped, changed] = [await setInUse(), await shape(), await changeTimes()];
      await dataSource.query(`
      DELETE FROM events WHERE source_id LIKE '%7';
      DELETE FROM attempts WHERE step = 2;
      DELETE FROM deliveries WHERE status = 'failed';
      UPDATE deliveries SET status = 'pending', attempt_count = 9, error = 'timeout';
      UPDATE attempt_buckets SET failed = failed + 1;
      DELETE FROM attempt_buckets WHERE success = 0;
      UPDATE endpoint_statistics SET total_deliveries = 0;
      UPDATE endpoint_health SET failures = 99, last_success_at = now()`);

      const { code, stdout, stderr } = await rebuilding({ holding: holds }).ended;

      expect([code, stderr]).toEqual([0, expect.stringContaining('rebuilt from')]);
      expect(await holding()).toBe(holds ? heldBefore : 0);
      expect(JSON.parse(stdout)).toMatchObject({ deliveries_carried_over: 0 });
      const after = await readTables(dataSource);
      for (const table of Object.keys(before) as (keyof Tables)[]) {
        expect(before[table].length).toBeGreaterThan(0);
        expect(after[table].length).toBe(before[table].length);
        before[table].forEach((row, index) => expect(after[table][index]).toEqual(row));
      }
      expect(await changeTimes()).toEqual(changed);
      expect(await setInUse()).not.toEqual(former);
      expect(await shape()).toEqual(shaped);
      expect(await schemas()).toEqual(['projection']);
      expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContainEqual(
        expect.stringContaining('rebuild'),
      );
    },
  );

  it('is not refused because a running service applies more while the log is asked where it ends', async () => {
    await project([randomHistory(56)]);
    await withProjection(kafka, dataSource, async () => {
      let asked = false;
      const slow: Admin = Object.create(admin, {
        // Not to be connected and ended by the rebuild: it is the tests' own.
        connect: { value: () => Promise.resolve() },
        disconnect: { value: () => Promise.resolve() },
        fetchTopicOffsets: {
          value: async (topic: string) => {
            const offsets = await admin.fetchTopicOffsets(topic);
            if (asked || topic !== Topics.events) return offsets;
            asked = true;
            await write(randomHistory(57).logs);
            await projectedToTheEnd(kafka, dataSource);
            return offsets;
          },
        },
      });
      const rebuilt = await rebuildProjection({
        dataSource,
        kafka: Object.create(kafka, { admin: { value: () => slow } }),
        retentionDays: 90,
        firstAttemptInDelivery: true,
        logger: createLogger('rebuild', 'silent'),
        onProgress: () => undefined,
      });
      expect([asked, rebuilt.read > 0]).toEqual([true, true]);
    });
  });

  it('goes on beside a running service, which projects all that comes before, meanwhile and after', async () => {
    const history = randomHistory(53, 200);
    await project([randomHistory(54, 200)]);
    await registerEndpoints(dataSource, history.endpoints);
    const former = await setInUse();
    await noteChangeTimes();
    let meanwhile = 0;
    // The exchange waits for this transaction, so that the rebuild cannot end before the service has projected beside it.
    const overlap = Promise.withResolvers<undefined>();
    const holding = inTransaction(dataSource, async (client) => {
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await overlap.promise;
    });

    await withProjection(kafka, dataSource, async () => {
      const ends: Ended[] = [];
      void rebuilding().ended.then((ended) => ends.push(ended));
      const rest = history.logs.map((log) => ({ ...log, records: [...log.records] }));
      while (rest.some(({ records }) => records.length > 0)) {
        const piece = rest.map((log) => ({ ...log, records: log.records.splice(0, 40) }));
        await write(piece.filter(({ records }) => records.length > 0));
        // Once the rebuild has ended there is no need to wait for each piece.
        if (ends.length > 0) continue;
        await projectedToTheEnd(kafka, dataSource);
        meanwhile += 1;
        if (meanwhile > 1) overlap.resolve(undefined);
      }
      await eventually(() => expect(ends.length).toBe(1));
      expect([ends[0]?.code, ends[0]?.stderr]).toEqual([0, expect.stringContaining('rebuilt from')]);
      await write(randomHistory(55).logs);
      await projectedToTheEnd(kafka, dataSource);
    }).finally(() => overlap.resolve(undefined));
    await holding;

    expect(meanwhile).toBeGreaterThan(1);
    expect(await setInUse()).not.toEqual(former);
    expect(await changedOtherwise()).toEqual([]);
    await dropOldBuckets(dataSource, Date.now());
    const rebuilt = await readTables(dataSource);
    await dataSource.query(
      'TRUNCATE events, deliveries, attempts, fan_outs, endpoint_statistics, attempt_buckets, endpoint_health, endpoint_failures, projection_offsets',
    );
    await withProjection(kafka, dataSource, () => projectedToTheEnd(kafka, dataSource));
    await dropOldBuckets(dataSource, Date.now());
    expect(await readTables(dataSource)).toEqual(rebuilt);
  });

  it.each(FORMS)('carries over what the log no longer tells (attempts %s)', async (__, held, holds) => {
    const history = randomHistory(56, 120);
    // Two deliveries from before the cut: one is attempted once more at the end, the other for the first time.
    const late = new LogBuilder();
    const delivery = late.delivery(late.event('late'), history.endpoints[0]!.id);
    late.result(delivery, {});
    const waiting = late.delivery(late.event('waiting'), history.endpoints[0]!.id);
    for (let index = 0; index < 119; index += 1) late.event(`between ${index}`);
    late.success({ ...delivery, step: 2 });
    late.success(waiting);
    await project([history, { endpoints: [], logs: late.build() }], held);
    expect((await holding()) > 0).toBe(held);
    // Of a delivery that retention dropped long ago.
    await dataSource.query(
      `INSERT INTO attempt_buckets SELECT organization_id, width, start - interval '300 days', endpoint_id, success, retrying,
              failed, durations FROM attempt_buckets WHERE width = 3600 ORDER BY start, endpoint_id LIMIT 1`,
    );
    const before = await readTables(dataSource);
    for (const topic of [Topics.events, Topics.fanOuts, Topics.deliveries, Topics.deliveryResults]) {
      const offsets = (await admin.fetchTopicOffsets(topic)).filter(({ high }) => high !== '0');
      await admin.deleteTopicRecords({
        topic,
        partitions: offsets.map(({ partition, high }) => ({
          partition,
          offset: String(Math.floor(Number(high) / 4)),
        })),
      });
    }
    await dataSource.query(
      `INSERT INTO retired_statistics VALUES ($1, 1000, 100, now() - interval '300 days')`,
      [history.endpoints[0]!.id],
    );
    const counted = before.endpoint_statistics.find(
      ({ endpoint_id: id }) => id === history.endpoints[0]!.id,
    )!;
    const changed = await changeTimes();
    await dataSource.query(
      `UPDATE attempt_buckets SET success = success + 1 WHERE start = (SELECT max(start) FROM attempt_buckets)`,
    );

    const { code, stdout, stderr } = await rebuilding({ holding: holds }).ended;

    expect([code, stderr]).toEqual([0, expect.stringContaining('older rows are carried over')]);
    const { deliveries_carried_over: carriedOver } = JSON.parse(stdout) as {
      deliveries_carried_over: number;
    };
    expect(carriedOver).toBeGreaterThan(0);
    expect(carriedOver).toBeLessThan(before.deliveries.length);
    expect((await holding()) > 0).toBe(holds);
    const { endpoint_statistics: statistics, ...rows } = await readTables(dataSource);
    const { endpoint_statistics: _, ...rowsBefore } = before;
    expect(rows).toEqual(rowsBefore);
    expect(await changeTimes()).toEqual(changed);
    expect(statistics.find(({ endpoint_id: id }) => id === counted['endpoint_id'])).toMatchObject({
      total_deliveries: String(Number(counted['total_deliveries']) + 1_000),
      failed_deliveries: String(Number(counted['failed_deliveries']) + 100),
    });
    expect(statistics.filter(({ endpoint_id: id }) => id !== counted['endpoint_id'])).toEqual(
      before.endpoint_statistics.filter((row) => row !== counted),
    );
  });

  it('still counts what retention has dropped, though the log tells of it', async () => {
    await project([randomHistory(57, 120)]);
    const retention = new Retention(
      dataSource,
      partitionsOf(dataSource),
      90,
      createLogger('rebuild', 'silent'),
    );
    await retention.keep(Date.now() + 50 * DAY_MS);
    const before = await readTables(dataSource);
    const [dropped] = await dataSource.query<{ deliveries: number }[]>(
      'SELECT sum(total_deliveries)::integer AS deliveries FROM retired_statistics',
    );
    expect(dropped?.deliveries).toBeGreaterThan(0);

    expect((await rebuilding().ended).code).toBe(0);

    expect(await readTables(dataSource)).toEqual(before);
  });

  it('is the only one, and leaves everything as it is when its process is killed before the exchange', async () => {
    const before = await project([randomHistory(58)]);
    const former = await setInUse();
    const first = rebuilding();
    // A transaction of the running projection that takes its time keeps the exchange waiting.
    await inTransaction(dataSource, async (client) => {
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await eventually(async () => {
        const waiting = await dataSource.query<unknown[]>(
          `SELECT FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND NOT granted
              AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        );
        expect(waiting.length).toBe(1);
      });
      const second = await rebuilding().ended;
      expect([second.code, second.stderr]).toEqual([
        1,
        expect.stringContaining('another rebuild is under way'),
      ]);
      first.process.kill('SIGKILL');
      await first.ended;
    });

    expect(await schemas()).toEqual(['projection', 'projection_next']);
    expect(await setInUse()).toEqual(former);
    expect(await readTables(dataSource)).toEqual(before);
    await eventually(async () => expect((await rebuilding().ended).code).toBe(0));
    expect(await schemas()).toEqual(['projection']);
    expect(await readTables(dataSource)).toEqual(before);
  });

  it('does not begin without Kafka, and says so in one line', async () => {
    const { code, stdout, stderr } = await rebuilding({ brokers: '127.0.0.1:1' }).ended;

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^error: Kafka at 127\.0\.0\.1:1 does not answer: .+\n$/);
  });
});

describe('the time of a change', () => {
  it('is that of the set in use, whichever of the two was written first', async () => {
    await project([randomHistory(59, 4)]);
    const runner = dataSource.createQueryRunner();
    try {
      await makeShadow(runner);
      await keepChangedAt(runner);
      const now = await databaseTime(runner);
      await runner.query(`INSERT INTO ${SHADOW_SCHEMA}.deliveries SELECT * FROM deliveries`);
      await runner.query(
        `UPDATE ${SHADOW_SCHEMA}.deliveries SET attempt_count = 7, changed_at = clock_timestamp()`,
      );
      expect(await differing(runner)).toBe(0);

      // As an endpoint's deletion may become known to the shadow set first.
      await runner.query(
        `UPDATE ${SHADOW_SCHEMA}.deliveries SET updated_at = clock_timestamp(), changed_at = clock_timestamp()`,
      );
      const all = await differing(runner);
      expect(all).toBeGreaterThan(1);
      await runner.query(
        `UPDATE deliveries SET changed_at = clock_timestamp() WHERE id = (SELECT min(id::text)::uuid FROM deliveries)`,
      );
      await takeOverChangedAt(runner, now + 10_000);
      expect(await differing(runner)).toBe(all - 1);
    } finally {
      await dropShadow(runner);
      await runner.release();
    }
  });
});

async function differing(runner: QueryRunner): Promise<number> {
  const [row] = (await runner.query(
    `SELECT count(*)::integer AS number FROM ${SHADOW_SCHEMA}.deliveries made JOIN deliveries live USING (id, created_at)
      WHERE made.changed_at IS DISTINCT FROM live.changed_at`,
  )) as [{ number: number }];
  return row.number;
}
