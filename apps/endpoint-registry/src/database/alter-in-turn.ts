import { setTimeout as delay } from 'node:timers/promises';

import type { QueryRunner } from 'typeorm';

/**
 * How long readers and writers of the table may have to wait for one try, ms. It is more than PostgreSQL's `deadlock_timeout` of
 * 1 s: after that long an autovacuum that is in the way is ended.
 */
const LOCK_AT_MOST_MS = 1_500;
const BETWEEN_TRIES_MS = 1_000;
const GIVE_UP_AFTER_MS = 10 * 60_000;
/** PostgreSQL's codes for lock_not_available and deadlock_detected. */
const IN_USE: ReadonlySet<string | undefined> = new Set(['55P03', '40P01']);

/** {@link alterInTurn} for the table of attempts. @param change what follows `ALTER TABLE attempts`. */
export function alterAttempts(runner: QueryRunner, change: string): Promise<void> {
  return alterInTurn(runner, 'attempts', change);
}

/**
 * Changes a table of the projection while it is in use. A column without a default, or with a constant one, changes
 * only the catalogue and rewrites nothing. But the change needs the table and all its partitions exclusively for a moment: it waits
 * for current readers, and others wait behind it. So it waits for 1.5 s at most, lets the others go first,
 * and tries again.
 *
 * @param change what follows `ALTER TABLE` and the name.
 * @throws {Error} when the table was in use for 10 minutes.
 */
export async function alterInTurn(
  runner: QueryRunner,
  table: 'attempts' | 'deliveries' | 'fan_outs',
  change: string,
): Promise<void> {
  const [found] = (await runner.query(
    `SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE oid = '${table}'::regclass`,
  )) as { schema: string }[];
  if (!found) throw new Error('the tables of the projection are not there');
  const deadline = Date.now() + GIVE_UP_AFTER_MS;
  while (!(await tryOnce(runner, `ALTER TABLE ${found.schema}.${table} ${change}`))) {
    if (Date.now() > deadline) {
      throw new Error(
        `the table ${table} has been in use for 10 minutes: end the long transaction that pg_stat_activity shows, and migrate again`,
      );
    }
    await delay(BETWEEN_TRIES_MS);
  }
}

/** @returns false when the table was in use. */
async function tryOnce(runner: QueryRunner, statement: string): Promise<boolean> {
  await runner.query('SAVEPOINT alter_in_turn');
  try {
    await runner.query(`SET LOCAL lock_timeout = ${LOCK_AT_MOST_MS}`);
    await runner.query(statement);
    await runner.query('SET LOCAL lock_timeout TO DEFAULT');
    await runner.query('RELEASE SAVEPOINT alter_in_turn');
    return true;
  } catch (error) {
    if (!IN_USE.has((error as { code?: string }).code)) throw error;
    await runner.query('ROLLBACK TO SAVEPOINT alter_in_turn');
    return false;
  }
}
