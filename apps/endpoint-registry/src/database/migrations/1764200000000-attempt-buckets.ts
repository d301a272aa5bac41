import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds what the dashboard needs: attempts counted by minute and hour, and the time when the database last
 * learned something about a delivery. Both belong to the projection and are in its schema. Existing attempts
 * are counted.
 */
export class AttemptBuckets1764200000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const [found] = (await runner.query(
      `SELECT relnamespace::regnamespace::text AS schema FROM pg_class WHERE oid = 'deliveries'::regclass`,
    )) as { schema: string }[];
    if (!found) throw new Error('the tables of the projection are not there');
    const { schema } = found;
    await runner.query(`
      CREATE TABLE ${schema}.attempt_buckets (
        organization_id uuid NOT NULL,
        -- Seconds: 60 or 3600.
        width integer NOT NULL,
        start timestamptz(3) NOT NULL,
        endpoint_id uuid NOT NULL,
        -- Attempts by where they left their delivery.
        success integer NOT NULL,
        retrying integer NOT NULL,
        failed integer NOT NULL,
        -- How many took how long, by the classes of duration-histogram.ts.
        durations integer[] NOT NULL,
        PRIMARY KEY (organization_id, width, start, endpoint_id)
      ) WITH (fillfactor = 70);

      -- Rows from before have none: to whoever follows the changes they are old news.
      ALTER TABLE ${schema}.deliveries ADD COLUMN changed_at timestamptz(3);
      ALTER TABLE ${schema}.deliveries ALTER COLUMN changed_at SET DEFAULT clock_timestamp();
      -- A few bytes for many pages: next to nothing to keep, and what changed lately stands in few of them.
      CREATE INDEX deliveries_changed ON ${schema}.deliveries USING brin (changed_at)
        WITH (pages_per_range = 32, autosummarize = on);
    `);
    await runner.query(`
      INSERT INTO ${schema}.attempt_buckets
      SELECT organization_id, width, start, endpoint_id, sum(success), sum(retrying), sum(failed),
             ARRAY(SELECT count(*) FILTER (WHERE took = class)::integer
                     FROM generate_series(1, 20) AS class LEFT JOIN unnest(array_agg(took)) AS took ON true
                    GROUP BY class ORDER BY class)
        FROM (SELECT d.organization_id, d.endpoint_id, width,
                     to_timestamp(floor(extract(epoch FROM a.started_at) / width) * width) AS start,
                     (a.error IS NULL)::integer AS success,
                     (a.error IS NOT NULL AND NOT (d.status = 'failed' AND last.is))::integer AS retrying,
                     (a.error IS NOT NULL AND d.status = 'failed' AND last.is)::integer AS failed,
                     width_bucket(a.duration_ms - 1, ARRAY[-1, 5, 10, 15, 25, 40, 65, 100, 150, 250, 400, 650, 1000,
                       1500, 2500, 4000, 6500, 10000, 15000, 30000]) AS took
                FROM attempts a JOIN deliveries d ON d.id = a.delivery_id AND d.created_at = a.delivery_created_at
               CROSS JOIN LATERAL (SELECT (a.round, a.step) = (d.attempt_round, d.attempt_step) AS is) AS last
               CROSS JOIN (VALUES (60), (3600)) AS widths (width)) AS each
       GROUP BY organization_id, width, start, endpoint_id
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
