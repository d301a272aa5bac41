import type { PoolClient } from 'pg';

import { queryPrepared } from '../database/prepared-queries.js';
import { type Column, names, parameters, values } from './columns.js';
import type { FanOutMade } from './facts.js';

const COLUMNS: readonly Column<FanOutMade>[] = [
  { name: 'organization_id', type: 'uuid', value: ({ organizationId }) => organizationId },
  { name: 'accepted_at', type: 'timestamptz', value: ({ acceptedAt }) => acceptedAt },
  { name: 'event_id', type: 'uuid', value: ({ eventId }) => eventId },
  { name: 'part', type: 'integer', value: ({ part }) => part },
  { name: 'made_at', type: 'timestamptz', value: ({ madeAt }) => madeAt },
  { name: 'delivery_ids', type: 'text', value: ({ deliveryIds }) => `{${deliveryIds.join(',')}}` },
  { name: 'endpoint_ids', type: 'text', value: ({ endpointIds }) => `{${endpointIds.join(',')}}` },
  {
    name: 'filtered_delivery_ids',
    type: 'text',
    value: ({ filteredDeliveryIds }) => `{${filteredDeliveryIds.join(',')}}`,
  },
  {
    name: 'filtered_endpoint_ids',
    type: 'text',
    value: ({ filteredEndpointIds }) => `{${filteredEndpointIds.join(',')}}`,
  },
];

/** Adds the reports of the fan-out that do not exist yet. */
export async function applyFanOuts(client: PoolClient, made: readonly FanOutMade[]): Promise<void> {
  if (made.length === 0) return;
  await queryPrepared(
    client,
    `INSERT INTO fan_outs (${names(COLUMNS)})
     SELECT organization_id, accepted_at, event_id, part, made_at, delivery_ids::uuid[], endpoint_ids::uuid[],
            filtered_delivery_ids::uuid[], filtered_endpoint_ids::uuid[]
       FROM unnest(${parameters(COLUMNS)}) AS made (${names(COLUMNS)})
     ON CONFLICT DO NOTHING`,
    values(COLUMNS, [...made].sort(byKey)),
  );
}

/**
 * Ordered by key, so that two instances that insert the same rows cannot deadlock. Equal keys keep the log's
 * order.
 */
function byKey(a: FanOutMade, b: FanOutMade): number {
  if (a.organizationId !== b.organizationId) return a.organizationId < b.organizationId ? -1 : 1;
  if (a.acceptedAt !== b.acceptedAt) return a.acceptedAt - b.acceptedAt;
  return a.eventId === b.eventId ? a.part - b.part : a.eventId < b.eventId ? -1 : 1;
}
