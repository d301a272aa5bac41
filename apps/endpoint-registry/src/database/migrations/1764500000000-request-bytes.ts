import { setTimeout as delay } from 'node:timers/promises';

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** How long readers and writers of attempts may have to wait for one try of this migration, ms. */
const LOCK_AT_MOST_MS = 1_000;
const BETWEEN_TRIES_MS = 1_000;
const GIVE_UP_AFTER_MS = 10 * 60_000;
/** PostgreSQL's codes for lock_not_available and deadlock_detected. */
const IN_USE: ReadonlySet<string | undefined> = new Set(['55P03', '40P01']);

/**
 * Adds the size of each attempt's body; null for attempts of the release before. A column without a default
 * changes only the catalogue and rewrites nothing. But the change needs the table and all its partitions
 * exclusively for a moment: it waits for current readers, and others wait behind it. So it waits for a second
 * at most, lets the others go first, and tries again.
 */
export class RequestBytes1764500000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [found] = (await runner.query(
      `SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE oid = 'attempts'::regclass`,
    )) as { schema: string }[];
    if (!found) throw new Error('the tables of the projection are not there');
    const deadline = Date.now() + GIVE_UP_AFTER_MS;
    while (!(await this.tryOnce(runner, found.schema))) {
      if (Date.now() > deadline) {
        throw new Error(
          'the table attempts has been in use for 10 minutes: end the long transaction that pg_stat_activity shows, and migrate again',
        );
      }
      await delay(BETWEEN_TRIES_MS);
    }
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }

  /** @returns false when the table was in use. */
  private async tryOnce(runner: QueryRunner, schema: string): Promise<boolean> {
    await runner.query('SAVEPOINT request_bytes');
    try {
      await runner.query(`SET LOCAL lock_timeout = ${LOCK_AT_MOST_MS}`);
      await runner.query(`ALTER TABLE ${schema}.attempts ADD COLUMN request_bytes integer`);
      await runner.query('SET LOCAL lock_timeout TO DEFAULT');
      await runner.query('RELEASE SAVEPOINT request_bytes');
      return true;
    } catch (error) {
      if (!IN_USE.has((error as { code?: string }).code)) throw error;
      await runner.query('ROLLBACK TO SAVEPOINT request_bytes');
      return false;
    }
  }
}
