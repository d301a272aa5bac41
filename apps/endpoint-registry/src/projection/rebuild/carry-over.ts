import type { QueryRunner } from 'typeorm';

import { PROJECTION_SCHEMA } from '../../database/data-source.js';
import { ATTEMPT_COLUMNS, HELD_ATTEMPT, HELD_ATTEMPT_COLUMNS } from '../attempt-columns.js';
import { names } from '../columns.js';
import type { LogRange } from '../log-ranges.js';
import { PARTITIONED_TABLES } from '../table-partitions.js';
import type { Cut } from './cut.js';
import { inOne, SHADOW_SCHEMA } from './shadow-tables.js';

/** When the newest attempt began that retention has dropped, ms since the epoch. */
export async function lastRetiredAttempt(runner: QueryRunner): Promise<number | null> {
  const [row] = (await runner.query('SELECT max(last_triggered_at) AS last FROM retired_statistics')) as {
    last: Date | null;
  }[];
  return row?.last?.getTime() ?? null;
}

/**
 * Copies what the log no longer holds: the data before the cut, from the set in use at one moment, and what
 * the statistics count of dropped rows. Records that are read afterwards change the copy only as they would
 * change the set in use.
 * @param holding deliveries may hold attempts; otherwise these get rows of their own.
 * @returns the number of copied deliveries.
 */
export async function carryOver(
  runner: QueryRunner,
  cut: Cut,
  beginnings: readonly LogRange[],
  holding: boolean,
): Promise<number> {
  return inOne(runner, 'REPEATABLE READ', () => copyRows(runner, cut, beginnings, holding));
}

async function copyRows(
  runner: QueryRunner,
  cut: Cut,
  beginnings: readonly LogRange[],
  holding: boolean,
): Promise<number> {
  let deliveries = 0;
  if (cut.rows > -Infinity) {
    const { attempts: time, ...others } = PARTITIONED_TABLES;
    for (const [table, column] of Object.entries(others))
      await copy(runner, table, `${column} < $1`, cut.rows);
    await leaveOutHeldAttempts(runner, cut);
    await copy(runner, 'attempts', `${time} < $1 AND started_at < $2`, cut.rows, cut.attempts);
    if (!holding) await moveHeldAttempts(runner);
    await copy(runner, 'attempt_buckets', 'start < $1', cut.attempts);
    await copy(runner, 'endpoint_failures', 'started_at < $1', cut.attempts);
    await carryOverHealth(runner, cut);
    await countAttemptsTakenOver(runner);
    const [count] = (await runner.query(
      `SELECT count(*)::integer AS deliveries FROM ${SHADOW_SCHEMA}.deliveries`,
    )) as { deliveries: number }[];
    deliveries = count?.deliveries ?? 0;
  }
  await runner.query(
    `INSERT INTO ${SHADOW_SCHEMA}.endpoint_statistics (endpoint_id, total_deliveries, failed_deliveries, last_triggered_at)
     SELECT endpoint_id, sum(total), sum(failed), max(last)
       FROM (SELECT endpoint_id, total_deliveries AS total, failed_deliveries AS failed, last_triggered_at AS last
               FROM retired_statistics
             UNION ALL
             SELECT endpoint_id, count(*) FILTER (WHERE attempt_count > 0), count(*) FILTER (WHERE status = 'failed'), NULL
               FROM ${SHADOW_SCHEMA}.deliveries GROUP BY endpoint_id
             UNION ALL
             SELECT endpoint_id, 0, 0, greatest(max(started_at), max(first_started_at))
               FROM ${SHADOW_SCHEMA}.deliveries d
               LEFT JOIN ${SHADOW_SCHEMA}.attempts a ON d.id = a.delivery_id AND d.created_at = a.delivery_created_at
              GROUP BY endpoint_id) AS parts
      GROUP BY endpoint_id
     HAVING sum(total) > 0 OR sum(failed) > 0 OR max(last) IS NOT NULL`,
  );
  await runner.query(
    `INSERT INTO ${SHADOW_SCHEMA}.projection_offsets (topic, partition, next_offset)
     SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[])`,
    [
      beginnings.map(({ topic }) => topic),
      beginnings.map(({ partition }) => partition),
      beginnings.map(({ low }) => String(low)),
    ],
  );
  return deliveries;
}

/** The longest time from the beginning of an attempt to its end: the highest DELIVERY_TIMEOUT, as PostgreSQL writes it. */
const LONGEST_ATTEMPT = "interval '10 minutes'";

/**
 * The last success or answer 410 of an endpoint is copied if it is from before the cut: a later one is in the log. Failures
 * are counted from the copied ones, as if no success were known but the copied one.
 */
async function carryOverHealth(runner: QueryRunner, cut: Cut): Promise<void> {
  const before = (column: string): string =>
    `CASE WHEN ${column} < $1::timestamptz + ${LONGEST_ATTEMPT} THEN ${column} END`;
  await runner.query(
    `INSERT INTO ${SHADOW_SCHEMA}.endpoint_health (endpoint_id, last_success_at, last_gone_at, failures, first_failure_at, last_failure_at)
     SELECT known.endpoint_id, known.last_success_at, known.last_gone_at, count(f.at), min(f.at), max(f.at)
       FROM (SELECT endpoint_id, ${before('last_success_at')} AS last_success_at, ${before('last_gone_at')} AS last_gone_at
               FROM ${PROJECTION_SCHEMA}.endpoint_health) AS known
       LEFT JOIN endpoints e ON e.id = known.endpoint_id
       LEFT JOIN ${SHADOW_SCHEMA}.endpoint_failures f
         ON f.endpoint_id = known.endpoint_id AND f.at > coalesce(greatest(known.last_success_at, e.enabled_at), '-infinity')
      GROUP BY known.endpoint_id, known.last_success_at, known.last_gone_at`,
    [written(cut.attempts)],
  );
}

async function copy(
  runner: QueryRunner,
  table: string,
  condition: string,
  ...times: readonly number[]
): Promise<void> {
  await runner.query(
    `INSERT INTO ${SHADOW_SCHEMA}.${table} SELECT * FROM ${PROJECTION_SCHEMA}.${table} WHERE ${condition}`,
    times.map(written),
  );
}

/** Takes attempts from the cut on out of the rows of deliveries. */
async function leaveOutHeldAttempts(runner: QueryRunner, cut: Cut): Promise<void> {
  await runner.query(`UPDATE ${SHADOW_SCHEMA}.deliveries SET ${HOLDS_NONE} WHERE first_started_at >= $1`, [
    written(cut.attempts),
  ]);
}

/** Gives attempts that deliveries hold rows of their own. A registry of a former release may have added such a row beside. */
async function moveHeldAttempts(runner: QueryRunner): Promise<void> {
  await runner.query(
    `INSERT INTO ${SHADOW_SCHEMA}.attempts (delivery_id, delivery_created_at, ${names(ATTEMPT_COLUMNS)})
     SELECT id, created_at, ${HELD_ATTEMPT} FROM ${SHADOW_SCHEMA}.deliveries WHERE first_step IS NOT NULL
     ON CONFLICT DO NOTHING`,
  );
  await runner.query(`UPDATE ${SHADOW_SCHEMA}.deliveries SET ${HOLDS_NONE} WHERE first_step IS NOT NULL`);
}

const HOLDS_NONE = HELD_ATTEMPT_COLUMNS.map(({ name }) => `${name} = NULL`).join(', ');

/**
 * Attempts from the cut on are added and counted when the log brings them; until then no delivery counts
 * them.
 */
async function countAttemptsTakenOver(runner: QueryRunner): Promise<void> {
  await runner.query(
    `UPDATE ${SHADOW_SCHEMA}.deliveries AS d SET attempt_count = made.attempts
       FROM (SELECT id, created_at, count(delivery_id)::integer + (max(first_step) IS NOT NULL)::integer AS attempts
               FROM ${SHADOW_SCHEMA}.deliveries
               LEFT JOIN ${SHADOW_SCHEMA}.attempts ON delivery_id = id AND delivery_created_at = created_at
              GROUP BY id, created_at) AS made
      WHERE d.id = made.id AND d.created_at = made.created_at AND d.attempt_count <> made.attempts`,
  );
}

function written(time: number): string {
  return Number.isFinite(time) ? new Date(time).toISOString() : time > 0 ? 'infinity' : '-infinity';
}
