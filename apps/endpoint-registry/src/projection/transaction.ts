import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { untilNotUndone } from '../database/until-not-undone.js';

/**
 * An advisory lock for each set of projected tables, named by the first schema of its connections; any number
 * that nothing else in the database uses.
 */
const TABLES_LOCK = '730664029, hashtext(current_schema())';

/**
 * The first statement of a transaction.
 *
 * An instance that stops between two statements (a paused container, a lost machine) would hold the lock of
 * its partition and block its successor, so the server ends such a transaction. Every transaction that writes
 * to projected tables holds a shared lock on their set; a rebuild that swaps in another set holds it
 * exclusively. The lock is taken before the first statement that names a table. Only index plans are good
 * here, because a transaction touches few rows, so other plans are switched off, whatever the statistics of a
 * new table say.
 */
const begin = (sharedLock?: string): string => `BEGIN;
  SELECT set_config('idle_in_transaction_session_timeout', '30s', true), set_config('enable_hashjoin', 'off', true),
         set_config('enable_mergejoin', 'off', true), set_config('enable_seqscan', 'off', true),
         pg_advisory_xact_lock_shared(${TABLES_LOCK})${sharedLock === undefined ? '' : `, pg_advisory_xact_lock_shared(${sharedLock})`}`;

/**
 * Waits until no transaction writes to the projected tables, and blocks new ones until this transaction ends.
 */
export async function holdTables(client: PoolClient): Promise<void> {
  await client.query(`SELECT pg_advisory_xact_lock(${TABLES_LOCK})`);
}

/**
 * Runs `work` in a transaction of the isolation level READ COMMITTED, and again when another transaction was
 * in its way. `work` gets the driver's own client, because TypeORM's errors carry all parameters, and these
 * hold customers' data.
 * @param sharedLock the key of another advisory lock that the transaction shares, from its first statement on.
 */
export function inTransaction<T>(
  dataSource: DataSource,
  work: (client: PoolClient) => Promise<T>,
  sharedLock?: string,
): Promise<T> {
  return untilNotUndone(() => runOnce(dataSource, work, sharedLock));
}

async function runOnce<T>(
  dataSource: DataSource,
  work: (client: PoolClient) => Promise<T>,
  sharedLock: string | undefined,
): Promise<T> {
  const runner = dataSource.createQueryRunner();
  try {
    const client = (await runner.connect()) as PoolClient;
    await client.query(begin(sharedLock));
    try {
      const result = await work(client);
      await client.query('COMMIT');
      return result;
    } catch (error) {
      // On a broken connection there is nothing to roll back, and the pool drops it.
      await client.query('ROLLBACK').catch(() => undefined);
      throw error;
    }
  } finally {
    await runner.release();
  }
}
