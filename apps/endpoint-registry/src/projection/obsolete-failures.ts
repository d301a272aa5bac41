import type { DataSource } from 'typeorm';

import { inTransaction } from './transaction.js';

const ROWS_PER_TRANSACTION = 10_000;

/**
 * Deletes failures that can never count again: their endpoint has succeeded or was switched on since, or they are older
 * than the retention.
 */
export async function dropObsoleteFailures(dataSource: DataSource, olderThan: Date): Promise<void> {
  for (let deleted = ROWS_PER_TRANSACTION; deleted === ROWS_PER_TRANSACTION;) {
    deleted = await inTransaction(dataSource, async (client) => {
      const { rowCount } = await client.query(
        `DELETE FROM endpoint_failures WHERE ctid = ANY (ARRAY(
           SELECT f.ctid FROM endpoint_failures f
             LEFT JOIN endpoint_health h ON h.endpoint_id = f.endpoint_id
             LEFT JOIN endpoints e ON e.id = f.endpoint_id
            WHERE f.at <= greatest(h.last_success_at, e.enabled_at) OR f.at < $1 LIMIT ${ROWS_PER_TRANSACTION}))`,
        [olderThan],
      );
      return rowCount ?? 0;
    });
  }
}
