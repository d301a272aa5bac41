import {
  type CompiledFilter,
  deliveryId,
  EVENT_TYPES,
  FilteredBody,
  NOTICE_TYPES,
  noticeSource,
  type SubscribableEventType,
} from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import type { AuditedStatus } from '../projection/audited-status.js';
import type { Candidate, FanOut } from './matching.js';

/** A position in the order in which candidates are read. */
export interface Position {
  readonly time: Date;
  readonly id: string;
}

/** A candidate, and what tells it. */
export interface PlacedCandidate extends Candidate {
  readonly deliveryId: string;
  readonly eventId: string;
  /** Continues behind this candidate. */
  readonly position: Position;
}

/** Which events, and to which endpoint. */
export interface Range {
  readonly organizationId: string;
  readonly endpointId: string;
  /** Null for all. */
  readonly eventTypes: readonly SubscribableEventType[] | null;
  readonly since: Date;
  readonly until: Date;
}

/** A delivery is made after its event was accepted; clocks differ by less than this, ms. */
export const CLOCKS_DIFFER_MS = 3_600_000;

interface FailedRow {
  readonly id: string;
  readonly event_id: string;
  readonly created_at: Date;
  readonly rounds: number;
  readonly event_time: Date | null;
}

/**
 * The failed deliveries of the endpoint behind a position, in the order of their creation. The index of failed
 * deliveries is read, so the cost does not grow with what else there is. Those whose event is not in the audit
 * are left out.
 */
export async function failedDeliveries(
  manager: EntityManager,
  { organizationId, endpointId, eventTypes, since, until }: Range,
  after: Position,
  limit: number,
): Promise<{ readonly candidates: readonly PlacedCandidate[]; readonly end: Position | null }> {
  const rows = await manager.query<FailedRow[]>(
    `SELECT page.*, greatest(page.round, r.round) AS rounds, e.created_at AS event_time
       FROM (SELECT found.* FROM unnest($2::text[]) AS wanted (event_type)
              CROSS JOIN LATERAL (
                SELECT d.id, d.event_id, d.created_at, d.round FROM deliveries d
                 WHERE d.endpoint_id = $1 AND d.event_type = wanted.event_type AND d.status = 'failed'
                   AND d.created_at >= $3 AND (d.created_at, d.id) > ($3, $4)
                 ORDER BY d.created_at, d.id LIMIT ${limit}) AS found
              ORDER BY found.created_at, found.id LIMIT ${limit}) AS page
       LEFT JOIN requested_rounds r ON r.delivery_id = page.id
       LEFT JOIN LATERAL (
         SELECT created_at FROM events
          WHERE organization_id = $5 AND id = page.event_id
            AND created_at < page.created_at + interval '${CLOCKS_DIFFER_MS} milliseconds'
          ORDER BY created_at DESC LIMIT 1) AS e ON true
      ORDER BY page.created_at, page.id`,
    [endpointId, eventTypes ?? EVENT_TYPES, after.time, after.id, organizationId],
  );
  const candidates = rows.flatMap(({ id, event_id, created_at, rounds, event_time }): PlacedCandidate[] =>
    event_time === null || event_time < since || event_time >= until
      ? []
      : [
          {
            deliveryId: id,
            eventId: event_id,
            eventAt: event_time.getTime(),
            known: { status: 'failed', rounds },
            fanOut: 'made',
            ...{ subscribed: true, passesFilter: true },
            position: { time: created_at, id },
          },
        ],
  );
  const last = rows.at(-1);
  const end = rows.length < limit || !last ? null : { time: last.created_at, id: last.id };
  return { candidates, end };
}

interface EventRow {
  readonly id: string;
  readonly event_type: SubscribableEventType;
  readonly created_at: Date;
  /** Null if it was not asked for. */
  readonly payload: string | null;
}

/** What of an endpoint decides which events it wants now. */
export interface Subscription {
  readonly events: readonly string[];
  readonly filter: CompiledFilter | null;
}

/** The events of a range behind a position, in the order of their acceptance, with what is known of their deliveries. */
export async function eventsInRange(
  manager: EntityManager,
  { organizationId, endpointId, eventTypes, until }: Range,
  { events: subscribed, filter }: Subscription,
  after: Position,
  limit: number,
): Promise<{ readonly candidates: readonly PlacedCandidate[]; readonly end: Position | null }> {
  const events = await manager.query<EventRow[]>(
    `SELECT page.* FROM unnest($2::text[]) AS wanted (event_type)
      CROSS JOIN LATERAL (
        SELECT e.id, e.event_type, e.created_at, ${filter ? 'e.payload' : 'NULL AS payload'} FROM events e
         WHERE e.organization_id = $1 AND e.event_type = wanted.event_type AND e.created_at < $3
           AND e.created_at >= $4 AND (e.created_at, e.id) > ($4, $5)
           -- An endpoint never gets a notice about itself.
           AND NOT (e.event_type = ANY($6) AND e.source = $7)
         ORDER BY e.created_at, e.id LIMIT ${limit}) AS page
      ORDER BY page.created_at, page.id LIMIT ${limit}`,
    [
      ...[organizationId, eventTypes ?? EVENT_TYPES, until, after.time, after.id],
      ...[NOTICE_TYPES, noticeSource(endpointId)],
    ],
  );
  const known = await knownDeliveries(
    manager,
    events.map(({ id }) => deliveryId(id, endpointId)),
  );
  const missing = events.filter(({ id }) => !known.has(deliveryId(id, endpointId)));
  const reported = await reports(manager, organizationId, endpointId, missing);
  const candidates = events.map(({ id, event_type, created_at, payload }): PlacedCandidate => {
    const delivery = deliveryId(id, endpointId);
    return {
      deliveryId: delivery,
      eventId: id,
      eventAt: created_at.getTime(),
      known: known.get(delivery) ?? null,
      fanOut: reported.get(id) ?? 'unreported',
      subscribed: subscribed.includes(event_type),
      passesFilter: filter === null || payload === null || filter.matches(new FilteredBody(payload)),
      position: { time: created_at, id },
    };
  });
  const last = candidates.at(-1);
  return { candidates, end: candidates.length < limit || !last ? null : last.position };
}

async function knownDeliveries(
  manager: EntityManager,
  ids: readonly string[],
): Promise<ReadonlyMap<string, { status: AuditedStatus; rounds: number }>> {
  const rows = await manager.query<{ id: string; status: AuditedStatus; rounds: number }[]>(
    `SELECT DISTINCT ON (d.id) d.id, d.status, greatest(d.round, r.round) AS rounds
       FROM deliveries d LEFT JOIN requested_rounds r ON r.delivery_id = d.id
      WHERE d.id = ANY($1::uuid[]) ORDER BY d.id, d.created_at DESC`,
    [ids],
  );
  return new Map(rows.map(({ id, status, rounds }) => [id, { status, rounds }]));
}

/** Each is looked up by its key, because a plan that reads all reports of an organisation could look cheaper. */
async function reports(
  manager: EntityManager,
  organizationId: string,
  endpointId: string,
  events: readonly EventRow[],
): Promise<ReadonlyMap<string, FanOut>> {
  if (events.length === 0) return new Map();
  const rows = await manager.query<{ event_id: string; made: boolean }[]>(
    `SELECT report.event_id, bool_or($2 = ANY(report.endpoint_ids || report.filtered_endpoint_ids)) AS made
       FROM unnest($3::timestamptz[], $4::uuid[]) AS wanted (accepted_at, event_id)
      CROSS JOIN LATERAL (
        SELECT f.event_id, f.endpoint_ids, f.filtered_endpoint_ids FROM fan_outs f
         WHERE f.organization_id = $1 AND f.accepted_at = wanted.accepted_at AND f.event_id = wanted.event_id
        OFFSET 0) AS report
      GROUP BY report.event_id`,
    [organizationId, endpointId, events.map(({ created_at }) => created_at), events.map(({ id }) => id)],
  );
  return new Map(rows.map(({ event_id, made }) => [event_id, made ? 'made' : 'other']));
}
