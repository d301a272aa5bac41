import type { PoolClient } from 'pg';
import type { DataSource } from 'typeorm';

import { queryPrepared } from '../database/prepared-queries.js';
import { inTransaction } from './transaction.js';

/** The key of the advisory lock below; any number that nothing else in the database uses. */
const DELETIONS_LOCK = '7306640291558133';

/** The client of a transaction that {@link awaitEarlierLooks} waits for. */
export type LookingClient = PoolClient & { readonly [LOOKING]: true };
declare const LOOKING: unique symbol;

/**
 * Runs `work` in a transaction that may call {@link deletionTimes}. Its lock must be taken before a statement that looks
 * begins, because the snapshot is taken then. So the first statement takes it.
 */
export function inLookingTransaction<T>(
  dataSource: DataSource,
  work: (client: LookingClient) => Promise<T>,
): Promise<T> {
  return inTransaction(dataSource, (client) => work(client as LookingClient), DELETIONS_LOCK);
}

/**
 * Finds which of the endpoints are deleted, and when (ms since the epoch). {@link awaitEarlierLooks} waits
 * until the transaction ends. So a delivery that is left open because its endpoint was not deleted yet is
 * visible when the open deliveries are closed after the deletion.
 */
export async function deletionTimes(
  client: LookingClient,
  endpointIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await queryPrepared<{ id: string; deleted_at: Date }>(
    client,
    'SELECT id, deleted_at FROM endpoints WHERE id = ANY($1::uuid[]) AND deleted_at IS NOT NULL',
    [endpointIds],
  );
  return new Map(rows.map(({ id, deleted_at }) => [id, deleted_at.getTime()]));
}

/**
 * Resolves when every {@link inLookingTransaction} that has begun before has ended; later ones see the deletion.
 */
export async function awaitEarlierLooks(client: PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [DELETIONS_LOCK]);
}
