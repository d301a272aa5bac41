import type { QueryRunner } from 'typeorm';

import { BUCKETS_LOCK } from '../../statistics/old-buckets.js';
import { RETENTION_LOCK } from '../retention.js';

/**
 * Keeps retention and other rebuilds away: rows must not be dropped while they are copied, and two rebuilds would drop
 * each other's tables. @returns false when one of them is under way.
 */
export async function lock(runner: QueryRunner): Promise<boolean> {
  const [tried] = (await runner.query('SELECT pg_try_advisory_lock($1) AS held', [RETENTION_LOCK])) as {
    held: boolean;
  }[];
  if (!tried?.held) return false;
  // A run of the bucket retention takes only a moment.
  await runner.query('SELECT pg_advisory_lock($1)', [BUCKETS_LOCK]);
  return true;
}

/** Lets them in again. */
export async function unlock(runner: QueryRunner): Promise<void> {
  await runner.query('SELECT pg_advisory_unlock($1), pg_advisory_unlock($2)', [RETENTION_LOCK, BUCKETS_LOCK]);
}
