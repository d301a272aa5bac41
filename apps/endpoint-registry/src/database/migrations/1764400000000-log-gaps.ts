import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Stores the gaps of the log: records that were deleted before the projection had read them. The gaps are not
 * in the log, so this table is not in the projection's schema, and a rebuild leaves it alone.
 */
export class LogGaps1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE log_gaps (
        topic text NOT NULL,
        partition integer NOT NULL,
        -- The first offset that is missing, and the first that is there again.
        from_offset bigint NOT NULL,
        to_offset bigint NOT NULL,
        noticed_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (topic, partition, from_offset)
      );
      CREATE INDEX log_gaps_noticed ON log_gaps (noticed_at);
    `);
  }

  async down(): Promise<void> {
    await Promise.reject(new Error('migrations only go forward'));
  }
}
