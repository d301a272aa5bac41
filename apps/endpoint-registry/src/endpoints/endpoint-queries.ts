import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { isUuid } from '@skillora/contracts';
import { notFound, type PageRequest, rowsWanted } from '@skillora/rest';
import { DataSource } from 'typeorm';

import { READING } from '../database/reading.js';
import { HEALTH_COLUMNS } from '../health/health-columns.js';
import { Endpoint } from './endpoint.entity.js';
import type { EndpointRow } from './endpoint.js';

export const ENDPOINT_COLUMNS = `
  e.id, e.organization_id, e.version, e.url, e.events, e.description, e.is_active, e.sealed_secret, e.former_secrets,
  e.headers, e.authentication, e.filter, e.retry_schedule, e.rate_limit, e.held_since, e.disabled_reason, e.disabled_at, e.enabled_at,
  e.created_at, e.updated_at,
  s.total_deliveries, s.failed_deliveries, s.last_triggered_at, ${HEALTH_COLUMNS}, now() AS read_at`;
/** The statistics and health of an endpoint belong to the projection, whose tables are no entities. */
export const ENDPOINT_TABLES = `endpoints e LEFT JOIN endpoint_statistics s ON s.endpoint_id = e.id
  LEFT JOIN endpoint_health h ON h.endpoint_id = e.id`;

/** Reads the endpoints of one organisation; endpoints of others are invisible. */
@Injectable()
export class EndpointQueries {
  constructor(@InjectDataSource(READING) private readonly dataSource: DataSource) {}

  /** @throws {RefusalException} 404 when the organisation has no such endpoint. */
  async read(organizationId: string, id: string): Promise<EndpointRow> {
    if (!isUuid(id)) throw notFound();
    const [row] = await this.dataSource.query<EndpointRow[]>(
      `SELECT ${ENDPOINT_COLUMNS} FROM ${ENDPOINT_TABLES}
        WHERE e.id = $1 AND e.organization_id = $2 AND e.deleted_at IS NULL`,
      [id, organizationId],
    );
    if (!row) throw notFound();
    return row;
  }

  /** Whether the organisation has or had such an endpoint: deliveries to a deleted endpoint stay readable. */
  everHad(organizationId: string, id: string): Promise<boolean> {
    return this.dataSource.manager.existsBy(Endpoint, { id, organizationId });
  }

  list(organizationId: string, page: PageRequest): Promise<EndpointRow[]> {
    const { limit, order, beyond } = rowsWanted(page);
    const side = order === 'DESC' ? '<' : '>';
    return this.dataSource.query<EndpointRow[]>(
      `SELECT ${ENDPOINT_COLUMNS} FROM ${ENDPOINT_TABLES}
        WHERE e.organization_id = $1 AND e.deleted_at IS NULL
          ${beyond ? `AND (e.created_at, e.id) ${side} ($3, $4)` : ''}
        ORDER BY e.created_at ${order}, e.id ${order} LIMIT $2`,
      [organizationId, limit, ...(beyond ? [new Date(beyond.time), beyond.id] : [])],
    );
  }
}
