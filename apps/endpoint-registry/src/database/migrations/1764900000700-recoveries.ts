import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Recoveries, and the deliveries that each of them has still to send or to see end. They are no projection: a rebuild of
 * the audit leaves them as they are.
 */
export class Recoveries1764900000700 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE recoveries (
        id uuid PRIMARY KEY,
        organization_id uuid NOT NULL REFERENCES organizations,
        endpoint_id uuid NOT NULL,
        what text NOT NULL,
        since timestamptz(3) NOT NULL,
        until timestamptz(3) NOT NULL,
        -- Null for all.
        event_types text[],
        -- Deliveries a second; null for as many as the endpoint answers.
        rate integer,
        include_before_creation boolean NOT NULL,
        dry_run boolean NOT NULL,
        -- The oldest acceptance that the audit still had, where it had not all of the range.
        available_from timestamptz(3),
        status text NOT NULL,
        waits_for text,
        reason text,
        expected integer NOT NULL DEFAULT 0,
        sent integer NOT NULL DEFAULT 0,
        succeeded integer NOT NULL DEFAULT 0,
        failed integer NOT NULL DEFAULT 0,
        skipped integer NOT NULL DEFAULT 0,
        -- How far the counting got; null before it began.
        counted_time timestamptz(3),
        counted_id uuid,
        -- Until when the rate is used up.
        paced_until timestamptz(3),
        -- Of the deliveries that wait for a retry, the one that was looked at last.
        looked_id uuid,
        next_step_at timestamptz(3) NOT NULL,
        created_at timestamptz(3) NOT NULL,
        ended_at timestamptz(3),
        -- When nothing was left to do for it.
        settled_at timestamptz(3)
      );
      CREATE INDEX recoveries_due ON recoveries (next_step_at) WHERE settled_at IS NULL;
      CREATE INDEX recoveries_running ON recoveries (organization_id) WHERE ended_at IS NULL;
      CREATE INDEX recoveries_of_endpoint ON recoveries (endpoint_id, created_at, id);

      -- A row goes when its delivery has ended, so a recovery that is done has none.
      CREATE TABLE recovery_items (
        recovery_id uuid NOT NULL REFERENCES recoveries,
        delivery_id uuid NOT NULL,
        event_id uuid NOT NULL,
        event_time timestamptz(3) NOT NULL,
        -- waiting; sent: its first attempt has not ended; open: it waits for a retry.
        state text NOT NULL DEFAULT 'waiting',
        -- The delivery had arrived before.
        again boolean,
        round integer,
        delivery_created_at timestamptz(3),
        sent_at timestamptz(3),
        PRIMARY KEY (recovery_id, delivery_id)
      );
      CREATE INDEX recovery_items_in_turn ON recovery_items (recovery_id, state, event_time, delivery_id);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
