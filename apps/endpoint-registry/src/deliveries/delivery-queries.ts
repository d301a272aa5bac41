import { Injectable } from '@nestjs/common';
import {
  DELIVERY_STATUSES,
  type DeliveryStatus,
  EVENT_TYPES,
  isUuid,
  TEST_EVENT_TYPE,
} from '@skillora/contracts';
import { DEFAULT_PAGE_SIZE, notFound, type PageRequest, rowsWanted } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { newestFirst, type NewestFirst } from '../database/newest-first.js';
import { PreparedQueries } from '../database/prepared-queries.js';

export interface AttemptRow {
  readonly trigger: string;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly request_bytes: number | null;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly error: string | null;
  readonly error_detail: string | null;
}

export interface DeliveryRow {
  readonly id: string;
  readonly organization_id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: string;
  readonly status: DeliveryStatus;
  readonly attempt_count: number;
  readonly next_retry_at: Date | null;
  readonly response_status: number | null;
  readonly error: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly delivered_at: Date | null;
  readonly attempts: AttemptRow[] | null;
}

export interface DeliveryFilter {
  readonly endpointId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly eventType?: string | undefined;
  readonly status?: DeliveryStatus | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

const COLUMNS = `id, organization_id, event_id, endpoint_id, event_type, status, attempt_count, next_retry_at, response_status, error,
  created_at, updated_at, delivered_at`;

/** The deliveries that a query finds, with their attempts. */
const withAttempts = (deliveries: string): string => `
  SELECT d.*,
         (SELECT json_agg(json_build_object(
                   'trigger', a.trigger, 'started_at', a.started_at, 'duration_ms', a.duration_ms,
                   'request_bytes', a.request_bytes, 'response_status', a.response_status, 'response_body', a.response_body, 'error', a.error,
                   'error_detail', a.error_detail) ORDER BY a.round, a.step)
            FROM attempts a WHERE a.delivery_id = d.id AND a.delivery_created_at = d.created_at) AS attempts
    FROM (${deliveries}) AS d`;

/** Reads deliveries of one organisation; those of others are not there. */
@Injectable()
export class DeliveryQueries {
  constructor(
    private readonly dataSource: DataSource,
    private readonly prepared: PreparedQueries,
  ) {}

  /** @throws {Refusal} 404 when the organisation has no such delivery. */
  async read(organizationId: string, id: string): Promise<DeliveryRow> {
    if (!isUuid(id)) throw notFound();
    // A delivery that was made anew, long after the first, has the same id.
    const newest = `SELECT ${COLUMNS} FROM deliveries WHERE id = $1 AND organization_id = $2
                     ORDER BY created_at DESC LIMIT 1`;
    const [row] = await this.dataSource.query<DeliveryRow[]>(withAttempts(newest), [id, organizationId]);
    if (!row) throw notFound();
    return row;
  }

  /** Those of the ids that are there, of whatever organisation. */
  readAll(ids: readonly string[]): Promise<DeliveryRow[]> {
    const newest = `SELECT DISTINCT ON (id) ${COLUMNS} FROM deliveries WHERE id = ANY($1::uuid[])
                     ORDER BY id, created_at DESC`;
    return this.dataSource.query<DeliveryRow[]>(withAttempts(newest), [ids]);
  }

  list(organizationId: string, filter: DeliveryFilter, page: PageRequest): Promise<DeliveryRow[]> {
    const { order, ...rest } = rowsWanted(page);
    const [deliveries, parameters] = newestFirst(deliveryList(organizationId, filter), { order, ...rest });
    const text = `${withAttempts(deliveries)} ORDER BY d.created_at ${order}, d.id ${order}`;
    return isPlannedOnce(filter, page)
      ? this.prepared.query<DeliveryRow>(text, parameters)
      : this.dataSource.query<DeliveryRow[]>(text, parameters);
  }
}

/** The pages most ask for merge the most lists: those of an organisation and of an endpoint, not filtered any further. */
function isPlannedOnce({ endpointId: _, ...filter }: DeliveryFilter, { size }: PageRequest): boolean {
  return size === DEFAULT_PAGE_SIZE && Object.values(filter).every((value) => value === undefined);
}

/** Which index serves a list: that of the event, of the endpoint, or of the organisation. */
function deliveryList(
  organizationId: string,
  { eventId, endpointId, eventType, status, createdAfter, createdBefore }: DeliveryFilter,
): NewestFirst {
  const list = { table: 'deliveries', columns: COLUMNS, createdAfter, createdBefore };
  if (eventId !== undefined) {
    const equal = { event_id: eventId, event_type: eventType, status };
    const check = { organization_id: organizationId, endpoint_id: endpointId };
    return { ...list, equal, check, merged: {}, few: true };
  }
  const merged = {
    event_type: eventType === undefined ? [...EVENT_TYPES, TEST_EVENT_TYPE] : [eventType],
    status: status === undefined ? DELIVERY_STATUSES : [status],
  };
  return endpointId === undefined
    ? { ...list, equal: { organization_id: organizationId }, merged }
    : { ...list, equal: { endpoint_id: endpointId }, check: { organization_id: organizationId }, merged };
}

/** A delivery as customers see it; its attempts are numbered in their order, over all rounds. */
export function presentDelivery({ attempts, ...row }: DeliveryRow) {
  return {
    id: row.id,
    event_id: row.event_id,
    endpoint_id: row.endpoint_id,
    event_type: row.event_type,
    status: row.status,
    attempt_count: row.attempt_count,
    next_retry_at: row.next_retry_at?.toISOString() ?? null,
    response_status: row.response_status,
    error: row.error,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    delivered_at: row.delivered_at?.toISOString() ?? null,
    attempts: (attempts ?? []).map((attempt, index) => ({
      number: index + 1,
      ...attempt,
      started_at: new Date(attempt.started_at).toISOString(),
    })),
  };
}
