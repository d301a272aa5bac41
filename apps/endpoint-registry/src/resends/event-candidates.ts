import {
  compileFilter,
  type EventFilter,
  type EventType,
  type FilteredBody,
  FIRST_REPLAYED_PART,
  isNoticeType,
  noticeSource,
} from '@skillora/contracts';
import type { EntityManager } from 'typeorm';

import type { Wish } from '../deliveries/decide-resend.js';

/** An event that is sent again. */
export interface ResentEvent {
  readonly id: string;
  readonly event_type: EventType;
  readonly payload: string;
  readonly source: string;
  /** When it was accepted. */
  readonly created_at: Date;
}

/** An endpoint that may get it. */
export interface ResendEndpoint {
  readonly id: string;
  /** bigint, as the driver gives it. */
  readonly version: string;
  readonly events: readonly string[];
  readonly filter: EventFilter | null;
  readonly is_active: boolean;
}

/** The newest event of the organisation with this id. */
export async function eventToResend(
  manager: EntityManager,
  organizationId: string,
  id: string,
): Promise<ResentEvent | null> {
  const [row] = await manager.query<ResentEvent[]>(
    `SELECT id, event_type, payload, source, created_at FROM events
      WHERE organization_id = $1 AND id = $2 ORDER BY created_at DESC LIMIT 1`,
    [organizationId, id],
  );
  return row ?? null;
}

const ENDPOINTS = `SELECT id, version, events, filter, is_active FROM endpoints
  WHERE organization_id = $1 AND deleted_at IS NULL`;

/** The endpoints with these ids, without those that the organisation does not have. */
export function namedEndpoints(
  manager: EntityManager,
  organizationId: string,
  ids: readonly string[],
): Promise<ResendEndpoint[]> {
  return manager.query<ResendEndpoint[]>(`${ENDPOINTS} AND id = ANY($2::uuid[]) ORDER BY created_at, id`, [
    organizationId,
    ids,
  ]);
}

/** Active endpoints that are subscribed to a type, at most `limit`. */
export function subscribedEndpoints(
  manager: EntityManager,
  organizationId: string,
  eventType: EventType,
  limit: number,
): Promise<ResendEndpoint[]> {
  return manager.query<ResendEndpoint[]>(
    `${ENDPOINTS} AND is_active AND $2 = ANY(events) ORDER BY created_at, id LIMIT ${limit}`,
    [organizationId, eventType],
  );
}

/**
 * Whether an endpoint wants an event, as it is now.
 * @param body of the event; all endpoints share it, so that it is parsed once.
 */
export function wishOf({ id, events, filter }: ResendEndpoint, event: ResentEvent, body: FilteredBody): Wish {
  if (isNoticeType(event.event_type) && event.source === noticeSource(id)) return 'about_itself';
  if (!events.includes(event.event_type)) return 'not_subscribed';
  const compiled = filter && compileFilter(filter);
  return compiled === null || compiled.matches(body) ? 'wanted' : 'left_out';
}

/**
 * For which endpoints the fan-out made a delivery of the event, or would have but for their filter.
 * @returns null if it has not reported the event.
 */
export async function fannedOutTo(
  manager: EntityManager,
  organizationId: string,
  { id, created_at: acceptedAt }: ResentEvent,
): Promise<ReadonlySet<string> | null> {
  const rows = await manager.query<{ part: number; endpoint_ids: string[] }[]>(
    `SELECT part, endpoint_ids || filtered_endpoint_ids AS endpoint_ids FROM fan_outs
      WHERE organization_id = $1 AND accepted_at = $2 AND event_id = $3`,
    [organizationId, acceptedAt, id],
  );
  if (!rows.some(({ part }) => part < FIRST_REPLAYED_PART)) return null;
  return new Set(rows.flatMap((row) => row.endpoint_ids));
}
