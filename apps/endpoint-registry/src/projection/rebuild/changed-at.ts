import type { QueryRunner } from 'typeorm';

import { PROJECTION_SCHEMA } from '../../database/data-source.js';
import { SHADOW_SCHEMA } from './shadow-tables.js';

/**
 * A transaction commits within this time after it has stamped its rows; followers of the changes rely on it
 * too.
 */
const COMMIT_LAG_MS = 10_000;

/**
 * Gives deliveries of the shadow set the change times of the set in use, whenever the rebuild writes them,
 * because for followers of the changes nothing has happened. A delivery that the set in use lacks, or has in
 * an older state, gets the present time.
 */
export async function keepChangedAt(runner: QueryRunner): Promise<void> {
  await runner.query(`
    CREATE FUNCTION ${SHADOW_SCHEMA}.keep_changed_at() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE known record;
    BEGIN
      SELECT changed_at, updated_at INTO known FROM ${PROJECTION_SCHEMA}.deliveries
       WHERE id = NEW.id AND created_at = NEW.created_at;
      IF FOUND AND known.updated_at >= NEW.updated_at THEN NEW.changed_at := known.changed_at; END IF;
      RETURN NEW;
    END $$;
    CREATE TRIGGER keep_changed_at BEFORE INSERT OR UPDATE ON ${SHADOW_SCHEMA}.deliveries
      FOR EACH ROW EXECUTE FUNCTION ${SHADOW_SCHEMA}.keep_changed_at()`);
}

/** Ends {@link keepChangedAt}. */
export async function releaseChangedAt(runner: QueryRunner): Promise<void> {
  await runner.query(`DROP FUNCTION ${SHADOW_SCHEMA}.keep_changed_at() CASCADE`);
}

/** The time by the database's clock, ms since the epoch. */
export async function databaseTime(runner: QueryRunner): Promise<number> {
  const [row] = (await runner.query('SELECT clock_timestamp() AS now')) as [{ now: Date }];
  return row.now.getTime();
}

/**
 * Copies the change times that the set in use got since `since` (ms since the epoch), even if the shadow set
 * wrote the delivery later: both sets may write a change at the same time.
 */
export async function takeOverChangedAt(
  runner: { query(text: string, parameters: unknown[]): Promise<unknown> },
  since: number,
): Promise<void> {
  await runner.query(
    `UPDATE ${SHADOW_SCHEMA}.deliveries AS made SET changed_at = live.changed_at
       FROM ${PROJECTION_SCHEMA}.deliveries AS live
      WHERE live.changed_at >= $1 AND made.id = live.id AND made.created_at = live.created_at
        AND made.changed_at IS DISTINCT FROM live.changed_at`,
    [new Date(since - COMMIT_LAG_MS)],
  );
}
