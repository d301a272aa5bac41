import { EVENT_TYPES, TEST_EVENT_TYPE } from '@skillora/contracts';
import type { DataSource } from 'typeorm';

import { closeIfEndpointDeleted } from './apply-delivery-updates.js';
import { awaitEarlierLooks, inLookingTransaction } from './deletion-times.js';
import type { DeliveryKey } from './delivery-rows.js';
import { inTransaction } from './transaction.js';

/** How many deliveries one transaction ends. */
const CLOSE_AT_ONCE = 1_000;

/**
 * Ends the open deliveries of deleted endpoints: of the given endpoints, or of all. Running it again changes
 * nothing.
 */
export async function closeDeliveriesOfDeleted(
  dataSource: DataSource,
  endpointIds?: readonly string[],
): Promise<void> {
  await inTransaction(dataSource, awaitEarlierLooks);
  for (;;) {
    const open = await openDeliveriesOfDeleted(dataSource, endpointIds);
    if (open.length === 0) return;
    await inLookingTransaction(dataSource, (client) => closeIfEndpointDeleted(client, open));
  }
}

/** At most CLOSE_AT_ONCE of these deliveries. */
async function openDeliveriesOfDeleted(
  dataSource: DataSource,
  endpointIds: readonly string[] | undefined,
): Promise<(DeliveryKey & { endpointId: string })[]> {
  const rows = await dataSource.query<{ id: string; created_at: Date; endpointId: string }[]>(
    `SELECT deliveries.id, deliveries.created_at, deliveries.endpoint_id AS "endpointId"
       FROM deliveries JOIN endpoints ON endpoints.id = deliveries.endpoint_id
      WHERE endpoints.deleted_at IS NOT NULL
        AND deliveries.event_type = ANY($2::text[])
        AND deliveries.status IN ('pending', 'retrying')
        AND ($1::uuid[] IS NULL OR endpoints.id = ANY($1::uuid[]))
      LIMIT ${CLOSE_AT_ONCE}`,
    [endpointIds ?? null, [...EVENT_TYPES, TEST_EVENT_TYPE]],
  );
  return rows.map(({ id, created_at, endpointId }) => ({ id, createdAt: created_at.getTime(), endpointId }));
}
