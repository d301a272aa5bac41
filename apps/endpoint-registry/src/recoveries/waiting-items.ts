import type { EventType } from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import { type AskedRound, hasNotEnded } from '../deliveries/asked-round.js';
import {
  askedRound,
  attemptsBefore,
  JOIN_ASKED_ROUND,
  ROUND_COLUMNS,
  type RoundRow,
  roundsOf,
} from '../deliveries/requested-rounds.js';
import type { AuditedStatus } from '../projection/audited-status.js';
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
  /** Ms since the epoch; null when there is no such delivery. */
  readonly createdAt: number | null;
  readonly hadArrived: boolean;
  /** The highest round in the log, and the newest that was asked for; 0 for none. */
  readonly shownRound: number;
  readonly askedRound: number;
  readonly attemptsBefore: number;
}

interface ItemRow {
  readonly delivery_id: string;
  readonly event_id: string;
  readonly event_time: Date;
  readonly event_type: EventType | null;
  readonly payload: string | null;
}

interface DeliveryRow extends RoundRow {
  readonly id: string;
  readonly status: AuditedStatus;
}

interface AskedRow {
  readonly delivery_id: string;
  readonly round: number;
  readonly requested_at: Date;
  readonly delivery_created_at: Date | null;
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
  const deliveries = await manager.query<DeliveryRow[]>(
    `SELECT DISTINCT ON (d.id) d.id, d.status, ${ROUND_COLUMNS} FROM deliveries d ${JOIN_ASKED_ROUND}
      WHERE d.id = ANY($1::uuid[]) ORDER BY d.id, d.created_at DESC`,
    [ids],
  );
  const known = new Map(deliveries.map((row) => [row.id, row]));
  const asked = await askedRounds(
    manager,
    ids.filter((each) => !known.has(each)),
  );
  return items.map((item) => {
    const row = known.get(item.delivery_id) ?? null;
    const newest = row ? roundsOf(row).asked : (asked.get(item.delivery_id) ?? null);
    return presentState(item, row, newest, what, now);
  });
}

/** The newest rounds that were asked for of deliveries that the audit does not show. */
async function askedRounds(
  manager: EntityManager,
  ids: readonly string[],
): Promise<ReadonlyMap<string, AskedRound | null>> {
  if (ids.length === 0) return new Map();
  const rows = await manager.query<AskedRow[]>(
    `SELECT delivery_id, round, requested_at, delivery_created_at FROM requested_rounds
      WHERE delivery_id = ANY($1::uuid[])`,
    [ids],
  );
  return new Map(
    rows.map((row) => [row.delivery_id, askedRound(row.round, row.requested_at, row.delivery_created_at)]),
  );
}

function presentState(
  { delivery_id, event_id, event_time, event_type, payload }: ItemRow,
  row: DeliveryRow | null,
  newest: AskedRound | null,
  what: Recovered,
  now: Date,
): WaitingItem {
  const shownRound = row ? Math.max(row.round, row.ended_round) : 0;
  const known: KnownDelivery | null = row
    ? { status: row.status, rounds: Math.max(shownRound, newest?.round ?? 0) }
    : null;
  const underWay = hasNotEnded(newest, row ? roundsOf(row).shown : null, now.getTime());
  const event = event_type === null || payload === null ? null : { type: event_type, body: payload };
  return {
    deliveryId: delivery_id,
    eventId: event_id,
    eventAt: event_time,
    turn: event === null ? 'skip' : turnOf(known, underWay, what),
    event,
    createdAt: row?.created_at.getTime() ?? null,
    hadArrived: row?.status === 'success',
    shownRound,
    askedRound: newest?.round ?? 0,
    attemptsBefore: row ? attemptsBefore(row, now) : 0,
  };
}
