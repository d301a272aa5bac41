import type { EventType } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { type RoundState, roundsHad, roundStates } from '../deliveries/round-state.js';
import { type KnownDelivery, type Turn, turnOf } from './matching.js';
import type { Recovered } from './recovery.js';

/** The bodies that a step holds in memory, bytes. One more may exceed it. */
const MOST_BYTES = 4 * 1_048_576;

/** A delivery whose turn has come, in its present state. */
export interface WaitingItem {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly eventAt: Date;
  readonly turn: Turn;
  /** Null when the event is no longer in the audit; it is skipped then. */
  readonly event: { readonly type: EventType; readonly body: string } | null;
  readonly state: RoundState;
}

interface ItemRow {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly event_time: Date;
  readonly event_type: EventType | null;
  readonly payload: string | null;
}

/** The next items of a recovery, at most `count`, in the order in which their events were accepted. */
export async function waitingItems(
  manager: EntityManager,
  {
    id,
    organizationId,
    what,
  }: { readonly id: string; readonly organizationId: string; readonly what: Recovered },
  count: number,
  now: Date,
): Promise<WaitingItem[]> {
  if (count === 0) return [];
  const items = await manager.query<ItemRow[]>(
    `SELECT delivery_id, event_id, event_time, event_type, payload
       FROM (SELECT i.*, e.event_type, e.payload,
                    sum(octet_length(e.payload)) OVER (ORDER BY i.event_time, i.delivery_id) - octet_length(e.payload) AS before
               FROM (SELECT delivery_id, event_id, event_time FROM recovery_items
                      WHERE recovery_id = $1 AND state = 'waiting'
                      ORDER BY event_time, delivery_id LIMIT ${count}) AS i
               LEFT JOIN LATERAL (
                 SELECT event_type, payload FROM events
                  WHERE organization_id = $2 AND id = i.event_id AND created_at = i.event_time OFFSET 0) AS e ON true
            ) AS page
      WHERE coalesce(before, 0) < ${MOST_BYTES}
      ORDER BY event_time, delivery_id`,
    [id, organizationId],
  );
  const ids = items.map(({ delivery_id }) => delivery_id);
  const states = await roundStates(manager, ids, now);
  return items.flatMap((item) => {
    const state = states.get(item.delivery_id);
    return state ? [presentState(item, state, what)] : [];
  });
}

function presentState(
  { delivery_id, event_id, event_time, event_type, payload }: ItemRow,
  state: RoundState,
  what: Recovered,
): WaitingItem {
  const { status, underWay } = state;
  const known: KnownDelivery | null = status === null ? null : { status, rounds: roundsHad(state) };
  const event = event_type === null || payload === null ? null : { type: event_type, body: payload };
  return {
    deliveryId: delivery_id,
    eventId: event_id,
    eventAt: event_time,
    turn: event === null ? 'skip' : turnOf(known, underWay, what),
    event,
    state,
  };
}
