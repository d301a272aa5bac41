import { unavailable } from '@skillora/rest';
import type { KnownFailure } from '@skillora/rest';
import type { PostgresDataSourceOptions } from 'typeorm/driver/postgres/PostgresDataSourceOptions.js';

import { dataSourceOptions } from './data-source.js';

/** The name of the data source that serves the reads of the API. */
export const READING = 'reading';

/**
 * Connections for the reads of one instance. The other connections are for changes, the outbox and the
 * projection, so that customers who read much hold up none of these. Together they are 20.
 */
const READING_CONNECTIONS = 12;
const WRITING_CONNECTIONS = 8;

/** PostgreSQL's code for query_canceled: in a read of the API, its time was over. */
const QUERY_CANCELED = '57014';
const AGAIN_AFTER_SECONDS = 5;

/** The connections for everything except the reads of the API. */
export function writingOptions(databaseUrl: string, ca: string): PostgresDataSourceOptions {
  return { ...dataSourceOptions(databaseUrl, ca), poolSize: WRITING_CONNECTIONS };
}

/**
 * The connections for the reads of the API. They can only read, and PostgreSQL cancels each statement that
 * takes longer than `timeoutMs`.
 */
export function readingOptions(
  databaseUrl: string,
  ca: string,
  timeoutMs: number,
): PostgresDataSourceOptions {
  const options = dataSourceOptions(databaseUrl, ca);
  const extra = options.extra as { readonly options: string };
  return {
    ...options,
    applicationName: 'endpoint-registry-reads',
    migrations: [],
    poolSize: READING_CONNECTIONS,
    extra: {
      ...extra,
      options: `${extra.options} -c default_transaction_read_only=on -c statement_timeout=${timeoutMs}`,
    },
  };
}

/** The answer to a request whose query was cancelled because it took too long; null for other errors. */
export function answerToSlowQuery(error: unknown): KnownFailure | null {
  if ((error as { code?: unknown } | null)?.code !== QUERY_CANCELED) return null;
  return {
    refusal: unavailable(
      'The answer took too long to compute. Ask for less: a smaller page or a shorter range of time.',
      AGAIN_AFTER_SECONDS,
    ),
    message:
      'a request was answered with 503, because one of its queries took longer than API_QUERY_TIMEOUT. If there are many, look for locks and slow statements in pg_stat_activity',
  };
}
