import { createDatabaseOn } from '@skillora/engines';
import type { DataSource } from 'typeorm';

import { PreparedQueries } from '../database/prepared-queries.js';
import { DeliveryQueries } from '../deliveries/delivery-queries.js';
import type { ProjectedBatch } from './projected-work.js';
import type { Projector } from './projector.js';
import { expectedHealth } from './testing/expected-health.js';
import {
  type History,
  interleaved,
  madeInPlace,
  randomHistory,
  registerEndpoints,
} from './testing/history.js';
import { ORGANIZATION } from './testing/log-builder.js';
import {
  countedBuckets,
  countedStatistics,
  emptyTables,
  openDatabase,
  readTables,
  type Tables,
} from './testing/projection-database.js';
import { projectorOn } from './testing/projector-on.js';

const newDatabase = (): Promise<string> => createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');

let dataSource: DataSource;

beforeAll(async () => {
  dataSource = await openDatabase(await newDatabase());
});

afterAll(async () => {
  await dataSource.destroy();
});

async function project(batches: readonly ProjectedBatch[], by: Projector): Promise<void> {
  for (const batch of batches) await by.apply(batch);
}

async function tablesAfter(history: History, order: number, holding: boolean): Promise<Tables> {
  await emptyTables(dataSource);
  await registerEndpoints(dataSource, history.endpoints);
  await project(interleaved(history.logs, order), projectorOn(dataSource, { holding }));
  return readTables(dataSource);
}

/** How many attempts have a row of their own, how many are held by deliveries, and how many deliveries succeeded at once. */
async function places(): Promise<{ own: number; held: number; prompt: number }> {
  const [counts] = await dataSource.query<{ own: number; held: number; prompt: number }[]>(
    `SELECT (SELECT count(*) FROM attempts)::integer AS own, count(first_step)::integer AS held,
            count(*) FILTER (WHERE attempt_count = 1 AND status = 'success')::integer AS prompt FROM deliveries`,
  );
  return counts!;
}

/** All that the API shows of the deliveries of the organisation and of their attempts. */
async function shown(): Promise<unknown> {
  const queries = new DeliveryQueries(dataSource, new PreparedQueries(dataSource));
  const { rows } = await queries.list(ORGANIZATION, {}, { size: 1_000, cursor: null });
  const each = await Promise.all(
    rows.map(async (row) => [await queries.read(ORGANIZATION, row.id), await queries.requested(row)]),
  );
  return { rows, each, all: await queries.readAll(rows.map(({ id }) => id)) };
}

describe('a first attempt that succeeds', () => {
  it.each([61, 62, 63, 64])(
    'is shown and counted alike, whether its delivery holds it or it has a row (history %d)',
    async (seed) => {
      const history = randomHistory(seed);
      const tables = await tablesAfter(history, 1, false);
      const api = await shown();
      expect(await places()).toMatchObject({ own: tables.attempts.length, held: 0 });

      for (const order of [2, 3]) {
        expect(await tablesAfter(history, order, true)).toEqual(tables);
        const { own, held, prompt } = await places();
        expect(own + held).toBe(tables.attempts.length);
        expect(held).toBeGreaterThanOrEqual(prompt);
        expect(Math.min(own, prompt)).toBeGreaterThan(0);
        expect(await shown()).toEqual(api);
        expect(tables.endpoint_statistics).toEqual(await countedStatistics(dataSource));
        expect(tables.endpoint_health).toEqual(expectedHealth(history.logs));
        expect((await countedBuckets(dataSource)).length).toBe(tables.attempt_buckets.length);
      }
    },
  );

  it.each([65, 66])('is held by a delivery that its report made before (history %d)', async (seed) => {
    const history = randomHistory(seed);
    const tables = await tablesAfter(history, 1, false);
    await emptyTables(dataSource);
    await registerEndpoints(dataSource, history.endpoints);
    const logs = madeInPlace(history.logs);
    const [results, before] = [0, 1].map((place) =>
      logs.filter(({ topic }) => topic.endsWith('results') === (place === 0)),
    );
    await project([...before!, ...results!], projectorOn(dataSource, { holding: true }));

    expect(await readTables(dataSource)).toEqual(tables);
    const { held, prompt } = await places();
    expect(prompt).toBeGreaterThan(0);
    expect(held).toBeGreaterThanOrEqual(prompt);
  });

  it.each([67, 68])(
    'is known when it comes again, by instances of either kind (history %d)',
    async (seed) => {
      const history = randomHistory(seed);
      for (const holding of [true, false]) {
        const tables = await tablesAfter(history, 1, holding);
        const before = await places();
        for (const again of [!holding, holding]) {
          await dataSource.query('TRUNCATE projection_offsets');
          await project(interleaved(history.logs, 2), projectorOn(dataSource, { holding: again }));
          expect(await readTables(dataSource)).toEqual(tables);
          expect(await places()).toEqual(before);
        }
      }
    },
  );

  it.each([71, 72, 73])(
    'is one, though instances of both kinds work on the same records (history %d)',
    async (seed) => {
      const history = randomHistory(seed, 120);
      const tables = await tablesAfter(history, 1, false);
      await emptyTables(dataSource);
      await registerEndpoints(dataSource, history.endpoints);
      await Promise.all(
        [true, true, false].flatMap((holding, index) => {
          const [by, batches] = [projectorOn(dataSource, { holding }), interleaved(history.logs, index + 5)];
          return history.logs.map((log) =>
            project(
              batches.filter(({ topic, partition }) => topic === log.topic && partition === log.partition),
              by,
            ),
          );
        }),
      );

      expect(await readTables(dataSource)).toEqual(tables);
      expect(tables.endpoint_statistics).toEqual(await countedStatistics(dataSource));
    },
  );
});
