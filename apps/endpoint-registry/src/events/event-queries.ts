import { Injectable } from '@nestjs/common';
import { type DeliveryStatus, isUuid } from '@skillora/contracts';
import { notFound, type PageRequest, rowsWanted } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { Conditions } from '../database/conditions.js';

export interface EventRow {
  readonly id: string;
  readonly event_type: string;
  readonly payload: string;
  readonly occurred_at: Date;
  readonly created_at: Date;
  readonly deliveries: Partial<Record<DeliveryStatus, number>> | null;
}

export interface EventFilter {
  readonly eventType?: string | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

/** An event has as many deliveries as its organisation had endpoints: few enough to be counted when asked. */
const SELECT = `
  SELECT e.id, e.event_type, e.payload, e.occurred_at, e.created_at,
         (SELECT jsonb_object_agg(status, number)
            FROM (SELECT status, count(*) AS number FROM deliveries d WHERE d.event_id = e.id
                     AND d.organization_id = e.organization_id GROUP BY status) counts) AS deliveries
    FROM events e`;

/** Reads events of one organisation; those of others are not there. */
@Injectable()
export class EventQueries {
  constructor(private readonly dataSource: DataSource) {}

  /** @throws {Refusal} 404 when the organisation has no such event. */
  async read(organizationId: string, id: string): Promise<EventRow> {
    if (!isUuid(id)) throw notFound();
    const [row] = await this.dataSource.query<EventRow[]>(
      `${SELECT} WHERE e.organization_id = $1 AND e.id = $2`,
      [organizationId, id],
    );
    if (!row) throw notFound();
    return row;
  }

  list(organizationId: string, filter: EventFilter, page: PageRequest): Promise<EventRow[]> {
    const conditions = new Conditions('e')
      .equal('organization_id', organizationId)
      .equal('event_type', filter.eventType)
      .createdWithin(filter.createdAfter, filter.createdBefore);
    return this.dataSource.query<EventRow[]>(...conditions.page(SELECT, rowsWanted(page)));
  }
}

/** An event as customers see it. */
export function presentEvent({ id, event_type, payload, occurred_at, created_at, deliveries }: EventRow) {
  return {
    id,
    event_type,
    payload: JSON.parse(payload) as unknown,
    occurred_at: occurred_at.toISOString(),
    created_at: created_at.toISOString(),
    deliveries: { pending: 0, retrying: 0, success: 0, failed: 0, ...deliveries },
  };
}
