import { createDatabaseOn } from '@skillora/engines';
import { waitFor } from '@skillora/testing';
import { DataSource, type MigrationInterface, type QueryRunner } from 'typeorm';

import { openDatabase } from '../projection/testing/projection-database.js';
import { dataSourceOptions, migrate } from './data-source.js';

/** What the migrations of a test do; their names say the order, and that they come last. */
const steps: {
  one: (runner: QueryRunner) => Promise<unknown>;
  other: (runner: QueryRunner) => Promise<unknown>;
} = { one: () => Promise.resolve(), other: () => Promise.resolve() };

class One9000000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await steps.one(runner);
  }
  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

class Other9000000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await steps.other(runner);
  }
  down(): Promise<void> {
    return Promise.reject(new Error('migrations only go forward'));
  }
}

/** A service of the release before, at work on a database; and the database with two more migrations. */
let service: DataSource;
let next: DataSource;

beforeEach(async () => {
  const url = await createDatabaseOn(process.env['TEST_DATABASE_URL'] ?? '');
  service = await openDatabase(url);
  const { migrations, ...options } = dataSourceOptions(url);
  next = await new DataSource({
    ...options,
    migrations: [...(migrations as []), One9000000000001, Other9000000000002],
  }).initialize();
});

afterEach(async () => {
  await next.destroy();
  await service.destroy();
});

const exclusively = (table: string): string => `LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`;

/** Whether somebody waits for a table. */
const isWaitedFor = async (table: string): Promise<boolean> =>
  (
    await service.query<unknown[]>(
      `SELECT 1 FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`,
    )
  ).length > 0;

describe('migrations beside services that are at work', () => {
  it('hold a table until their own end, and not until the end of all', async () => {
    const { promise: waits, resolve: goOn } = Promise.withResolvers<undefined>();
    let began = false;
    steps.one = (runner) => runner.query(exclusively('endpoints'));
    steps.other = async () => {
      began = true;
      await waits;
    };
    const migrating = migrate(next);
    try {
      await waitFor(() => began, 'the second migration');
      await service.transaction(async (manager) => {
        await manager.query("SET LOCAL lock_timeout = '5s'");
        await manager.query('SELECT 1 FROM endpoints');
      });
    } finally {
      // Also where this fails: the connections could not be closed otherwise, and nobody would hear why.
      goOn(undefined);
    }
    await migrating;
  });

  it('are made again when they and a service have waited for each other', async () => {
    let runs = 0;
    const { promise: isHeld, resolve: hold } = Promise.withResolvers<undefined>();
    const { promise: isTaken, resolve: take } = Promise.withResolvers<undefined>();
    steps.one = async (runner) => {
      runs += 1;
      // So that it is the one that PostgreSQL undoes.
      await runner.query("SET LOCAL deadlock_timeout = '10ms'");
      await runner.query(exclusively('endpoints'));
      take(undefined);
      if (runs === 1) await waitFor(() => isWaitedFor('endpoints'), 'the service');
      await runner.query(exclusively('organizations'));
    };
    steps.other = () => Promise.resolve();
    const serving = service.transaction(async (manager) => {
      await manager.query("SET LOCAL deadlock_timeout = '10min'");
      await manager.query(exclusively('organizations'));
      hold(undefined);
      // Not only begun: a service that came first would wait for nobody, and the migration for it in vain.
      await isTaken;
      await manager.query('SELECT 1 FROM endpoints');
    });
    await isHeld;
    await Promise.all([serving, migrate(next)]);
    expect(runs).toBe(2);
    const made = await service.query<unknown[]>('SELECT 1 FROM migrations WHERE timestamp >= 9000000000001');
    expect(made).toHaveLength(2);
  });
});
