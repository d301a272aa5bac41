import type { PoolClient } from 'pg';

import { type Column, names, parameters, values } from './columns.js';
import type { AcceptedEvent } from './facts.js';

const COLUMNS: readonly Column<AcceptedEvent>[] = [
  { name: 'organization_id', type: 'uuid', value: (event) => event.organizationId },
  { name: 'id', type: 'uuid', value: (event) => event.id },
  { name: 'event_type', type: 'text', value: (event) => event.eventType },
  { name: 'payload', type: 'text', value: (event) => event.payload },
  { name: 'source', type: 'text', value: (event) => event.source },
  { name: 'source_id', type: 'text', value: (event) => event.sourceId },
  { name: 'occurred_at', type: 'timestamptz', value: (event) => event.occurredAt },
  { name: 'created_at', type: 'timestamptz', value: (event) => event.acceptedAt },
];

/** Adds the events that are not there yet; of several records of one event the first stands. */
export async function applyEvents(client: PoolClient, events: readonly AcceptedEvent[]): Promise<void> {
  if (events.length === 0) return;
  await client.query(
    `INSERT INTO events (${names(COLUMNS)}) SELECT * FROM unnest(${parameters(COLUMNS)})
     ON CONFLICT (organization_id, id) DO NOTHING`,
    values(COLUMNS, [...events].sort(byKey)),
  );
}

/** Every copy inserts in the order of the key: two that insert the same events then cannot deadlock. */
function byKey(a: AcceptedEvent, b: AcceptedEvent): number {
  if (a.organizationId !== b.organizationId) return a.organizationId < b.organizationId ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
