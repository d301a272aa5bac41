import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { EVENT_TYPES, type EventType, isUuid, TEST_EVENT_TYPE, Topics } from '@skillora/contracts';
import {
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_BYTES,
  notFound,
  type PageRequest,
  type RowsFound,
  rowsWanted,
} from '@skillora/rest';
import { DataSource } from 'typeorm';

import { newestFirst } from '../database/newest-first.js';
import { PreparedQueries } from '../database/prepared-queries.js';
import { READING } from '../database/reading.js';
import { counted, withinBytes } from '../database/within-bytes.js';
import type { AuditedStatus } from '../projection/audited-status.js';
import { hasReached, ProjectedEvents, type Reached } from './projected-events.js';

export interface EventRow {
  readonly id: string;
  readonly event_type: string;
  readonly payload: string;
  readonly occurred_at: Date;
  readonly created_at: Date;
  readonly deliveries: Partial<Record<AuditedStatus, number>> | null;
}

export interface EventFilter {
  readonly eventType?: EventType | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

const COLUMNS = 'id, event_type, payload, occurred_at, created_at, organization_id';

/**
 * Selects the events of a query and counts their deliveries. An event has as many deliveries as its
 * organisation has endpoints, so they can be counted on demand. They are created after the event was
 * accepted; clocks differ by less than an hour.
 */
const withDeliveries = (events: string, more = ''): string => `
  SELECT e.id, e.event_type, e.payload, e.occurred_at, e.created_at,${more}
         (SELECT jsonb_object_agg(status, number)
            FROM (SELECT status, count(*) AS number FROM deliveries d
                   WHERE d.event_id = e.id AND d.organization_id IS NOT DISTINCT FROM e.organization_id
                     AND d.created_at > e.created_at - interval '1 hour'
                   GROUP BY status) counts) AS deliveries
    FROM (${events}) AS e`;

/** An upper estimate of an event's size in a page without its payload, bytes. */
const ROW_BYTES = 512;

/**
 * How long to wait for an event that is not found while the projection is behind, ms. A producer may ask for
 * an event right after its 202, and the audit is some tenths of a second behind.
 */
const PATIENCE_MS = 1_000;

/** Reads the events of one organisation; events of others are invisible. */
@Injectable()
export class EventQueries {
  constructor(
    @InjectDataSource(READING) private readonly dataSource: DataSource,
    private readonly prepared: PreparedQueries,
    private readonly projected: ProjectedEvents,
  ) {}

  /**
   * Waits a moment for an event that is not found yet. An event that is not in the log either costs two
   * queries at most, and one where the projection has read all events of the organisation.
   * @throws {RefusalException} 404 when the organisation has no such event.
   */
  async read(organizationId: string, id: string): Promise<EventRow> {
    if (!isUuid(id)) throw notFound();
    const deadline = Date.now() + PATIENCE_MS;
    const { event, reached } = await this.find(organizationId, id);
    if (event) return event;
    // Every event of the organisation that was accepted before this request is before this position.
    const end = await this.projected.endOf(organizationId, deadline);
    if (end !== null) {
      if (hasReached(reached, end)) throw notFound();
      await this.projected.waitFor(end, deadline);
    }
    const again = await this.find(organizationId, id);
    if (!again.event) throw notFound();
    return again.event;
  }

  /** The part of a list that fits into a page. */
  async list(organizationId: string, filter: EventFilter, page: PageRequest): Promise<RowsFound<EventRow>> {
    const { eventType, createdAfter, createdBefore } = filter;
    const wanted = rowsWanted(page);
    const [events, parameters] = newestFirst(
      {
        table: 'events',
        columns: COLUMNS,
        equal: { organization_id: organizationId },
        merged: { event_type: eventType === undefined ? [...EVENT_TYPES, TEST_EVENT_TYPE] : [eventType] },
        createdAfter,
        createdBefore,
      },
      wanted,
    );
    const fitting = withinBytes(
      {
        rows: counted(events),
        columns: `${COLUMNS}, found`,
        // A payload is sent as it is stored, as compact JSON, so its length is known without reading it.
        size: `${ROW_BYTES} + octet_length(payload)`,
        atMost: MAX_PAGE_BYTES,
      },
      wanted,
    );
    const { order } = wanted;
    const text = `${withDeliveries(fitting, ' e.found,')} ORDER BY e.created_at ${order}, e.id ${order}`;
    const isPlannedOnce =
      page.size === DEFAULT_PAGE_SIZE && Object.values(filter).every((value) => value === undefined);
    const rows = isPlannedOnce
      ? await this.prepared.query<FoundRow>(text, parameters)
      : await this.dataSource.query<FoundRow[]>(text, parameters);
    return { rows, found: rows[0]?.found ?? 0 };
  }

  /** The event, if it exists, and how far the projection had read by then. */
  private async find(
    organizationId: string,
    id: string,
  ): Promise<{ event: EventRow | null; reached: Reached }> {
    // An event that was accepted again, long after the first time, has the same id.
    const newest = `SELECT ${COLUMNS} FROM events WHERE organization_id = $1 AND id = $2
                     ORDER BY created_at DESC LIMIT 1`;
    const [row] = await this.dataSource.query<SoughtRow[]>(
      `SELECT found.*, projected.reached
         FROM (SELECT jsonb_object_agg(partition, next_offset::text) AS reached
                 FROM projection_offsets WHERE topic = $3) AS projected
         LEFT JOIN (${withDeliveries(newest)}) AS found ON true`,
      [organizationId, id, Topics.events],
    );
    if (!row) throw new Error('a query that always has a row had none');
    const { reached, ...event } = row;
    return {
      event: isEvent(event) ? event : null,
      reached: new Map(
        Object.entries(reached ?? {}).map(([partition, next]) => [Number(partition), BigInt(next)]),
      ),
    };
  }
}

/** Without an event, its columns are null. */
type SoughtRow = (EventRow | Record<keyof EventRow, null>) & {
  readonly reached: Readonly<Record<string, string>> | null;
};

function isEvent(row: EventRow | Record<keyof EventRow, null>): row is EventRow {
  return row.id !== null;
}

type FoundRow = EventRow & { readonly found: number };
