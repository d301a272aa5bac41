import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DELIVERY_STATUSES, EVENT_TYPES, isUuid, TEST_EVENT_TYPE } from '@skillora/contracts';
import {
  DEFAULT_PAGE_SIZE,
  MAX_PAGE_BYTES,
  notFound,
  type PageRequest,
  type RowsFound,
  type RowsWanted,
  rowsWanted,
} from '@skillora/rest';
import { DataSource } from 'typeorm';

import { newestFirst, type NewestFirst } from '../database/newest-first.js';
import { PreparedQueries } from '../database/prepared-queries.js';
import { READING } from '../database/reading.js';
import { counted, withinBytes } from '../database/within-bytes.js';
import { attemptsOf, HELD_ATTEMPT } from '../projection/attempt-columns.js';
import type { AuditedStatus } from '../projection/audited-status.js';

export interface AttemptRow {
  readonly trigger: string;
  readonly started_at: string;
  readonly duration_ms: number;
  readonly request_bytes: number | null;
  readonly response_status: number | null;
  /** Absent if it was not selected. */
  readonly response_body?: string | null;
  readonly error: string | null;
  readonly error_detail: string | null;
  /** What its request carried as its number. */
  readonly number: number | null;
  readonly url: string | null;
  readonly remote_address: string | null;
  readonly endpoint_version: number | null;
  readonly dns_ms: number | null;
  readonly connect_ms: number | null;
  readonly tls_ms: number | null;
  readonly first_byte_ms: number | null;
  /** A line for each; absent where it was not asked for. */
  readonly response_headers?: string | null;
  readonly signed_with: string | null;
}

/** What tells the request of an attempt. */
export interface RequestedAttempt extends Pick<AttemptRow, 'started_at' | 'number' | 'url' | 'signed_with'> {
  /** Names of extra headers with spaces between them; null if there were none. */
  readonly header_names: string | null;
}

export interface DeliveryRow {
  readonly id: string;
  readonly organization_id: string;
  readonly event_id: string;
  readonly endpoint_id: string;
  readonly event_type: string;
  readonly status: AuditedStatus;
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
  readonly status?: AuditedStatus | undefined;
  readonly createdAfter?: Date | undefined;
  readonly createdBefore?: Date | undefined;
}

const COLUMNS = `id, organization_id, event_id, endpoint_id, event_type, status, attempt_count, next_retry_at, response_status, error,
  created_at, updated_at, delivered_at`;

/** What a query of deliveries selects for {@link withAttempts}. */
const STORED = `${COLUMNS}, ${HELD_ATTEMPT}`;

/** How many attempts of a delivery are shown: the newest. */
export const MAX_ATTEMPTS = 50;

const ATTEMPT_FIELDS = [
  'trigger',
  'started_at',
  'duration_ms',
  'request_bytes',
  'response_status',
  'error',
  'error_detail',
  'number',
  'url',
  'remote_address',
  'endpoint_version',
  'dns_ms',
  'connect_ms',
  'tls_ms',
  'first_byte_ms',
  'signed_with',
];

/**
 * Selects the deliveries of a query with their newest attempts, in order.
 * @param shown the columns of the deliveries.
 * @param more further fields of each attempt.
 */
const withAttempts = (deliveries: string, shown: string, ...more: string[]): string => `
  SELECT ${shown},
         (SELECT json_agg(json_build_object(${[...ATTEMPT_FIELDS, ...more].map((field) => `'${field}', a.${field}`).join(', ')})
                          ORDER BY a.round, a.step)
            FROM (SELECT * FROM ${attemptsOf('d')} AS a
                   ORDER BY a.round DESC, a.step DESC LIMIT ${MAX_ATTEMPTS}) AS a) AS attempts
    FROM (${deliveries}) AS d`;
const ANSWERS = ['response_headers', 'response_body'];

/** An upper estimate of a delivery's size in a page without its attempts, bytes. */
const ROW_BYTES = 768;
/**
 * The usual maximum size of an attempt in a page, bytes: the stored answer has at most 4 KiB. Rows that
 * cannot fit by this estimate are left out before their answers are read.
 */
const USUAL_ATTEMPT_BYTES = 4_608;
const FAR_MORE_BYTES = 4 * MAX_PAGE_BYTES;
/** Upper limit of the quotes and commas around the headers and fingerprints of an attempt, bytes. */
const QUOTES_BYTES = 128;

/**
 * The rows of a list that fit into a page, with their attempts. The database measures the text that is
 * sent, except for the quotes around headers.
 */
function fittingPage(list: string, wanted: RowsWanted): string {
  const columns = `${COLUMNS}, found`;
  const stored = `${STORED}, found`;
  const few = withinBytes(
    {
      rows: counted(list),
      columns: stored,
      size: `${ROW_BYTES} + least(attempt_count, ${MAX_ATTEMPTS}) * ${USUAL_ATTEMPT_BYTES}`,
      atMost: FAR_MORE_BYTES,
    },
    wanted,
  );
  return withinBytes(
    {
      // The offset keeps the planner from making the attempts twice, to measure and to send them.
      rows: `${withAttempts(few, columns, ...ANSWERS)} OFFSET 0`,
      columns: `${columns}, attempts`,
      size: `${ROW_BYTES} + coalesce(octet_length(attempts::text), 0) + least(attempt_count, ${MAX_ATTEMPTS}) * ${QUOTES_BYTES}`,
      atMost: MAX_PAGE_BYTES,
    },
    wanted,
  );
}

/** Reads the deliveries of one organisation; deliveries of others are invisible. */
@Injectable()
export class DeliveryQueries {
  constructor(
    @InjectDataSource(READING) private readonly dataSource: DataSource,
    private readonly prepared: PreparedQueries,
  ) {}

  /** @throws {RefusalException} 404 when the organisation has no such delivery. */
  async read(organizationId: string, id: string): Promise<DeliveryRow> {
    if (!isUuid(id)) throw notFound();
    // A delivery that was created again, long after the first, has the same id.
    const newest = `SELECT ${STORED} FROM deliveries WHERE id = $1 AND organization_id = $2
                     ORDER BY created_at DESC LIMIT 1`;
    const [row] = await this.dataSource.query<DeliveryRow[]>(withAttempts(newest, COLUMNS, ...ANSWERS), [
      id,
      organizationId,
    ]);
    if (!row) throw notFound();
    return row;
  }

  /** What tells the requests of all attempts of a delivery, in their order. */
  requested({ id, created_at }: Pick<DeliveryRow, 'id' | 'created_at'>): Promise<RequestedAttempt[]> {
    return this.dataSource.query<RequestedAttempt[]>(
      `SELECT a.started_at, a.number, a.url, a.signed_with, a.header_names
         FROM deliveries d CROSS JOIN LATERAL ${attemptsOf('d')} AS a
        WHERE d.id = $1 AND d.created_at = $2 ORDER BY a.round, a.step`,
      [id, created_at],
    );
  }

  /**
   * The existing deliveries with these ids, of any organisation, without the stored answers of their
   * attempts.
   */
  readAll(ids: readonly string[]): Promise<DeliveryRow[]> {
    const newest = `SELECT DISTINCT ON (id) ${STORED} FROM deliveries WHERE id = ANY($1::uuid[])
                     ORDER BY id, created_at DESC`;
    return this.dataSource.query<DeliveryRow[]>(withAttempts(newest, COLUMNS), [ids]);
  }

  /** The part of a list that fits into a page. */
  async list(
    organizationId: string,
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<RowsFound<DeliveryRow>> {
    const wanted = rowsWanted(page);
    const [list, parameters] = newestFirst(deliveryList(organizationId, filter), wanted);
    const text = `${fittingPage(list, wanted)} ORDER BY created_at ${wanted.order}, id ${wanted.order}`;
    const rows = isPlannedOnce(filter, page)
      ? await this.prepared.query<FoundRow>(text, parameters)
      : await this.dataSource.query<FoundRow[]>(text, parameters);
    return { rows, found: rows[0]?.found ?? 0 };
  }
}

type FoundRow = DeliveryRow & { readonly found: number };

/**
 * The most frequent pages merge the most lists: those of an organisation or an endpoint without further
 * filters.
 */
function isPlannedOnce({ endpointId: _, ...filter }: DeliveryFilter, { size }: PageRequest): boolean {
  return size === DEFAULT_PAGE_SIZE && Object.values(filter).every((value) => value === undefined);
}

/** The index of a list: by event, by endpoint, or by organisation. */
function deliveryList(
  organizationId: string,
  { eventId, endpointId, eventType, status, createdAfter, createdBefore }: DeliveryFilter,
): NewestFirst {
  const list = { table: 'deliveries', columns: STORED, createdAfter, createdBefore };
  if (eventId !== undefined) {
    const equal = { event_id: eventId, event_type: eventType, status };
    const check = { organization_id: organizationId, endpoint_id: endpointId };
    return { ...list, equal, check, merged: {}, few: true };
  }
  // What a filter left out would bury what was sent, so such a list shows it only if it is asked for.
  const merged = {
    event_type: eventType === undefined ? [...EVENT_TYPES, TEST_EVENT_TYPE] : [eventType],
    status: status === undefined ? DELIVERY_STATUSES : [status],
  };
  return endpointId === undefined
    ? { ...list, equal: { organization_id: organizationId }, merged }
    : { ...list, equal: { endpoint_id: endpointId }, check: { organization_id: organizationId }, merged };
}
