import { BUCKET_WIDTHS } from '../projection/attempt-buckets.js';
import { MINUTES_KEPT_MS } from './statistics-request.js';

const HOUR_MS = 3_600_000;
/** How long hours are kept, ms: there are few of them, and people compare with the year before. */
const HOURS_KEPT_MS = 400 * 24 * HOUR_MS;

/**
 * The key of the advisory lock for dropping buckets or rebuilding their table; any number that nothing else
 * uses.
 */
export const BUCKETS_LOCK = '7306640291558135';

/** Drops the buckets that no request can ask for any more, with a margin for requests in progress. */
export async function dropOldBuckets(
  from: { query(text: string, parameters: unknown[]): Promise<unknown> },
  now: number,
  table = 'attempt_buckets',
): Promise<void> {
  await from.query(
    `DELETE FROM ${table}
      WHERE (width = ${BUCKET_WIDTHS.minute} AND start < $1) OR (width = ${BUCKET_WIDTHS.hour} AND start < $2)`,
    [new Date(now - MINUTES_KEPT_MS - HOUR_MS), new Date(now - HOURS_KEPT_MS)],
  );
}
