import { DataSource } from 'typeorm';

import { dataSourceOptions, migrate } from '../../database/data-source.js';
import { pastTheLog } from '../../testing/past-the-log.js';
import { attemptsOf, HELD_ATTEMPT_COLUMNS } from '../attempt-columns.js';
import { TablePartitions } from '../table-partitions.js';

const PROJECTED_TABLES = {
  events: 'organization_id, id, created_at',
  fan_outs: 'organization_id, accepted_at, event_id, part',
  deliveries: 'id, created_at',
  attempts: 'delivery_id, delivery_created_at, round, step',
  endpoint_statistics: 'endpoint_id',
  attempt_buckets: 'organization_id, width, start, endpoint_id',
  endpoint_health: 'endpoint_id',
} as const;

/**
 * The rows of every table the projection makes, in the order of their keys. Attempts that deliveries hold are shown like those
 * that have rows of their own.
 */
export type Tables = Record<keyof typeof PROJECTED_TABLES, Record<string, unknown>[]>;

/** Connects to a database that has nothing yet, and gives it the schema. */
export async function openDatabase(url: string): Promise<DataSource> {
  return migrate(await new DataSource(dataSourceOptions(url)).initialize());
}

/** As an instance with the default retention creates them. */
export function partitionsOf(dataSource: DataSource): TablePartitions {
  return new TablePartitions(dataSource, 90);
}

const HELD_NAMES: ReadonlySet<string> = new Set(HELD_ATTEMPT_COLUMNS.map(({ name }) => name));
const ALL_ATTEMPTS = `(SELECT d.id AS delivery_id, d.created_at AS delivery_created_at, a.*
   FROM deliveries d CROSS JOIN LATERAL ${attemptsOf('d')} AS a) AS attempts`;

export async function readTables(dataSource: DataSource): Promise<Tables> {
  const tables: Partial<Tables> = {};
  for (const [table, key] of Object.entries(PROJECTED_TABLES)) {
    const from = table === 'attempts' ? ALL_ATTEMPTS : table;
    const rows = await dataSource.query<Record<string, unknown>[]>(`SELECT * FROM ${from} ORDER BY ${key}`);
    // The log does not decide when the database learned of it.
    tables[table as keyof Tables] = rows.map(({ changed_at: _, ...row }) => {
      const shown = Object.entries(row).filter(([name]) => table !== 'deliveries' || !HELD_NAMES.has(name));
      return Object.fromEntries(shown);
    });
  }
  return tables as Tables;
}

/** The expected statistics, counted from the rows. */
export async function countedStatistics(dataSource: DataSource): Promise<Record<string, unknown>[]> {
  return dataSource.query(`
    SELECT endpoint_id,
           count(*) FILTER (WHERE attempt_count > 0) AS total_deliveries,
           count(*) FILTER (WHERE status = 'failed') AS failed_deliveries,
           max(last) AS last_triggered_at
      FROM deliveries
      LEFT JOIN LATERAL (SELECT max(started_at) AS last FROM ${attemptsOf('deliveries')} AS a) AS made ON true
     GROUP BY endpoint_id
    HAVING count(*) FILTER (WHERE attempt_count > 0 OR status = 'failed') > 0
     ORDER BY endpoint_id`);
}

/** The expected buckets, counted from the rows: attempts of each endpoint by minute and hour. */
export async function countedBuckets(dataSource: DataSource): Promise<Record<string, unknown>[]> {
  return dataSource.query(`
    SELECT d.organization_id, width, to_timestamp(floor(extract(epoch FROM a.started_at) / width) * width) AS start,
           d.endpoint_id, count(*)::integer AS attempts, count(*) FILTER (WHERE a.error IS NULL)::integer AS success
      FROM deliveries d CROSS JOIN LATERAL ${attemptsOf('d')} AS a
     CROSS JOIN (VALUES (60), (3600)) AS widths (width)
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`);
}

/** Empties all tables. A truncation would cost a file for each index of each partition. */
export async function emptyTables(dataSource: DataSource): Promise<void> {
  const tables = [
    'api_tokens',
    'endpoints',
    'organizations',
    'projection_offsets',
    'endpoint_failures',
    ...Object.keys(PROJECTED_TABLES),
  ];
  for (const table of tables) await pastTheLog(dataSource, `DELETE FROM ${table}`, []);
}
