import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The first schema. It holds the callers (organisations, tokens), their endpoints, the outbox that carries
 * every change to Kafka, and the tables of the projection (events, deliveries, attempts, statistics,
 * offsets). The projection's tables hold nothing that cannot be rebuilt from the log.
 */
export class FirstSchema1764000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE organizations (
        id uuid PRIMARY KEY,
        name text NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now()
      );

      CREATE TABLE api_tokens (
        hash text PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations,
        name text NOT NULL,
        scopes text[] NOT NULL,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        expires_at timestamptz(3),
        revoked_at timestamptz(3)
      );

      CREATE TABLE endpoints (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations,
        version bigint NOT NULL,
        url text NOT NULL,
        events text[] NOT NULL,
        description text NOT NULL,
        is_active boolean NOT NULL,
        sealed_secret text NOT NULL,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        deleted_at timestamptz(3)
      );
      CREATE INDEX endpoints_newest ON endpoints (organization_id, created_at DESC, id DESC) WHERE deleted_at IS NULL;

      -- Written in the transaction of the change it tells of; deleted once Kafka has it.
      CREATE TABLE outbox (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        topic text NOT NULL,
        key text NOT NULL,
        headers jsonb NOT NULL,
        value bytea
      );

      -- The next offset to apply of each partition, written in the transaction of the rows it made.
      CREATE TABLE projection_offsets (
        topic text NOT NULL,
        partition integer NOT NULL,
        next_offset bigint NOT NULL,
        PRIMARY KEY (topic, partition)
      );

      CREATE TABLE events (
        organization_id uuid NOT NULL,
        id uuid NOT NULL,
        event_type text NOT NULL,
        payload text NOT NULL,
        source text NOT NULL,
        source_id text NOT NULL,
        occurred_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        PRIMARY KEY (organization_id, id)
      );
      CREATE INDEX events_newest ON events (organization_id, created_at DESC, id DESC);
      CREATE INDEX events_newest_of_type ON events (organization_id, event_type, created_at DESC, id DESC);

      CREATE TABLE deliveries (
        id uuid PRIMARY KEY,
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
        -- The newest round asked for by hand, allocated by the API; the rounds above are what the log has shown.
        requested_round integer NOT NULL DEFAULT 0,
        next_retry_at timestamptz(3),
        response_status integer,
        error text,
        created_at timestamptz(3) NOT NULL,
        updated_at timestamptz(3) NOT NULL,
        delivered_at timestamptz(3)
      );
      CREATE INDEX deliveries_newest ON deliveries (organization_id, created_at DESC, id DESC);
      CREATE INDEX deliveries_newest_of_status ON deliveries (organization_id, status, created_at DESC, id DESC);
      CREATE INDEX deliveries_newest_of_endpoint ON deliveries (endpoint_id, created_at DESC, id DESC);
      CREATE INDEX deliveries_of_event ON deliveries (event_id, created_at DESC, id DESC);
      CREATE INDEX deliveries_open_of_endpoint ON deliveries (endpoint_id) WHERE status IN ('pending', 'retrying');

      CREATE TABLE attempts (
        delivery_id uuid NOT NULL,
        round integer NOT NULL,
        step integer NOT NULL,
        trigger text NOT NULL,
        started_at timestamptz(3) NOT NULL,
        duration_ms integer NOT NULL,
        response_status integer,
        response_body text,
        error text,
        error_detail text,
        PRIMARY KEY (delivery_id, round, step)
      );

      CREATE TABLE endpoint_statistics (
        endpoint_id uuid PRIMARY KEY,
        total_deliveries bigint NOT NULL,
        failed_deliveries bigint NOT NULL,
        last_triggered_at timestamptz(3)
      );
    `);
  }

  async down(): Promise<void> {
    // Migrations only go forward: an older release runs beside the newer schema instead.
    await Promise.reject(new Error('migrations only go forward'));
  }
}
