import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Adds the health of endpoints to the projection, and to endpoints why and when they were disabled. Health is counted
 * from here on; a rebuild of the projection fills in what the log has of the time before.
 */
export class HealthOfEndpoints1764900000600 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE projection.endpoint_health (
        endpoint_id uuid PRIMARY KEY,
        last_success_at timestamptz(3),
        last_gone_at timestamptz(3),
        -- Deliveries that ended as failed since the last success, or since the endpoint was switched on again.
        failures integer NOT NULL DEFAULT 0,
        first_failure_at timestamptz(3),
        last_failure_at timestamptz(3)
      );
      CREATE INDEX endpoint_health_failing ON projection.endpoint_health (first_failure_at) WHERE failures > 0;

      -- Each of these failures, and obsolete ones that are not deleted yet: a success may be read out of order.
      CREATE TABLE projection.endpoint_failures (
        endpoint_id uuid NOT NULL,
        -- When the attempt ended.
        at timestamptz(3) NOT NULL,
        started_at timestamptz(3) NOT NULL,
        delivery_id uuid NOT NULL,
        round integer NOT NULL,
        step integer NOT NULL,
        PRIMARY KEY (endpoint_id, at, delivery_id, round, step)
      );

      ALTER TABLE endpoints
        -- Set by the system alone, and null again when the endpoint is switched on.
        ADD COLUMN disabled_reason text,
        ADD COLUMN disabled_at timestamptz(3),
        -- When it was last switched on again: failures from before do not count.
        ADD COLUMN enabled_at timestamptz(3);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
