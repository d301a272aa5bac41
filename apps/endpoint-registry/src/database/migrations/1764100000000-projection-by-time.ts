import type { MigrationInterface, QueryRunner } from 'typeorm';

const WEEK_MS = 7 * 86_400_000;

/**
 * Moves the projected tables into their own schema, so that a rebuild can swap in another set at once, and
 * partitions them by time, so that old data can be dropped. Data that is not in the log stays outside: rounds
 * that the API allocates, and counts of dropped data. Existing rows are carried over.
 */
export class ProjectionByTime1764100000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE SCHEMA projection;

      -- The newest round of a delivery that was asked for by hand.
      CREATE TABLE requested_rounds (
        delivery_id uuid PRIMARY KEY,
        round integer NOT NULL,
        requested_at timestamptz(3) NOT NULL
      );

      -- What the statistics count although retention has dropped it.
      CREATE TABLE retired_statistics (
        endpoint_id uuid PRIMARY KEY,
        total_deliveries bigint NOT NULL,
        failed_deliveries bigint NOT NULL,
        last_triggered_at timestamptz(3)
      );

      -- One row: what is older than this is gone and must not come back.
      CREATE TABLE retention (dropped_before timestamptz(3));
      INSERT INTO retention VALUES (NULL);

      ALTER TABLE projection_offsets SET SCHEMA projection;
      ALTER TABLE endpoint_statistics SET SCHEMA projection;

      CREATE TABLE projection.events (
        organization_id uuid NOT NULL,
        id uuid NOT NULL,
        event_type text NOT NULL,
        payload text NOT NULL,
        source text NOT NULL,
        source_id text NOT NULL,
        occurred_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        -- Where it stands on webhook.events; unknown of events that were there before this was kept.
        log_partition integer,
        log_offset bigint,
        PRIMARY KEY (organization_id, id, created_at)
      ) PARTITION BY RANGE (created_at);
      CREATE INDEX events_newest ON projection.events (organization_id, event_type, created_at, id);

      CREATE TABLE projection.deliveries (
        id uuid NOT NULL,
        organization_id uuid NOT NULL,
        event_id uuid NOT NULL,
        endpoint_id uuid NOT NULL,
        event_type text NOT NULL,
        status text NOT NULL,
        -- How far the facts applied reach: round, step within it, and whether that step has ended.
        round integer NOT NULL,
        step integer NOT NULL,
        step_ended boolean NOT NULL,
        -- Which result the error comes from, and which attempt the response status; round and step 0 are none.
        result_round integer NOT NULL DEFAULT 0,
        result_step integer NOT NULL DEFAULT 0,
        attempt_round integer NOT NULL DEFAULT 0,
        attempt_step integer NOT NULL DEFAULT 0,
        attempt_count integer NOT NULL,
        next_retry_at timestamptz(3),
        response_status integer,
        error text,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        delivered_at timestamptz(3),
        PRIMARY KEY (id, created_at)
      ) PARTITION BY RANGE (created_at);
      -- Lists ask for each type and status separately and merge: two indexes then serve every filter, and no value is
      -- so rare that rows must be read and thrown away.
      CREATE INDEX deliveries_of_organization
        ON projection.deliveries (organization_id, event_type, status, created_at, id);
      CREATE INDEX deliveries_of_endpoint
        ON projection.deliveries (endpoint_id, event_type, status, created_at, id);
      CREATE INDEX deliveries_of_event ON projection.deliveries (event_id);

      CREATE TABLE projection.attempts (
        delivery_id uuid NOT NULL,
        delivery_created_at timestamptz(3) NOT NULL,
        round integer NOT NULL,
        step integer NOT NULL,
        trigger text NOT NULL,
        started_at timestamptz(3) NOT NULL,
        duration_ms integer NOT NULL,
        response_status integer,
        response_body text,
        error text,
        error_detail text,
        PRIMARY KEY (delivery_id, delivery_created_at, round, step)
      ) PARTITION BY RANGE (delivery_created_at);

      -- What the fan-out says it made: of one of its transactions the events of one organisation and one hour.
      CREATE TABLE projection.fan_outs (
        events_partition integer NOT NULL,
        next_offset bigint NOT NULL,
        organization_id uuid NOT NULL,
        -- The earliest acceptance in it.
        accepted_at timestamptz(3) NOT NULL,
        -- When it was made: the creation of its deliveries.
        made_at timestamptz(3) NOT NULL,
        event_ids uuid[] NOT NULL,
        accepted_ats timestamptz(3)[] NOT NULL,
        -- How many endpoints each event went to, and which, one event after the other.
        endpoint_counts integer[] NOT NULL,
        endpoint_ids uuid[] NOT NULL,
        PRIMARY KEY (events_partition, next_offset, organization_id, accepted_at)
      ) PARTITION BY RANGE (accepted_at);
      CREATE INDEX fan_outs_of_organization ON projection.fan_outs (organization_id, accepted_at);
    `);
    await carryOver(runner);
    await runner.query('DROP TABLE public.attempts, public.deliveries, public.events');
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}

/** Creates a partition for each week that has rows, and copies the rows. */
async function carryOver(runner: QueryRunner): Promise<void> {
  const weeks = (await runner.query(
    `SELECT DISTINCT floor(extract(epoch FROM created_at) * 1000 / ${WEEK_MS})::text AS week
       FROM (SELECT created_at FROM public.events UNION ALL SELECT created_at FROM public.deliveries) AS times`,
  )) as { week: string }[];
  for (const { week } of weeks) {
    const from = new Date(Number(week) * WEEK_MS);
    const to = new Date((Number(week) + 1) * WEEK_MS);
    const name = from.toISOString().slice(0, 10).replaceAll('-', '');
    for (const table of ['events', 'deliveries', 'attempts', 'fan_outs']) {
      await runner.query(
        `CREATE TABLE projection.${table}_${name} PARTITION OF projection.${table}
           FOR VALUES FROM ('${from.toISOString()}') TO ('${to.toISOString()}')`,
      );
    }
  }
  const events = 'organization_id, id, event_type, payload, source, source_id, occurred_at, created_at';
  const deliveries = `id, organization_id, event_id, endpoint_id, event_type, status, round, step, step_ended,
    result_round, result_step, attempt_round, attempt_step, attempt_count, next_retry_at, response_status, error,
    created_at, updated_at, delivered_at`;
  await runner.query(`
    INSERT INTO projection.events (${events}) SELECT ${events} FROM public.events;
    INSERT INTO projection.deliveries (${deliveries}) SELECT ${deliveries} FROM public.deliveries;
    INSERT INTO projection.attempts
      SELECT a.delivery_id, d.created_at, a.round, a.step, a.trigger, a.started_at, a.duration_ms, a.response_status,
             a.response_body, a.error, a.error_detail
        FROM public.attempts a JOIN public.deliveries d ON d.id = a.delivery_id;
    INSERT INTO requested_rounds (delivery_id, round, requested_at)
      SELECT id, requested_round, updated_at FROM public.deliveries WHERE requested_round > 0;
  `);
}
