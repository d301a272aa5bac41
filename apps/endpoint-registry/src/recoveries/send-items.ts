import type { Delivery } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { startRounds } from '../deliveries/start-rounds.js';
import type { Recovery } from './recovery.entity.js';
import type { WaitingItem } from './waiting-items.js';

/** A delivery that was handed over. */
interface Sent {
  readonly item: WaitingItem;
  readonly delivery: Delivery;
}

/**
 * Hands deliveries over to the dispatchers, all or none of them: rounds, outbox and items change together. A delivery for
 * which somebody else asked for a round since it was read gets none.
 * @returns how many were sent.
 */
export async function sendItems(
  manager: EntityManager,
  { id, organizationId, endpointId }: Recovery,
  endpointVersion: number,
  items: readonly WaitingItem[],
  at: Date,
): Promise<number> {
  const wanted = items.flatMap(({ deliveryId, eventId, eventAt, event, state }) =>
    event === null
      ? []
      : [
          {
            ...{ deliveryId, eventId, eventAt, endpointId, endpointVersion, state },
            eventType: event.type,
            body: event.body,
          },
        ],
  );
  const started = await startRounds(manager, { organizationId, recoveryId: id }, wanted, at);
  const sent = items.flatMap((item): Sent[] => {
    const delivery = started.get(item.deliveryId);
    return delivery ? [{ item, delivery }] : [];
  });
  await markSent(manager, id, sent, at);
  return sent.length;
}

/** Forgets items that are not sent. */
export async function forgetItems(
  manager: EntityManager,
  recoveryId: string,
  items: readonly Pick<WaitingItem, 'deliveryId'>[],
): Promise<void> {
  if (items.length === 0) return;
  await manager.query(
    `DELETE FROM recovery_items WHERE recovery_id = $1 AND delivery_id = ANY($2::uuid[]) AND state = 'waiting'`,
    [recoveryId, items.map(({ deliveryId }) => deliveryId)],
  );
}

async function markSent(
  manager: EntityManager,
  recoveryId: string,
  sent: readonly Sent[],
  at: Date,
): Promise<void> {
  await manager.query(
    `UPDATE recovery_items AS i
        SET state = 'sent', round = s.round, delivery_created_at = s.created_at, again = s.again, sent_at = $2
       FROM unnest($3::uuid[], $4::integer[], $5::timestamptz[], $6::boolean[]) AS s (delivery_id, round, created_at, again)
      WHERE i.recovery_id = $1 AND i.delivery_id = s.delivery_id`,
    [
      recoveryId,
      at,
      sent.map(({ delivery }) => delivery.deliveryId),
      sent.map(({ delivery }) => delivery.round),
      sent.map(({ delivery }) => delivery.createdAt),
      sent.map(({ item }) => item.state.status === 'success'),
    ],
  );
}
