import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stores the reports of the fan-out with one row for each event, found by its acceptance, so that any time
 * range can be reconciled. The table has been empty so far; its partitions stay.
 */
export class FanOutsByEvent1764300000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX projection.fan_outs_of_organization;
      ALTER TABLE projection.fan_outs
        DROP COLUMN events_partition,
        DROP COLUMN next_offset,
        DROP COLUMN event_ids,
        DROP COLUMN accepted_ats,
        DROP COLUMN endpoint_counts;
      ALTER TABLE projection.fan_outs
        ADD COLUMN event_id uuid NOT NULL,
        -- 0, unless the event has very many deliveries.
        ADD COLUMN part integer NOT NULL,
        -- The same number as endpoint_ids, in the same order.
        ADD COLUMN delivery_ids uuid[] NOT NULL;
      ALTER TABLE projection.fan_outs ADD PRIMARY KEY (organization_id, accepted_at, event_id, part);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
