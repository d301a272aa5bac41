import { isUuid, Topics } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import type { OutboxRecord } from './outbox-record.entity.js';

/** Chooses the key of a row's record, and with it the partition. */
export type KeyOf = (row: Pick<OutboxRecord, 'topic' | 'key'>) => string;

/** With two hops an endpoint's deliveries have its key, so one instance has them all, whoever wrote them. */
export const byEndpoint: KeyOf = ({ key }) => key;

/**
 * With one hop an instance owns organisations, so deliveries that people ask for go by organisation. Their topics have
 * as many partitions as the events, whose key is the organisation too: they come to the instance that delivers the events.
 * A delivery keeps its key if nobody knows its endpoint.
 */
export async function byOrganization(manager: EntityManager, rows: readonly OutboxRecord[]): Promise<KeyOf> {
  const endpointIds = rows.filter(isDelivery).map(({ key }) => key);
  if (endpointIds.length === 0) return byEndpoint;
  const found = await manager.query<{ id: string; organization_id: string }[]>(
    'SELECT id, organization_id FROM endpoints WHERE id = ANY($1::uuid[])',
    [[...new Set(endpointIds.filter(isUuid))]],
  );
  const owners = new Map(found.map(({ id, organization_id: owner }) => [id, owner]));
  return (row) => (isDelivery(row) ? (owners.get(row.key) ?? row.key) : row.key);
}

function isDelivery({ topic }: Pick<OutboxRecord, 'topic'>): boolean {
  return topic === Topics.deliveries;
}
