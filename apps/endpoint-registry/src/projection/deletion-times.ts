import type { PoolClient } from 'pg';

/** The key of the advisory lock below; any number that nothing else in the database uses. */
const DELETIONS_LOCK = 7_306_640_291_558_133;

/**
 * Finds which of the endpoints are deleted, and when (ms since the epoch). {@link awaitEarlierLooks} waits
 * until the transaction ends. So a delivery that is left open because its endpoint was not deleted yet is
 * visible when the open deliveries are closed after the deletion.
 */
export async function deletionTimes(
  client: PoolClient,
  endpointIds: readonly string[],
): Promise<Map<string, number>> {
  // The lock must be taken before the statement begins, because its snapshot is taken then.
  await client.query('SELECT pg_advisory_xact_lock_shared($1)', [DELETIONS_LOCK]);
  const { rows } = await client.query<{ id: string; deleted_at: Date }>(
    'SELECT id, deleted_at FROM endpoints WHERE id = ANY($1::uuid[]) AND deleted_at IS NOT NULL',
    [endpointIds],
  );
  return new Map(rows.map(({ id, deleted_at }) => [id, deleted_at.getTime()]));
}

/**
 * Resolves when every transaction that has called {@link deletionTimes} before has ended; later ones see the
 * deletion.
 */
export async function awaitEarlierLooks(client: PoolClient): Promise<void> {
  await client.query('SELECT pg_advisory_xact_lock($1)', [DELETIONS_LOCK]);
}
