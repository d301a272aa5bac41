import { endpointStateSchema, recordHeaders, Topics } from '@skillora/contracts';
import { notFound } from '@skillora/rest';
import type { EntityManager } from 'typeorm';

import { writeOutbox } from '../outbox/outbox.js';
import { type EndpointRow, toEndpointState } from './endpoint.js';
import { Endpoint, NEXT_VERSION } from './endpoint.entity.js';
import { ENDPOINT_COLUMNS, ENDPOINT_TABLES } from './endpoint-queries.js';

/**
 * Changes an endpoint, as its next version, and announces it to the dispatchers.
 * @param at when it is changed.
 */
export async function updateAndAnnounce(
  manager: EntityManager,
  id: string,
  changes: Partial<Omit<Endpoint, 'id' | 'version' | 'updatedAt'>>,
  at = new Date(),
): Promise<EndpointRow> {
  await manager.update(Endpoint, { id }, { ...changes, version: NEXT_VERSION, updatedAt: at });
  return announceEndpoint(manager, id);
}

/** Announces the present state of an endpoint to the dispatchers, through the outbox of this transaction. */
export async function announceEndpoint(manager: EntityManager, id: string): Promise<EndpointRow> {
  const [row] = await manager.query<EndpointRow[]>(
    `SELECT ${ENDPOINT_COLUMNS} FROM ${ENDPOINT_TABLES} WHERE e.id = $1`,
    [id],
  );
  if (!row) throw notFound();
  await writeOutbox(manager, [
    {
      topic: Topics.endpoints,
      key: id,
      headers: recordHeaders(endpointStateSchema),
      value: endpointStateSchema.encode(toEndpointState(row)),
    },
  ]);
  return row;
}
