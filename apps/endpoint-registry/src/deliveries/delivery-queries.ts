import { Injectable } from '@nestjs/common';
import { type DeliveryStatus, isUuid } from '@skillora/contracts';
import { notFound, type PageRequest, rowsWanted } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { Conditions } from '../database/conditions.js';

export interface AttemptRow {
  readonly trigger: string;
  readonly started_at: string;
  readonly duration_ms: number;
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

const SELECT = `
  SELECT d.id, d.organization_id, d.event_id, d.endpoint_id, d.event_type, d.status, d.attempt_count, d.next_retry_at, d.response_status,
         d.error, d.created_at, d.updated_at, d.delivered_at,
         (SELECT json_agg(json_build_object(
                   'trigger', a.trigger, 'started_at', a.started_at, 'duration_ms', a.duration_ms,
                   'response_status', a.response_status, 'response_body', a.response_body, 'error', a.error,
                   'error_detail', a.error_detail) ORDER BY a.round, a.step)
            FROM attempts a WHERE a.delivery_id = d.id) AS attempts
    FROM deliveries d`;

/** Reads deliveries of one organisation; those of others are not there. */
@Injectable()
export class DeliveryQueries {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws {Refusal} 404 when the organisation has no such delivery. */
  async read(organizationId: string, id: string): Promise<DeliveryRow> {
    if (!isUuid(id)) throw notFound();
    const [row] = await this.dataSource.query<DeliveryRow[]>(
      `${SELECT} WHERE d.id = $1 AND d.organization_id = $2`,
      [id, organizationId],
    );
    if (!row) throw notFound();
    return row;
  }

  /** Those of the ids that are there, of whatever organisation. */
  readAll(ids: readonly string[]): Promise<DeliveryRow[]> {
    return this.dataSource.query<DeliveryRow[]>(`${SELECT} WHERE d.id = ANY($1::uuid[])`, [ids]);
  }

  list(organizationId: string, filter: DeliveryFilter, page: PageRequest): Promise<DeliveryRow[]> {
    const conditions = new Conditions('d')
      .equal('organization_id', organizationId)
      .equal('endpoint_id', filter.endpointId)
      .equal('event_id', filter.eventId)
      .equal('event_type', filter.eventType)
      .equal('status', filter.status)
      .createdWithin(filter.createdAfter, filter.createdBefore);
    return this.dataSource.query<DeliveryRow[]>(...conditions.page(SELECT, rowsWanted(page)));
  }
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
