import { DataSource } from 'typeorm';

import { FirstSchema1764000000000 } from '../../database/migrations/1764000000000-first-schema.js';

const PROJECTED_TABLES = {
  events: 'organization_id, id',
  deliveries: 'id',
  attempts: 'delivery_id, round, step',
  endpoint_statistics: 'endpoint_id',
} as const;

/** The rows of every table the projection makes, in the order of their keys. */
export type Tables = Record<keyof typeof PROJECTED_TABLES, Record<string, unknown>[]>;

/** Connects to a database that has nothing yet, and gives it the schema. */
export async function openDatabase(url: string): Promise<DataSource> {
  const dataSource = new DataSource({ type: 'postgres', url, migrations: [FirstSchema1764000000000] });
  await dataSource.initialize();
  await dataSource.runMigrations();
  return dataSource;
}

export async function readTables(dataSource: DataSource): Promise<Tables> {
  const tables: Partial<Tables> = {};
  for (const [table, key] of Object.entries(PROJECTED_TABLES)) {
    tables[table as keyof Tables] = await dataSource.query(`SELECT * FROM ${table} ORDER BY ${key}`);
  }
  return tables as Tables;
}

/** What the statistics should be, counted from the rows. */
export async function countedStatistics(dataSource: DataSource): Promise<Record<string, unknown>[]> {
  return dataSource.query(`
    SELECT endpoint_id,
           count(*) FILTER (WHERE attempt_count > 0) AS total_deliveries,
           count(*) FILTER (WHERE status = 'failed') AS failed_deliveries,
           max(last) AS last_triggered_at
      FROM deliveries
      LEFT JOIN LATERAL (SELECT max(started_at) AS last FROM attempts WHERE delivery_id = deliveries.id) AS made ON true
     GROUP BY endpoint_id
    HAVING count(*) FILTER (WHERE attempt_count > 0 OR status = 'failed') > 0
     ORDER BY endpoint_id`);
}

/** Empties everything. */
export async function emptyTables(dataSource: DataSource): Promise<void> {
  await dataSource.query(
    `TRUNCATE organizations, api_tokens, endpoints, projection_offsets, ${Object.keys(PROJECTED_TABLES).join(', ')}`,
  );
}
