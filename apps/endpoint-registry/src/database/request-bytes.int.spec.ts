import type { Attempt } from '@skillora/contracts';
import { createDatabaseOn } from '@skillora/engines';
import { eventually } from '@skillora/testing';
import { DataSource } from 'typeorm';

import { readEvidence } from '../projection/attempt-evidence.js';
import { addAttempts } from '../projection/attempt-rows.js';
import { BEGINNING, idOf } from '../projection/testing/log-builder.js';
import { partitionsOf } from '../projection/testing/projection-database.js';
import { inTransaction } from '../projection/transaction.js';
import { dataSourceOptions, migrate } from './data-source.js';
import { RequestBytes1764500000000 } from './migrations/1764500000000-request-bytes.js';

/** As the release wrote it that this migration came with. */
const NO_EVIDENCE = readEvidence({} as Attempt);

let dataSource: DataSource;

/** A database as the release before has it, with a partition and an attempt that it wrote. */
beforeEach(async () => {
  const url = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  const { migrations, ...options } = dataSourceOptions(url);
  const former = await new DataSource({
    ...options,
    migrations: (migrations as unknown[]).filter((each) => each !== RequestBytes1764500000000) as [],
  }).initialize();
  await migrate(former);
  await partitionsOf(former).cover([BEGINNING]);
  await former.destroy();
  dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  await writeAsBefore('before');
});

afterEach(() => dataSource.destroy());

/** The statement of the release before, which runs beside the new schema. */
async function writeAsBefore(delivery: string): Promise<void> {
  await dataSource.query(
    `INSERT INTO attempts (delivery_id, delivery_created_at, round, step, trigger, started_at, duration_ms, response_status,
                           response_body, error, error_detail)
     SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::integer[], $4::integer[], $5::text[], $6::timestamptz[],
                          $7::integer[], $8::integer[], $9::text[], $10::text[], $11::text[])`,
    [
      [idOf(delivery)],
      [new Date(BEGINNING)],
      [0],
      [1],
      ['automatic'],
      [new Date(BEGINNING)],
      [12],
      [200],
      ['ok'],
      [null],
      [null],
    ],
  );
}

const sizes = async (): Promise<unknown> =>
  Object.fromEntries(
    (
      await dataSource.query<{ delivery_id: string; request_bytes: number | null }[]>(
        'SELECT delivery_id, request_bytes FROM attempts',
      )
    ).map(({ delivery_id, request_bytes }) => [delivery_id, request_bytes]),
  );

describe('the migration that adds the size of bodies', () => {
  it('leaves old attempts without one, and both releases write beside each other', async () => {
    await migrate(dataSource);
    await writeAsBefore('beside');
    await inTransaction(dataSource, (client) =>
      addAttempts(client, [
        {
          delivery: { id: idOf('new'), createdAt: BEGINNING },
          round: 0,
          step: 1,
          trigger: 'automatic',
          startedAt: BEGINNING,
          durationMs: 12,
          requestBytes: 1_204,
          responseStatus: 200,
          responseBody: 'ok',
          error: null,
          errorDetail: null,
          outcome: 'success',
          ...NO_EVIDENCE,
        },
      ]),
    );
    expect(await sizes()).toEqual({ [idOf('before')]: null, [idOf('beside')]: null, [idOf('new')]: 1_204 });
  });

  it('does not rewrite what is there', async () => {
    const files = () =>
      dataSource.query(`SELECT c.relname, pg_relation_filenode(c.oid) AS file FROM pg_class c
                         WHERE c.relname LIKE 'attempts%' AND c.relkind = 'r' ORDER BY 1`);
    const before = await files();
    await migrate(dataSource);
    expect(await files()).toEqual(before);
  });

  it('keeps nobody waiting while a long transaction reads the attempts', async () => {
    let ended = false;
    let migrating: Promise<unknown> = Promise.resolve();
    await inTransaction(dataSource, async (client) => {
      await client.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      await client.query('SELECT FROM attempts');
      migrating = migrate(dataSource).finally(() => (ended = true));
      await eventually(async () => {
        const [waiting] = await dataSource.query<{ count: string }[]>(
          `SELECT count(*) FROM pg_locks WHERE relation = 'attempts'::regclass AND NOT granted`,
        );
        expect(waiting?.count).toBe('1');
      });
      // Writers come through although the reader is still there.
      await writeAsBefore('meanwhile');
      expect(ended).toBe(false);
    });
    await migrating;
    expect(await sizes()).toEqual({ [idOf('before')]: null, [idOf('meanwhile')]: null });
  });
});
