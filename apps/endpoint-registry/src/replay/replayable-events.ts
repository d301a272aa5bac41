import { deliveryId, NOTICE_TYPES, noticeSource, type SubscribableEventType } from '@skillora/contracts';
import type { DataSource } from 'typeorm';

import { hasNotEnded } from '../deliveries/asked-round.js';
import {
  askedRound,
  attemptsBefore,
  JOIN_ASKED_ROUND,
  ROUND_COLUMNS,
  type RoundRow,
  roundsOf,
} from '../deliveries/requested-rounds.js';
import type { AuditedStatus } from '../projection/audited-status.js';
import type { KnownDelivery } from './decide-replay.js';

/** Which events to replay, and to which endpoint. */
export interface ReplayScope {
  readonly organizationId: string;
  readonly endpointId: string;
  readonly eventTypes: readonly SubscribableEventType[];
  readonly from: Date;
  /** Events accepted at this time or later are not replayed. */
  readonly to: Date;
}

/** An event, and what the audit knows of its delivery to the endpoint. */
export interface ReplayableEvent {
  readonly eventId: string;
  readonly eventType: SubscribableEventType;
  readonly body: string;
  readonly acceptedAt: Date;
  readonly deliveryId: string;
  readonly known: KnownDelivery | null;
  /** The newest round of the delivery that was requested by hand; 0 when there was none. */
  readonly askedRound: number;
  /** How many attempts of the delivery count as made. */
  readonly attemptsBefore: number;
  /** An attempt that was requested by hand has not ended. */
  readonly underWay: boolean;
}

interface EventRow {
  readonly id: string;
  readonly event_type: SubscribableEventType;
  readonly payload: string;
  readonly created_at: Date;
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

/**
 * The events of a scope in the order of their acceptance, page by page; each page is an index scan for each
 * type.
 */
export async function* replayableEvents(
  dataSource: DataSource,
  { organizationId, endpointId, eventTypes, from, to }: ReplayScope,
  pageSize: number,
): AsyncGenerator<readonly ReplayableEvent[], void, void> {
  let after = { time: from, id: '00000000-0000-0000-0000-000000000000' };
  for (;;) {
    const events = await dataSource.query<EventRow[]>(
      `SELECT page.* FROM unnest($2::text[]) AS wanted (event_type)
        CROSS JOIN LATERAL (
          SELECT e.id, e.event_type, e.payload, e.created_at FROM events e
           WHERE e.organization_id = $1 AND e.event_type = wanted.event_type AND e.created_at < $3
             AND e.created_at >= $4 AND (e.created_at, e.id) > ($4, $5)
             -- An endpoint never gets a notice about itself.
             AND NOT (e.event_type = ANY($7) AND e.source = $8)
           ORDER BY e.created_at, e.id LIMIT $6) AS page
        ORDER BY page.created_at, page.id LIMIT $6`,
      [
        ...[organizationId, eventTypes, to, after.time, after.id, pageSize],
        ...[NOTICE_TYPES, noticeSource(endpointId)],
      ],
    );
    const last = events.at(-1);
    if (!last) return;
    after = { time: last.created_at, id: last.id };
    yield await withDeliveries(dataSource, endpointId, events);
  }
}

async function withDeliveries(
  dataSource: DataSource,
  endpointId: string,
  events: readonly EventRow[],
): Promise<ReplayableEvent[]> {
  const ids = events.map(({ id }) => deliveryId(id, endpointId));
  const deliveries = await dataSource.query<DeliveryRow[]>(
    `SELECT DISTINCT ON (d.id) d.id, d.status, ${ROUND_COLUMNS} FROM deliveries d ${JOIN_ASKED_ROUND}
      WHERE d.id = ANY($1::uuid[]) ORDER BY d.id, d.created_at DESC`,
    [ids],
  );
  const asked = await dataSource.query<AskedRow[]>(
    `SELECT delivery_id, round, requested_at, delivery_created_at FROM requested_rounds
      WHERE delivery_id = ANY($1::uuid[])`,
    [ids],
  );
  const known = new Map(deliveries.map((row) => [row.id, row]));
  const askedFor = new Map(
    asked.map((row) => [row.delivery_id, askedRound(row.round, row.requested_at, row.delivery_created_at)]),
  );
  const now = new Date();
  return events.map((event) => {
    const id = deliveryId(event.id, endpointId);
    const row = known.get(id);
    const rounds = row ? roundsOf(row) : { asked: askedFor.get(id) ?? null, shown: null };
    return {
      eventId: event.id,
      eventType: event.event_type,
      body: event.payload,
      acceptedAt: event.created_at,
      deliveryId: id,
      known: row
        ? {
            status: row.status,
            round: Math.max(row.round, row.ended_round),
            createdAt: row.created_at.getTime(),
          }
        : null,
      askedRound: rounds.asked?.round ?? 0,
      attemptsBefore: row ? attemptsBefore(row, now) : 0,
      underWay: hasNotEnded(rounds.asked, rounds.shown, now.getTime()),
    };
  });
}
