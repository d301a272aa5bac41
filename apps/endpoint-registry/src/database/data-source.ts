import type { DataSource } from 'typeorm';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';

import { databaseConnection } from './database-connection.js';
import { ENTITIES } from './entities.js';
import { FirstSchema1764000000000 } from './migrations/1764000000000-first-schema.js';
import { TokenIds1764000001000 } from './migrations/1764000001000-token-ids.js';
import { FormerSecrets1764000002000 } from './migrations/1764000002000-former-secrets.js';
import { IdempotencyKeys1764000003000 } from './migrations/1764000003000-idempotency-keys.js';
import { ProjectionByTime1764100000000 } from './migrations/1764100000000-projection-by-time.js';
import { AttemptBuckets1764200000000 } from './migrations/1764200000000-attempt-buckets.js';
import { FanOutsByEvent1764300000000 } from './migrations/1764300000000-fan-outs-by-event.js';
import { LogGaps1764400000000 } from './migrations/1764400000000-log-gaps.js';
import { RequestBytes1764500000000 } from './migrations/1764500000000-request-bytes.js';
import { RoundsOfDeliveries1764600000000 } from './migrations/1764600000000-rounds-of-deliveries.js';
import { OutboxIdsByTime1764700000000 } from './migrations/1764700000000-outbox-ids-by-time.js';
import { LimitsOfOrganizations1764800000000 } from './migrations/1764800000000-limits-of-organizations.js';
import { EvidenceOfAttempts1764900000000 } from './migrations/1764900000000-evidence-of-attempts.js';
import { LogOfChanges1764900000100 } from './migrations/1764900000100-log-of-changes.js';
import { HeadersOfEndpoints1764900000200 } from './migrations/1764900000200-headers-of-endpoints.js';
import { HeadersOfAttempts1764900000210 } from './migrations/1764900000210-headers-of-attempts.js';
import { RetrySchedules1764900000500 } from './migrations/1764900000500-retry-schedules.js';
import { HealthOfEndpoints1764900000600 } from './migrations/1764900000600-health-of-endpoints.js';
import { FiltersOfEndpoints1764900000300 } from './migrations/1764900000300-filters-of-endpoints.js';
import { FilteredEndpoints1764900000310 } from './migrations/1764900000310-filtered-endpoints.js';
import { NoticesAboutEndpoints1764900000610 } from './migrations/1764900000610-notices-about-endpoints.js';
import { RateLimitsOfEndpoints1764900000400 } from './migrations/1764900000400-rate-limits-of-endpoints.js';
import { HoldsOfEndpoints1764900000410 } from './migrations/1764900000410-holds-of-endpoints.js';
import { Recoveries1764900000700 } from './migrations/1764900000700-recoveries.js';
import { AttemptsInDeliveries1764900000800 } from './migrations/1764900000800-attempts-in-deliveries.js';
import { untilNotUndone } from './until-not-undone.js';

/** The key of the advisory lock that makes instances migrate one after the other when they start together. */
const MIGRATION_LOCK = 7_214_001;

/** The projected tables have their own schema, so that a rebuild can swap in another set. */
export const PROJECTION_SCHEMA = 'projection';

/**
 * The connection options of the service.
 * @param schemas the schemas in which tables are looked up, in order.
 * @throws {SettingsError} see {@link databaseConnection}.
 */
export function dataSourceOptions(
  databaseUrl: string,
  ca = '',
  schemas: readonly string[] = ['public', PROJECTION_SCHEMA],
): PostgresDataSourceOptions {
  const { url, ssl, connectTimeoutMs } = databaseConnection(databaseUrl, ca);
  return {
    type: 'postgres',
    url,
    ssl,
    entities: ENTITIES,
    migrations: [
      FirstSchema1764000000000,
      TokenIds1764000001000,
      FormerSecrets1764000002000,
      IdempotencyKeys1764000003000,
      ProjectionByTime1764100000000,
      AttemptBuckets1764200000000,
      FanOutsByEvent1764300000000,
      LogGaps1764400000000,
      RequestBytes1764500000000,
      RoundsOfDeliveries1764600000000,
      OutboxIdsByTime1764700000000,
      LimitsOfOrganizations1764800000000,
      EvidenceOfAttempts1764900000000,
      LogOfChanges1764900000100,
      HeadersOfEndpoints1764900000200,
      HeadersOfAttempts1764900000210,
      RetrySchedules1764900000500,
      HealthOfEndpoints1764900000600,
      FiltersOfEndpoints1764900000300,
      FilteredEndpoints1764900000310,
      NoticesAboutEndpoints1764900000610,
      RateLimitsOfEndpoints1764900000400,
      HoldsOfEndpoints1764900000410,
      Recoveries1764900000700,
      AttemptsInDeliveries1764900000800,
    ],
    applicationName: 'endpoint-registry',
    poolSize: 20,
    connectTimeoutMS: connectTimeoutMs,
    // With `webhook.log_changes` the database refuses a change without an entry in the log of changes.
    // Without keep-alive, a query on a connection that broke silently waits for as long as the process runs.
    extra: {
      options: `-c search_path=${schemas.join(',')} -c webhook.log_changes=on`,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
    },
  };
}

/**
 * Brings the schema up to date. Several instances may do this at the same time, and services of the release before are at
 * work beside it. So each migration is a transaction of its own, which holds no table for longer than it must. One that
 * was in a service's way, and was undone for that, is made again.
 */
export async function migrate(dataSource: DataSource): Promise<DataSource> {
  const runner = dataSource.createQueryRunner();
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      await untilNotUndone(() => dataSource.runMigrations({ transaction: 'each' }));
    } finally {
      await runner.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
    }
  } finally {
    await runner.release();
  }
  return dataSource;
}
